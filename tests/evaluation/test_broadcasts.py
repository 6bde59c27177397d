"""Floors under the figures of `make evaluate-broadcast`, by words alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.evaluation.broadcasts import MANY, SETS, SOME, figures, judge, list_at, report
from tests.evaluation.examples import Example, examples


def test_figures(record_property: Callable[[str, object], None]) -> None:
    """The words were tuned on these mails: the floors only say that a change has not broken them."""
    judged = asyncio.run(judge(list(examples(SETS["tuning set"]))))
    record_property("table", "\n".join(report("tuning set", judged, mistakes=False)))
    assert figures(judged).recall >= 0.85
    assert figures(judged).precision >= 0.97


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("all-staff@example.co.uk", MANY),
        ("all.peterhead@example.co.uk", MANY),
        ("drivers@example.co.uk", SOME),
        ("packing.line@example.co.uk", SOME),
        ("clients@lists.example", MANY),
        ("ann.archer@example.co.uk", None),
        ("frank@garside.example", None),
    ],
)
def test_lists_by_their_addresses(address: str, size: int | None) -> None:
    found = list_at(address)
    assert (found.size if found else None) == size


def test_mistakes_are_named_where_they_may_be() -> None:
    """A miss and a false alarm with their notes; without mistakes a report says nothing of any mail."""
    private = _example("x-1", True, "The minutes are attached.")
    business = _example("x-2", False, "I am selling my sofa, hardly used, 150 quid ono.")
    lines = "\n".join(report("mine", asyncio.run(judge([private, business])), mistakes=True))
    assert "miss: x-1" in lines
    assert "false alarm (broadcast.for_sale): x-2" in lines
    assert "x-1" not in "\n".join(report("mine", asyncio.run(judge([private])), mistakes=False))


def _example(id: str, label: bool, text: str) -> Example:
    record = {"id": id, "from": "ann@example.co.uk", "to": ["all-staff@example.co.uk"], "cc": [], "subject": "Hello"}
    return Example(id, label, "hard", "internal", record | {"text": text, "note": "n"})
