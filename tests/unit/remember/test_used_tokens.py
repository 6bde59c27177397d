"""Tokens that are good for a single time."""

from __future__ import annotations

import asyncio


async def test_a_token_is_used_once(store, second, now):
    """The first worker that sees the token uses it."""
    assert await store.tokens.use(b"a", now)
    assert not await second.tokens.use(b"a", now)
    assert await second.tokens.use(b"b", now)


async def test_of_workers_at_once_one_may(store, second, now):
    """The others are told no."""
    told = await asyncio.gather(*(s.tokens.use(b"a\0\xff", now) for s in (store, second) * 10))
    assert sum(told) == 1
