"""Working time: weekdays, hours, lunch and public holidays, by the clock of the place where a person works. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

#: As `datetime.weekday` counts them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: From the first on and before the second.
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The organisation's working hours, the same everywhere; where a person is decides when they are."""

    days: frozenset[str]
    hours: Span
    lunch: Span | None

    def holds(self, at: datetime, zone: str, region: str) -> bool:
        """Whether this moment is working time there. `region` "" has no public holidays."""
        local = at.astimezone(ZoneInfo(zone))  # also in the night when a clock hour is twice or not there
        if WEEKDAYS[local.weekday()] not in self.days or is_holiday(local.date(), region):
            return False
        return _within(local.time(), self.hours) and not (self.lunch and _within(local.time(), self.lunch))


def _within(now: time, span: Span) -> bool:
    return span[0] <= now < span[1]


def is_holiday(day: date, region: str) -> bool:
    """Of a country, or a part of one: `GB-ENG`. A substitute day counts as well."""
    calendar = _calendar(region) if region else None
    return calendar is not None and day in calendar


@lru_cache(maxsize=256)
def _calendar(region: str) -> holidays.HolidayBase | None:
    """It takes a second to load; a year is worked out when it is first asked for.

    None: a region that nothing is known of, which the configuration and imports refuse already.
    """
    country, _, part = region.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        return None
