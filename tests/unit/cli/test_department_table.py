"""Counts for each department in the terminal and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.cli.department_table import show_departments

REPORT: dict[str, Any] = {
    "month": "2026-03",
    "people": 5,
    "recorded": True,
    "departments": [
        {"department": "Sales", "counts": {"x.one": 7, "x.two": None}},
        {"department": None, "counts": {"x.one": None, "x.two": None}},
    ],
}


def test_a_table_has_a_dash_where_a_count_is_suppressed(capsys: pytest.CaptureFixture[str]) -> None:
    show_departments(REPORT, json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Department", "one", "two"]
    assert any(line.split() == ["Sales", "7", "\u2013"] for line in lines)
    assert "(others together)" not in "".join(lines)  # nothing of theirs is shown
    assert lines[-2].startswith("Messages in 2026-03 (UTC), and not people: one person may have sent several.")
    assert "about fewer than 5 people, or nobody" in lines[-2]
    assert lines[-1] == "A program has found them, and some of them are wrong."


def test_the_sum_of_the_others_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    others = {"department": None, "counts": {"x.one": 9, "x.two": None}}
    show_departments(REPORT | {"departments": [REPORT["departments"][0], others]}, json=False)
    assert "(others together)" in capsys.readouterr().out


def test_a_sum_of_all_is_not_called_that_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    show_departments(REPORT | {"departments": REPORT["departments"][1:]}, json=False)
    shown = capsys.readouterr().out
    assert "(all together)" in shown
    assert "others" not in shown


def test_a_month_without_mail_has_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    """It may be of the time before the gateway's first day: a dash would say that nobody was found."""
    show_departments(REPORT | {"recorded": False}, json=False)
    assert capsys.readouterr().out == "The audit trail has no mail of 2026-03 (UTC).\n"


def test_json_has_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_departments(REPORT, json=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["department"] for row in rows] == ["Sales", None]
    assert all((row["month"], row["people"]) == ("2026-03", 5) for row in rows)
