"""The measurements of one process."""

from __future__ import annotations

import json

import pytest

from gateway.measures.catalogue import BUCKETS, MOST_LABEL_SETS
from gateway.measures.measures import Measures


def test_a_snapshot_has_everything_and_is_json() -> None:
    measures = Measures(now=lambda: 7.0)
    measures.count("findings", "virus.found")
    measures.count("findings", "virus.found", amount=2)
    measures.observe("filter_seconds", "virus", seconds=0.02)
    measures.observe("filter_seconds", "virus", seconds=BUCKETS[0])
    measures.observe("filter_seconds", "virus", seconds=1000)
    measures.gauge("sessions", value=3)
    measures.gauge("sessions", value=2)
    measures.state("dns_up", value=0)
    snapshot = json.loads(json.dumps(measures.snapshot()))
    assert snapshot["counts"] == [["findings", ["virus.found"], 3]]
    assert snapshot["gauges"] == [["sessions", [], 2]]
    assert snapshot["states"] == [["dns_up", [], [0, 7.0]]]
    ((name, labels, (at_bound, second, third, *middle, beyond, total)),) = snapshot["durations"]
    assert (name, labels) == ("filter_seconds", ["virus"])
    assert (at_bound, second, third, beyond) == (1, 0, 1, 1)
    assert not any(middle)
    assert total == pytest.approx(1000.025)


def test_a_copy_begins_anew() -> None:
    measures = Measures()
    measures.count("findings", "virus.found")
    measures.clear()
    assert not any(measures.snapshot().values())


def test_an_unknown_metric_and_wrong_labels_are_mistakes() -> None:
    with pytest.raises(LookupError):
        Measures().count("unknown")
    with pytest.raises(LookupError, match="findings has the labels"):
        Measures().count("findings")


def test_the_number_of_label_sets_is_bounded() -> None:
    """Whatever comes beyond is one more, called `other`; what is known goes on."""
    measures = Measures()
    for number in range(MOST_LABEL_SETS + 5):
        measures.count("findings", f"code.{number}")
    measures.count("findings", "code.0")
    counts = {labels: value for _, labels, value in measures.snapshot()["counts"]}
    assert len(counts) == MOST_LABEL_SETS + 1
    assert counts["other",] == 5
    assert counts["code.0",] == 2


def test_states_are_forgotten_after_a_reload() -> None:
    """A scanner that the configuration names no longer is neither up nor down; what was counted stays."""
    measures = Measures(now=lambda: 1.0)
    measures.state("scanner_up", "127.0.0.1:3310", value=0)
    measures.count("findings", "virus.found")
    measures.forget_states()
    measures.state("scanner_up", "127.0.0.1:3311", value=1)
    snapshot = measures.snapshot()
    assert snapshot["states"] == [["scanner_up", ("127.0.0.1:3311",), [1, 1.0]]]
    assert snapshot["counts"] == [["findings", ("virus.found",), 1]]
