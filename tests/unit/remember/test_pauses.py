"""Pauses of keys, and their ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.contract import Pause, Pauses
from gateway.services.read_only import ReadOnlyPauses

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


async def test_they_are_what_filters_are_given(store, now):
    """The store's pauses, and the idle ones, fit the contract's Protocol."""
    pauses: Pauses = store.pauses
    idle: Pauses = ReadOnlyPauses(pauses)
    assert (await pauses.until("a", now), await idle.until("a", now)) == (None, None)


async def test_a_pause_lasts_until_its_end(store, second, now):
    """A pause holds for every worker, and for its key alone."""
    assert await store.pauses.pause("a", now + HOUR, now, "storm")
    assert await second.pauses.until("a", now + HOUR - TICK) == now + HOUR
    assert await second.pauses.until("a", now + HOUR) is None
    assert await second.pauses.until("b", now) is None


@pytest.mark.parametrize(("longer", "ends"), [(-TICK, HOUR), (0 * TICK, HOUR), (TICK, HOUR + TICK)])
async def test_of_two_pauses_the_longer_stays(store, now, longer, ends):
    """A second pause of a paused key is nothing new."""
    await store.pauses.pause("a", now + HOUR, now, "storm")
    assert not await store.pauses.pause("a", now + HOUR + longer, now + TICK, "again")
    assert await store.pauses.until("a", now) == now + ends


@pytest.mark.parametrize(("after", "new"), [(-TICK, False), (0 * TICK, True)])
async def test_a_pause_that_is_over_can_begin_anew(store, now, after, new):
    """Though it wasn't purged yet."""
    await store.pauses.pause("a", now + HOUR, now, "storm")
    later = now + HOUR + after
    assert await store.pauses.pause("a", later + HOUR, later, "again") == new
    assert await store.pauses.until("a", later) == later + HOUR


async def test_of_workers_that_pause_at_once_one_is_told(store, second, now):
    """So that one notice is sent."""
    told = await asyncio.gather(*(s.pauses.pause("a", now + HOUR, now, "storm") for s in (store, second) * 10))
    assert sum(told) == 1


async def test_the_list_has_those_that_last(store, now):
    """Newest first, with their reasons."""
    await store.pauses.pause("over", now, now - HOUR, "storm")
    await store.pauses.pause("a", now + HOUR, now, "first \udcff")
    await store.pauses.pause("b", now + 2 * HOUR, now + TICK, "second")
    expected = [Pause("b", now + 2 * HOUR, now + TICK, "second"), Pause("a", now + HOUR, now, "first \\udcff")]
    assert await store.pauses.list(now) == expected


async def test_a_pause_is_lifted(store, now):
    """Once; of a key as the list shows it, too."""
    key = "x" * 5_000
    await store.pauses.pause(key, now + HOUR, now, "storm")
    [shown] = await store.pauses.list(now)
    assert await store.pauses.lift(shown.key)
    assert not await store.pauses.lift(key)
    assert await store.pauses.until(key, now) is None


async def test_idle_ones_pause_and_lift_nothing(store, now):
    """They say what the store's would."""
    await store.pauses.pause("a", now + HOUR, now, "storm")
    idle = ReadOnlyPauses(store.pauses)
    assert not await idle.pause("a", now + 2 * HOUR, now, "again")
    assert await idle.pause("b", now + HOUR, now, "storm")
    assert not await idle.lift("a")
    assert list(await idle.list(now)) == [Pause("a", now + HOUR, now, "storm")]
    assert (await ReadOnlyPauses().until("a", now), list(await ReadOnlyPauses().list(now))) == (None, [])


async def test_a_person_lifts_a_pause_on_record(store, now):
    """One that is over, or that nobody made, leaves no record."""
    await store.pauses.pause("a", now + HOUR, now, "storm")
    assert not await store.pauses.lift_on_record("a", actor="bob", reason="late", at=now + HOUR)
    assert not await store.pauses.lift_on_record("b", actor="bob", reason="none", at=now)
    assert await store.pauses.lift_on_record("a", actor="bob", reason="needed", at=now)
    assert await store.pauses.until("a", now) is None
    (row,) = await store.pauses.record()
    assert (row.at, row.actor, row.operation, row.reason, row.addresses) == (now, "bob", "lift", "needed", ("a",))
