"""Keys that senders have confirmed."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from gateway.contract import Confirmed
from gateway.remember import confirmed as module
from gateway.remember.database.schema import confirmed
from gateway.services.read_only import ReadOnlyConfirmed

SECRET = bytes(range(32))


@pytest.fixture
def known_to(store):
    return store.confirmed(SECRET)


async def test_they_are_what_filters_are_given(known_to):
    """The store's, and the idle ones, fit the contract's Protocol."""
    real: Confirmed = known_to
    idle: Confirmed = ReadOnlyConfirmed(real)
    assert (await real.known(["a"]), await idle.known(["a"])) == (set(), set())


async def test_what_was_confirmed_is_known(known_to, second, now):
    """Every worker knows a confirmed key, in whatever characters; other keys are unknown."""
    await known_to.add(["a", "b\0\udcff", "a"], now)
    assert await second.confirmed(SECRET).known(["a", "A", "b\0\udcff", "c"]) == {"a", "b\0\udcff"}


async def test_nothing_asks_and_confirms_nothing(known_to, now):
    """No keys, no rows."""
    await known_to.add([], now)
    assert await known_to.known([]) == set()


async def test_another_key_knows_nothing(store, known_to, now):
    """The store has hashes: without the old `secret.key` nothing is known."""
    await known_to.add(["bob@example.com"], now)
    assert await store.confirmed(bytes(32)).known(["bob@example.com"]) == set()
    async with store.database.reading() as connection:
        [key] = (await connection.execute(select(confirmed.c.key))).scalars()
    assert len(key) == module.HASH_BYTES
    assert b"bob" not in key


@pytest.mark.parametrize("keys", [2, 3, 4])
async def test_many_are_looked_up_in_parts(known_to, now, monkeypatch, keys):
    """The numbers of keys are as many as a statement takes, one more, and fewer."""
    monkeypatch.setattr(module, "READ_KEYS", 3)
    names = [str(number) for number in range(keys)]
    await known_to.add(names, now)
    assert await known_to.known([*names, "x"]) == set(names)


async def test_workers_that_confirm_at_once(known_to, second, now):
    """The same keys in any order: none waits for another for ever."""
    names = [str(number) for number in range(50)]
    parts = (known_to, second.confirmed(SECRET))
    await asyncio.gather(*(part.add(names[::way], now) for part in parts for way in (1, -1) * 3))
    assert await known_to.known(names) == set(names)


async def test_idle_ones_confirm_nothing(known_to, now):
    """They know what the store knows."""
    await known_to.add(["a"], now)
    idle = ReadOnlyConfirmed(known_to)
    await idle.add(["b"], now)
    assert await idle.known(["a", "b"]) == {"a"}
    assert await ReadOnlyConfirmed().known(["a"]) == set()
