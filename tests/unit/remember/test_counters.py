"""Counters that workers share."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from gateway.contract import Counters
from gateway.remember.database.schema import NAME_BYTES
from gateway.remember.database.sqlite import KeyReader
from gateway.remember.store import Store
from tests.support.servers.preloaded import start_code


async def test_they_are_what_filters_are_given(store, now):
    """The store's counters fit the contract's Protocol."""
    counters: Counters = store.counters
    assert await counters.total("none", now, now) == 0


async def test_adding_returns_the_total(store, now):
    """Amounts add up, each key for itself."""
    assert await store.counters.add("a", 2, now) == 2
    assert await store.counters.add("a", 3, now + timedelta(hours=5)) == 5
    assert await store.counters.add("b", 1, now) == 1


async def test_once_counts_a_single_time(store, second, now):
    """A retry, or another worker, adds nothing and is told the same total."""
    assert await store.counters.add("a", 1, now, once="message-1") == 1
    assert await second.counters.add("a", 1, now + timedelta(minutes=9), once="message-1") == 1
    assert await store.counters.add("a", 1, now, once="message-2") == 2
    assert await store.counters.add("b", 1, now, once="message-1") == 1


async def test_workers_that_add_at_once(store, second, now):
    """No addition is lost and no total is given twice."""
    totals = await asyncio.gather(*(s.counters.add("a", 1, now) for s in (store, second) * 20))
    assert sorted(totals) == list(range(1, 41))


@pytest.mark.parametrize(
    ("since", "until", "total"),
    [
        ("12:30:00", "12:31:00", 1),
        ("12:30:59", "12:31:00", 1),  # the minute that `since` lies in counts whole
        ("12:30:00", "12:31:01", 11),  # and so does the one that `until` has a part of
        ("12:31:00", "12:32:00", 10),
        ("12:32:00", "23:00:00", 0),
        ("00:00:00", "23:00:00", 11),
    ],
)
async def test_a_window_is_made_of_full_minutes(store, now, since, until, total):
    """12:30:15 counts in the minute from 12:30 to 12:31, 12:31:15 in the next."""
    await store.counters.add("a", 1, now)
    await store.counters.add("a", 10, now + timedelta(minutes=1))
    edges = (now.fromisoformat(f"2025-03-01T{time}+00:00") for time in (since, until))
    assert await store.counters.total("a", *edges) == total


async def test_a_busy_database_is_read_the_slower_way(store, now, monkeypatch):
    """Where the quick reader finds SQLite busy, the total comes from a reading connection."""
    await store.counters.add("a", 3, now)
    monkeypatch.setattr(KeyReader, "total", lambda *_: None)
    assert await store.counters.total("a", now, now + timedelta(minutes=1)) == 3


async def test_adding_returns_the_total_of_a_window(store, now):
    """The total counts the last minutes only, and counts of a clock that is ahead."""
    await store.counters.add("a", 1, now - timedelta(minutes=11))
    await store.counters.add("a", 10, now - timedelta(minutes=10))
    await store.counters.add("a", 100, now + timedelta(minutes=2))
    assert await store.counters.add("a", 1000, now, since=now - timedelta(minutes=10)) == 1110
    assert await store.counters.add("a", 0, now, once="x", since=now) == 1100


@pytest.mark.parametrize("key", ["a\0b", "grüße", "\udcfc"])
async def test_a_key_may_have_any_character(store, now, key):
    """A key is looked up in the form in which it was stored."""
    await store.counters.add(key, 1, now)
    assert await store.counters.total(key, now, now + timedelta(minutes=1)) == 1


@pytest.mark.parametrize("octets", [NAME_BYTES - 1, NAME_BYTES, NAME_BYTES + 1, 100_000])
async def test_a_key_may_be_long(store, now, octets):
    """Whatever a sender makes of a Message-ID, it counts for itself."""
    text = random.Random(octets).randbytes(octets).hex()[: octets - 1]
    key = text + "a"
    assert await store.counters.add(key, 1, now, once=key) == 1
    assert await store.counters.add(key, 1, now, once=key) == 1
    assert await store.counters.add(text + "b", 1, now, once=key) == 1
    assert await store.counters.total(key, now, now + timedelta(minutes=1)) == 1


async def test_the_count_survives_a_restart(store, url, now):
    """It is in the store, `once` too."""
    await store.counters.add("a", 3, now, once="x")
    await store.close()
    again = await Store.open(url, create=False, key=bytes(32))
    assert await again.counters.add("a", 3, now, once="x") == 3
    await again.close()


ADDER = """
import asyncio, sys
from datetime import UTC, datetime
from gateway.remember.store import Store

NOW = datetime(2025, 3, 1, 12, 30, 15, tzinfo=UTC)

async def main(url, first):
    store = await Store.open(url, create=False, key=bytes(32))
    ones = range(int(first), int(first) + 60)
    since, add = NOW.replace(hour=1), store.counters.add
    print(*await asyncio.gather(*(add("a", 1, NOW.replace(minute=n % 3), str(n), since) for n in ones)))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_add_at_once(store, url, now):
    """Two of them, minutes mixed, twenty messages seen by both: none is lost, and no total is missed."""
    adders = [await start_code(ADDER, url, first) for first in ("0", "40")]
    said = [(await adder.communicate())[0] for adder in adders]
    totals = [int(total) for text in said for total in text.split()]
    assert len(totals) == 120
    assert set(totals) == set(range(1, 101))
    assert await store.counters.add("a", 0, now) == 100
