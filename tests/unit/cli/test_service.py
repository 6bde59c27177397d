"""Warnings of several processes."""

from __future__ import annotations

from gateway.cli.service import _trouble


def test_a_warning_of_several_processes_is_said_once() -> None:
    """The line names all processes that have the warning."""
    running = [
        {"name": "worker 1", "warnings": {"virus": "It is away."}},
        {"name": "worker 2", "warnings": {"virus": "It is away."}},
        {"name": "keeper", "trouble": "it doesn't answer", "warnings": {}},
    ]
    assert _trouble({"running": {"processes": running}, "store": {}}) == [
        "worker 1, worker 2: virus: It is away.",
        "keeper: it doesn't answer",
    ]
