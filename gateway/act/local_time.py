"""Times as people read them in commands, on the screen and in sentences: in the organisation's time zone."""

from __future__ import annotations

from datetime import datetime, tzinfo


def local_time(at: datetime | str, zone: tzinfo) -> str:
    """Return a time, or one in ISO 8601, in a time zone: to the second, with the zone's name or offset."""
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return read.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
