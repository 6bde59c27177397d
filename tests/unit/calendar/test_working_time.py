"""Working time and public holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import pytest

from gateway.calendar.working_time import WorkingTime, after_working_days, is_holiday

OFFICE = WorkingTime(
    frozenset({"mon", "tue", "wed", "thu", "fri"}),
    (clock_time(9), clock_time(17, 30)),
    (clock_time(12), clock_time(14)),
)


@pytest.mark.parametrize(
    ("local", "working"),
    [
        ("2026-03-02 08:59:59.999999", False),
        ("2026-03-02 09:00:00", True),
        ("2026-03-02 11:59:59.999999", True),
        ("2026-03-02 12:00:00", False),
        ("2026-03-02 13:59:59.999999", False),
        ("2026-03-02 14:00:00", True),
        ("2026-03-02 17:29:59.999999", True),
        ("2026-03-02 17:30:00", False),
        ("2026-03-02 00:00:00", False),
        ("2026-03-07 10:00:00", False),
        ("2026-03-08 10:00:00", False),
        ("2026-04-03 10:00:00", False),  # Good Friday
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns"])
def test_working_time(local: str, working: bool, zone: str) -> None:
    """Local time decides, in every time zone; each edge belongs to the period that begins there."""
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert OFFICE.holds(at, zone, "GB-ENG") is working


@pytest.mark.parametrize(
    ("day", "region", "free"),
    [
        (date(2026, 4, 6), "GB-ENG", True),
        (date(2026, 4, 6), "GB-SCT", False),
        (date(2026, 1, 2), "GB-SCT", True),
        (date(2026, 1, 2), "GB-ENG", False),
        (date(2026, 7, 13), "GB-NIR", True),  # for the 12th, a Sunday
        (date(2026, 12, 28), "GB-ENG", True),  # for Boxing Day, a Saturday
        (date(2026, 1, 6), "DE-BY", True),
        (date(2026, 1, 6), "DE-BE", False),
        (date(2026, 7, 14), "FR", True),
        (date(2026, 12, 25), "", False),
        (date(2040, 12, 25), "GB-ENG", True),
    ],
)
def test_public_holidays(day: date, region: str, free: bool) -> None:
    """The holidays are those of the country, or of the part of it."""
    assert is_holiday(day, region) is free


def test_a_region_that_nothing_is_known_of_has_no_holidays() -> None:
    """The configuration refuses it already."""
    assert not is_holiday(date(2026, 12, 25), "GB-XXX")


@pytest.mark.parametrize(
    ("at", "number", "due"),
    [
        ("2026-03-02T10:00+00:00", 0, "2026-03-02T10:00+00:00"),
        ("2026-03-02T10:00+00:00", 1, "2026-03-03T10:00+00:00"),
        ("2026-03-06T23:30+00:00", 1, "2026-03-09T23:30+00:00"),  # Friday
        ("2026-03-07T10:00+00:00", 1, "2026-03-09T10:00+00:00"),  # Saturday
        ("2026-03-27T10:00+00:00", 1, "2026-03-30T09:00+00:00"),  # into summer time: 10:00 there
        ("2026-12-24T10:00+00:00", 1, "2026-12-29T10:00+00:00"),  # Boxing Day has a substitute
        ("2026-03-02T23:30-05:00", 1, "2026-03-04T04:30+00:00"),  # Tuesday already in London
    ],
)
def test_so_many_working_days_later(at: str, number: int, due: str) -> None:
    days = frozenset({"mon", "tue", "wed", "thu", "fri"})
    found = after_working_days(datetime.fromisoformat(at), number, days, "Europe/London", "GB-ENG")
    assert found == datetime.fromisoformat(due)
