"""Counts for each department: what is suppressed, and which months can be reported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.contract import Actor, Person, Refused, operations_of
from gateway.contract.department_counts import Cell, calendar_month, department_report, suppressed
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import FakeClock

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)
DIRECTORY = ConfiguredDirectory(
    [Person(one, (f"{one}@example.co.uk", f"{one}@example.com"), department="Sales") for one in ("ann", "bob", "cid")],
    {},
    ["example.co.uk", "example.com"],
)


class Trail:
    """An audit trail with these counts; it keeps what it was asked."""

    def __init__(self, counts: Mapping[tuple[str, str], int], *, has_other_mail: bool = False) -> None:
        self.counts = counts
        self.has_other_mail = has_other_mail
        self.asked: list[tuple[str, datetime, datetime]] = []

    async def by_sender(self, area: str, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        self.asked.append((area, since, until))
        return self.counts

    async def has_mail(self, since: datetime, until: datetime) -> bool:
        return self.has_other_mail


def people(count: int, messages: int = 1) -> Cell:
    return {f"p{number}@example.co.uk": messages for number in range(count)}


@pytest.mark.parametrize(("count", "shown"), [(0, None), (1, None), (4, None), (5, 10), (6, 12)])
def test_a_count_is_about_so_many_people(count: int, shown: int | None) -> None:
    """Else it is suppressed; nought too, which would tell nobody from a few."""
    rows = suppressed({("Sales", "a.x"): people(count, 2), ("Works", "a.x"): people(9)}, ["a.x"], 5)
    by_name = {row["department"]: row["counts"]["a.x"] for row in rows}
    assert by_name.get("Sales") == shown
    assert by_name["Works"] == 9


def test_what_is_suppressed_is_added_up() -> None:
    """Over all departments and codes, and shown where that is about enough people."""
    cells: dict[tuple[str | None, str], Cell] = {
        ("Sales", "a.x"): {"s1": 1, "s2": 1, "s3": 7},
        ("Works", "a.x"): {"w1": 1, "w2": 1},
        ("Works", "a.y"): {"w1": 3},
        (None, "a.y"): people(9),
    }
    assert suppressed(cells, [], 5) == [{"department": None, "counts": {"a.x": 11, "a.y": 12}}]
    assert suppressed(cells, [], 6) == [{"department": None, "counts": {"a.x": None, "a.y": 12}}]


def test_one_department_alone_can_not_be_worked_out() -> None:
    """One that is suppressed alone is not in the sum of the others either."""
    rows = suppressed({("Sales", "a.x"): people(8), ("Works", "a.x"): {"w1": 4}}, ["a.y"], 5)
    assert rows == [
        {"department": "Sales", "counts": {"a.x": 8, "a.y": None}},
        {"department": None, "counts": {"a.x": None, "a.y": None}},
    ]


@pytest.mark.parametrize(
    ("month", "now", "days"),
    [
        ("", "2026-03-18T15:30", ("2026-02-01", "2026-03-01")),
        ("", "2026-03-01T00:00", ("2026-02-01", "2026-03-01")),
        ("", "2026-02-28T23:59", ("2026-01-01", "2026-02-01")),
        ("2025-12", "2026-01-01T00:00", ("2025-12-01", "2026-01-01")),
        ("2025-12", "2026-03-18T15:30", ("2025-12-01", "2026-01-01")),
    ],
)
def test_a_report_covers_a_calendar_month_that_is_over(month: str, now: str, days: tuple[str, str]) -> None:
    """Whenever it is asked for: no two reports overlap, and one of them tells nothing by its difference to another."""
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days)
    assert calendar_month(month, datetime.fromisoformat(now).replace(tzinfo=UTC)) == (begin, end)


@pytest.mark.parametrize(
    ("month", "said"),
    [
        ("2026-03", "2026-03 isn't over"),
        ("2027-01", "isn't over"),
        ("4w", "no month"),
        ("2026-02-01", "such as 2026-02"),
    ],
)
def test_no_other_time_can_be_reported(month: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        calendar_month(month, NOW)


def made(trail: Trail, *people: int, audit_days: int = 90) -> Callable[..., Awaitable[Any]]:
    """Return the report of a filter whose entries in the chain have these limits."""
    operations = department_report("report.x", "x", ["x.y"])
    (declared,) = operations_of(operations)
    settings = [SimpleNamespace(report_people=one) for one in people]
    built = operations(settings, FakeClock(NOW), DIRECTORY, trail, audit_days)
    return lambda month="": getattr(built, declared.method)(Actor("the test", frozenset({"reviewer"}), 0), month)


@pytest.mark.parametrize(("audit_days", "refused"), [(46, False), (45, True)])
async def test_a_month_of_which_days_are_lost_can_not_be_reported(audit_days: int, refused: bool) -> None:
    """A report of each day of the purge would differ from the one before by a day: the month began 45.6 days ago."""
    report = made(Trail({}), 3, audit_days=audit_days)
    with pytest.raises(Refused, match="has no longer all of 2026-02") if refused else nullcontext():
        await report("2026-02")


@pytest.mark.parametrize(
    ("trail", "recorded"),
    [
        (Trail({}), False),
        (Trail({}, has_other_mail=True), True),
        (Trail({("ann@example.co.uk", "x.y"): 1}), True),
    ],
)
async def test_a_month_without_mail_is_told_from_one_without_findings(trail: Trail, recorded: bool) -> None:
    assert (await made(trail, 3)())["recorded"] == recorded


async def test_a_person_with_two_addresses_is_one_person_and_strangers_are_none() -> None:
    """Three people of a department make a count; what came from outside is in none, nor are codes without a column."""
    counts = {("ann@example.co.uk", "x.y"): 2, ("ann@example.com", "x.y"): 3, ("bob@example.co.uk", "x.y"): 1}
    trail = Trail({**counts, ("eve@outside.example", "x.y"): 50})
    asked = made(trail, 3)
    assert (await asked())["departments"] == [{"department": None, "counts": {"x.y": None}}]
    others = {(f"{one}@example.co.uk", "x.suspected"): 9 for one in ("ann", "bob", "cid")}
    trail.counts = {**trail.counts, ("cid@example.co.uk", "x.y"): 1, **others}
    report = await asked()
    assert report["departments"][0] == {"department": "Sales", "counts": {"x.y": 7}}
    assert (report["people"], report["month"]) == (3, "2026-02")
    assert trail.asked == [("x", datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))] * 2


async def test_the_strictest_entry_of_the_chain_counts() -> None:
    """Without such a filter it is five people."""
    assert (await made(Trail({}), 3, 8)())["people"] == 8
    assert (await made(Trail({}))())["people"] == 5
