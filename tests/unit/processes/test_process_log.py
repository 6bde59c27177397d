"""Log events of a process about its filters' warnings."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.contract import Unreachable
from gateway.processes.process import log_changes

AWAY, BLIND = Unreachable("It is away."), "It is blind."


@pytest.mark.parametrize(
    ("before", "now", "events"),
    [
        ({}, {"virus": AWAY}, ["virus.away"]),
        ({}, {"virus": BLIND}, ["virus.blind"]),
        ({"virus": AWAY}, {"virus": AWAY}, []),
        ({"virus": AWAY}, {"virus": BLIND}, ["virus.blind"]),
        ({"virus": AWAY}, {}, ["virus.proven"]),
        ({"virus": BLIND}, {}, ["virus.proven"]),
        ({}, {}, []),
    ],
)
def test_one_line_for_each_change(before: dict[str, str], now: dict[str, str], events: list[str]) -> None:
    """Away, blind, and well again, each under its own name."""
    with capture_logs() as logs:
        log_changes(before, now)
    assert [one["event"] for one in logs] == events
