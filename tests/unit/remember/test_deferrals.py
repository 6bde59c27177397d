"""When a message was first deferred."""

from __future__ import annotations

import asyncio
from datetime import timedelta


async def test_the_first_time_stays(store, second, now):
    """Every later deferral, in whichever worker, is told the first one's time."""
    assert await store.deferrals.first(b"key", "virus", now) == now
    assert await second.deferrals.first(b"key", "virus", now + timedelta(hours=1)) == now


async def test_each_filter_and_message_has_its_own(store, now):
    """Another filter or another message starts anew."""
    await store.deferrals.first(b"key", "virus", now)
    later = now + timedelta(hours=1)
    assert await store.deferrals.first(b"key", "attachments", later) == later
    assert await store.deferrals.first(b"other", "virus", later) == later


async def test_two_at_once_agree(store, second, now):
    """Whoever wrote first, both say the same."""
    times = [now, now + timedelta(seconds=1)]
    told = await asyncio.gather(
        *(s.deferrals.first(b"k", "virus", t) for s, t in zip((store, second), times, strict=True))
    )
    assert told[0] == told[1]
