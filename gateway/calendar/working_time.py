"""Working time: weekdays, hours, lunch and public holidays, by the clock of the place where a person works. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

#: Names of weekdays in the order of `datetime.weekday`.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: A time span: from the first time on and before the second.
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The organisation's working hours, the same everywhere; the person's time zone decides when they are."""

    days: frozenset[str]
    hours: Span
    lunch: Span | None

    def holds(self, at: datetime, zone: str, region: str) -> bool:
        """Return whether a moment is working time in a zone and region. A `region` of "" has no public holidays."""
        local = at.astimezone(ZoneInfo(zone))  # right also in the night when a clock hour occurs twice or not at all
        if WEEKDAYS[local.weekday()] not in self.days or is_holiday(local.date(), region):
            return False
        return _within(local.time(), self.hours) and not (self.lunch and _within(local.time(), self.lunch))


def _within(now: time, span: Span) -> bool:
    return span[0] <= now < span[1]


def after_working_days(at: datetime, number: int, days: Collection[str], zone: str, region: str) -> datetime:
    """Return the moment so many working days later, at the same time of day in the zone. The first day doesn't count.

    `days` are the weekdays with working time, at least one.
    """
    local = at.astimezone(ZoneInfo(zone))
    day = local.date()
    while number > 0:
        day += timedelta(days=1)
        number -= WEEKDAYS[day.weekday()] in days and not is_holiday(day, region)
    return datetime.combine(day, local.time(), ZoneInfo(zone)).astimezone(UTC)


def is_holiday(day: date, region: str) -> bool:
    """Return whether a day, or its substitute, is a public holiday of a country or a part of one, such as `GB-ENG`."""
    calendar = _calendar(region) if region else None
    return calendar is not None and day in calendar


@lru_cache(maxsize=256)
def _calendar(region: str) -> holidays.HolidayBase | None:
    """Return the calendar of a region; None for an unknown one, which the configuration and imports refuse already.

    Loading takes a second. A year is computed when it is first asked for.
    """
    country, _, part = region.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        return None
