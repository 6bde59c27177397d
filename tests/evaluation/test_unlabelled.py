"""Floors under the figures of `make evaluate-personal`: `personal` must tell unlabelled private mail.

The unread hundred is counted and never shown: who tunes the rules must not read it.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from tests.evaluation.evaluate import DIFFICULTIES
from tests.evaluation.examples import Example, examples
from tests.evaluation.unlabelled import SETS, UNREAD, figures, judge, report, sets

#: Recall and precision that a change of the rules must not fall below.
FLOORS: Mapping[str, tuple[float, float]] = {
    "development set": (0.9, 0.95),
    "tuning set": (0.8, 0.95),
    UNREAD: (0.75, 0.95),
}


@pytest.mark.parametrize("name", FLOORS)
def test_figures(name: str, record_property: Callable[[str, object], None]) -> None:
    """Each set that is there reaches its floors, by itself."""
    if name not in sets():
        pytest.skip(f"the {name} is not here")
    judged = asyncio.run(judge(list(examples(sets()[name]))))
    record_property("table", "\n".join(report(name, judged, mistakes=False)))
    recall, precision = FLOORS[name]
    assert figures(judged).recall >= recall
    assert figures(judged).precision >= precision


def test_mistakes_are_named_where_they_may_be() -> None:
    """A miss and a false alarm with their notes; without mistakes a report says nothing of any mail."""
    private = _example("x-1", True, "We met at the bus stop.")
    business = _example("x-2", False, "Lots of love to my mum and dad!")
    judged = asyncio.run(judge([private, business]))
    lines = "\n".join(report("mine", judged, mistakes=True))
    assert "miss: x-1" in lines
    assert "false alarm: x-2" in lines
    assert "x-1" not in "\n".join(report("mine", judged, mistakes=False))


def _example(id: str, label: bool, text: str) -> Example:
    record = {"id": id, "from": "ann@example.co.uk", "to": ["jo@gmail.com"], "cc": [], "subject": "Hello", "text": text}
    return Example(id, label, "hard", "outbound", record | {"note": "n"})


@pytest.mark.parametrize(("file", "prefix", "count"), [("tuning.jsonl", "pt", 32), ("unread.jsonl", "pu", 100)])
def test_the_shape_of_the_mails(file: str, prefix: str, count: int) -> None:
    """Numbered, half of them private, each with a reason; no two the same. A failure shows ids alone."""
    mails = [json.loads(line) for line in (SETS / file).read_text("utf-8").splitlines()]
    assert [one["id"] for one in mails] == [f"{prefix}-{number:03}" for number in range(1, count + 1)]
    assert Counter(one["label"] for one in mails) == {True: count // 2, False: count // 2}
    assert [one["id"] for one in mails if not one["note"] or one["difficulty"] not in DIFFICULTIES] == []
    assert len({one["text"] for one in mails}) == count
