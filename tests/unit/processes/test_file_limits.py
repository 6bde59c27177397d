"""File descriptors: the limit is raised, and too low a one is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import app
from gateway.assemble.receive import capacity
from gateway.processes import file_limits
from gateway.processes.supervisor import Supervisor
from gateway.services.fair_queue import QUERIES

RAISED = (
    "from gateway.processes.file_limits import raise_limit; import resource; "
    "print(raise_limit(), *resource.getrlimit(7))"
)


@pytest.mark.parametrize(("soft", "hard"), [(64, 300), (300, 300)])
def test_the_soft_limit_becomes_the_hard_one(soft: int, hard: int) -> None:
    """The limit is raised in a process of its own, which can't raise it again."""
    shell = f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$0" -c "$1"'
    said = subprocess.run(["sh", "-c", shell, sys.executable, RAISED], check=True, capture_output=True, text=True)
    assert said.stdout.split() == [str(hard)] * 3


@pytest.mark.parametrize(("missing", "warnings"), [(-1, 0), (0, 0), (1, 1)])
def test_too_low_a_limit_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: int, warnings: int) -> None:
    """The limit must suffice for one worker's connections, a socket to the next hop for each, and look-ups."""
    config = tmp_path / "gateway.yaml"
    config.write_text(
        "organisation: {name: Example, domains: [example.com], contact: it@example.com, timezone: Europe/London}\n"
        "hostname: gw.example.com\ndata_dir: var\nfilters: []\n"
        "listeners: [{name: in, address: '127.0.0.1:2525', direction: inbound, next_hop: 'maildir:out'}]\n"
        "limits: {connections: 1000}\n"
    )
    settings = app.read_settings(config)
    needs = file_limits.needed(capacity(settings, 2).connections)
    assert needs > 2 * 500 + QUERIES
    monkeypatch.setattr(file_limits, "raise_limit", lambda: needs - missing)
    with capture_logs() as logged:
        Supervisor(config, settings, 2)._provide_descriptors()
    assert [(line["event"], line["needed"]) for line in logged] == [("descriptors.few", needs)] * warnings
