"""A time by which all look-ups for one message must have an answer."""

from __future__ import annotations

import asyncio
import time


def until(ends: float | None) -> asyncio.Timeout:
    """Limit a block to a time of the monotonic clock, in seconds (TimeoutError); None sets no limit."""
    return asyncio.timeout(None if ends is None else max(ends - time.monotonic(), 0))
