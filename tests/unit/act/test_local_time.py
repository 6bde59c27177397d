"""Times in commands: the same form everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.act.local_time import local_time


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/London", "2026-07-01 13:00:05 BST"),
        ("UTC", "2026-07-01 12:00:05 UTC"),
        ("Asia/Dubai", "2026-07-01 16:00:05 +04"),
    ],
)
def test_a_time_has_its_zone(zone: str, shown: str) -> None:
    """By name, or by its offset where it has no name; from a time and from a text."""
    at = datetime(2026, 7, 1, 12, 0, 5, 999_999, tzinfo=UTC)
    assert local_time(at, ZoneInfo(zone)) == local_time(at.isoformat(), ZoneInfo(zone)) == shown
