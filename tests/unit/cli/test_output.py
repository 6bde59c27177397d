"""Findings in the terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gateway.cli import output


def shown(monkeypatch: pytest.MonkeyPatch, *evidence: dict[str, Any]) -> str:
    printed = StringIO()
    monkeypatch.setattr(output, "console", Console(file=printed, width=100, highlight=False))
    output.finding({"code": "broadcast.joke", "action": "log", "evidence": evidence})
    return " ".join(printed.getvalue().split())


@pytest.mark.parametrize(
    ("weight", "text"),
    [(4.0, "people [+4] 12 people"), (-2.5, "people [-2.5] 12 people"), (None, "people 12 people")],
)
def test_a_weight_stands_before_its_quote(monkeypatch: pytest.MonkeyPatch, weight: float | None, text: str) -> None:
    assert text in shown(monkeypatch, {"what": "people", "quote": "12 people", "weight": weight})


@pytest.mark.parametrize("weight", [0, 0.0, -0.0])
def test_nought_is_no_weight(monkeypatch: pytest.MonkeyPatch, weight: float) -> None:
    """Such as -0, which a share of a negative weight may come to."""
    assert "[" not in shown(monkeypatch, {"what": "people", "quote": "12 people", "weight": weight})
