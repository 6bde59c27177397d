"""The time, from the system's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The contract's `Clock`."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back, whatever becomes of the date."""
        return time.monotonic()
