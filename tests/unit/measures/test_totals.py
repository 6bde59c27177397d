"""The sum over processes."""

from __future__ import annotations

from gateway.measures.measures import Measures, Snapshot
from gateway.measures.totals import Totals


def snapshot(at: float, *, found: int, sessions: int, dns: float) -> Snapshot:
    measures = Measures(now=lambda: at)
    measures.count("findings", "virus.found", amount=found)
    measures.observe("filter_seconds", "virus", seconds=0.02)
    measures.gauge("sessions", value=sessions)
    measures.state("dns_up", value=dns)
    return measures.snapshot()


def test_what_a_process_counted_before_it_died_stays() -> None:
    """Its gauges and states go with it; a process that is started again counts from nothing."""
    totals = Totals()
    totals.take("worker 1", snapshot(1, found=5, sessions=2, dns=1))
    totals.take("worker 1", snapshot(2, found=6, sessions=3, dns=1))  # in place of the former
    totals.take("worker 2", snapshot(3, found=1, sessions=1, dns=0))
    whole = totals.whole()
    assert whole["counts"] == [["findings", ("virus.found",), 7]]
    assert whole["gauges"] == [["sessions", (), 4]]
    assert whole["states"] == [["dns_up", (), [0, 3]]]
    totals.ended("worker 1")
    assert totals.whole()["states"] == [["dns_up", (), [0, 3]]]
    totals.take("worker 1", snapshot(4, found=1, sessions=0, dns=1))
    whole = totals.whole()
    assert whole["counts"] == [["findings", ("virus.found",), 8]]
    assert whole["gauges"] == [["sessions", (), 1]]
    assert whole["states"] == [["dns_up", (), [1, 4]]]
    ((_, _, row),) = whole["durations"]
    assert sum(row[:-1]) == 3
