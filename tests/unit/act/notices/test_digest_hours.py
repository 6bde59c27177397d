"""The hour of a digest that is due: in the person's own zone, within that hour, and once where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices.digest_hours import due_hour

LONDON, TOKYO, KATHMANDU = map(ZoneInfo, ("Europe/London", "Asia/Tokyo", "Asia/Kathmandu"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-03-02 07:59:59", LONDON, None),
        ("2026-03-02 08:00:00", LONDON, "2026-03-02 08:00:00"),
        ("2026-03-02 08:59:59.9", LONDON, "2026-03-02 08:00:00"),
        ("2026-03-02 09:00:00", LONDON, None),
        ("2026-07-02 07:20:00", LONDON, "2026-07-02 07:00:00"),
        ("2026-03-01 23:30:00", TOKYO, "2026-03-01 23:00:00"),
        ("2026-03-02 02:20:00", KATHMANDU, "2026-03-02 02:15:00"),
    ],
)
def test_the_hour_that_is_due(now: str, zone: ZoneInfo, expected: str | None) -> None:
    """Eight o'clock there, and until nine."""
    assert due_hour(at(now), zone, (8, 17)) == (at(expected) if expected else None)


def test_where_the_clocks_change() -> None:
    """A repeated hour has one digest; a skipped one has none."""
    assert due_hour(at("2026-10-25 00:30:00"), LONDON, (1,)) == at("2026-10-25 00:00:00")
    assert due_hour(at("2026-10-25 01:30:00"), LONDON, (1,)) is None
    assert due_hour(at("2026-03-29 01:30:00"), LONDON, (1,)) is None
