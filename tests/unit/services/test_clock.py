"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.contract import Clock
from gateway.services.clock import SystemClock


def test_the_time_is_aware_and_in_utc() -> None:
    """Nothing in the gateway knows a local time."""
    clock: Clock = SystemClock()
    now = clock.now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_monotonic_clock_never_goes_back() -> None:
    """Durations are measured with it."""
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)
