"""Formulas that start a program by DDE."""

from __future__ import annotations

import pytest

from gateway.understand.openers.office import dde
from gateway.understand.openers.office.dde import danger_of


@pytest.mark.parametrize(("more", "is_seen"), [(1, True), (0, True), (-1, False)])
def test_a_formula_is_only_so_long(more: int, is_seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel takes no longer ones either; the last character here is the item's first."""
    formula = "=cmd|' /C calc'!A"
    monkeypatch.setattr(dde, "MAX_FORMULA_CHARACTERS", len(formula) + more)
    assert bool(danger_of(formula)) is is_seen
