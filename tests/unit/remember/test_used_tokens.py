"""Tokens that are good for a single time."""

from __future__ import annotations

import asyncio

import pytest

from gateway.remember.database.errors import NotHeld


async def test_a_token_is_used_once(store, second, now):
    """The first worker that sees the token uses it."""
    assert await store.tokens.use(b"a", now)
    assert not await second.tokens.use(b"a", now)
    assert await second.tokens.use(b"b", now)


async def test_of_workers_at_once_one_may(store, second, now):
    """The others are told no."""
    told = await asyncio.gather(*(s.tokens.use(b"a\0\xff", now) for s in (store, second) * 10))
    assert sum(told) == 1


async def test_a_release_makes_its_reply_known(store, second, make, now):
    """In the same transaction: another worker knows it, and no reply that released nothing."""
    await store.quarantine.hold(make.entry("m1", "a@example.com"), b"x")
    await store.quarantine.release(
        "m1", ["a@example.com"], [], actor="a", reason="r", at=now, by_reply=True, reply_key=b"reply"
    )
    assert await second.tokens.is_used(b"reply")
    assert not await second.tokens.is_used(b"other")
    with pytest.raises(NotHeld):
        await store.quarantine.release("m1", ["a@example.com"], [], actor="a", reason="r", at=now, reply_key=b"other")
    assert not await second.tokens.is_used(b"other")
