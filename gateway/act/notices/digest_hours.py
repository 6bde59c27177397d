"""The hour of a digest that is due in a time zone. A digest is sent within its hour; a missed one is part of the next.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, tzinfo


def due_hour(now: datetime, zone: tzinfo, hours: Collection[int]) -> datetime | None:
    """Return the beginning of the current hour, in UTC, if it is one of these hours in the zone; else None.

    An hour that the clocks skip has no digest; one that they repeat has one, as the day has.
    """
    local = now.astimezone(zone)
    begun = local.replace(minute=0, second=0, microsecond=0)
    if local.hour not in hours or begun.fold:
        return None
    return now - (local - begun)
