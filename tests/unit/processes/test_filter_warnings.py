"""Log events about the filters' warnings: one line for a trouble, however many processes find it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from gateway.processes.filter_warnings import FilterWarnings

AWAY, BLIND, WELL = "It is away.", "It is blind.", ""


def logged(*told: tuple[str, str]) -> Sequence[str]:
    """Return the events of what processes tell one after the other."""
    warnings = FilterWarnings()
    with capture_logs() as logs:
        for process, sentence in told:
            found = {"virus": sentence} if sentence else {}
            warnings.take(process, found, ["virus"] if sentence == AWAY else [])
    return [one["event"] for one in logs]


@pytest.mark.parametrize(
    ("sentences", "events"),
    [
        ([AWAY], ["virus.away"]),
        ([BLIND], ["virus.blind"]),
        ([AWAY, AWAY], ["virus.away"]),
        ([AWAY, BLIND], ["virus.away", "virus.blind"]),
        ([AWAY, WELL], ["virus.away", "virus.proven"]),
        ([BLIND, WELL], ["virus.blind", "virus.proven"]),
        ([WELL], []),
    ],
)
def test_one_line_for_each_change(sentences: list[str], events: list[str]) -> None:
    """Away, blind, and well again, each under its own name."""
    assert logged(*(("keeper", sentence) for sentence in sentences)) == events


def test_one_line_for_all_processes() -> None:
    """It is over when none finds it any more."""
    names = ("worker 1", "worker 2", "keeper")
    found, mended = [(name, BLIND) for name in names], [(name, WELL) for name in names]
    assert logged(*found, *found) == ["virus.blind"]
    assert logged(*found, *mended[:2]) == ["virus.blind"]
    assert logged(*found, *mended) == ["virus.blind", "virus.proven"]
    assert logged(found[0], (names[1], AWAY)) == ["virus.blind", "virus.away"]
