"""Counters that workers share."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.contract import Counters


async def test_they_are_what_filters_are_given(store):
    """The store's counters fit the contract's Protocol."""
    counters: Counters = store.counters
    assert await counters.total("none", *window(0)) == 0


def window(hours: float, now=None):
    from datetime import UTC, datetime

    end = now or datetime(2025, 3, 1, tzinfo=UTC)
    return end - timedelta(hours=hours), end


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
        ("2025-03-01T12:00:00", "2025-03-01T13:00:00", 1),
        ("2025-03-01T12:59:59", "2025-03-01T13:00:00", 1),  # the hour that `since` lies in counts whole
        ("2025-03-01T12:00:00", "2025-03-01T13:00:01", 11),  # and so does the one that `until` has a part of
        ("2025-03-01T13:00:00", "2025-03-01T14:00:00", 10),
        ("2025-03-01T14:00:00", "2025-03-01T23:00:00", 0),
        ("2025-03-01T00:00:00", "2025-03-02T00:00:00", 11),
    ],
)
async def test_a_window_is_made_of_full_hours(store, now, since, until, total):
    """12:30 counts in the hour from 12 to 13, 13:30 in the next."""
    await store.counters.add("a", 1, now)
    await store.counters.add("a", 10, now + timedelta(hours=1))
    edges = (now.fromisoformat(since).replace(tzinfo=now.tzinfo), now.fromisoformat(until).replace(tzinfo=now.tzinfo))
    assert await store.counters.total("a", *edges) == total
