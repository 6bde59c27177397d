"""The bin: a deletion is undone, or the bin is emptied, by time or for want of room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.remember.database.errors import NotHeld, StoreFull
from gateway.remember.rows.bin import empty_bin
from gateway.remember.rows.history import read_history
from gateway.remember.rows.usage import lock_usage
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make

WHO = {"actor": "alice", "reason": "spam"}


async def emptied(store: Store, **before: object) -> int:
    async with store.database.writing() as connection:
        await lock_usage(connection)
        return await empty_bin(connection, **before)  # type: ignore[arg-type]


async def test_a_deletion_is_undone(store: Store, make: Make) -> None:
    """The copies that it deleted are held again; one that was released before stays so."""
    await store.quarantine.hold(make.entry("m1", "a@example.com", "b@example.com"), b"raw")
    await store.quarantine.release("m1", ["a@example.com"], [], at=make.now, **WHO)
    await store.quarantine.delete("m1", at=make.now + timedelta(hours=1), **WHO)
    assert [one.id for one in await store.quarantine.list(state="deleted")] == ["m1"]
    assert await store.quarantine.restore("m1", at=make.now + timedelta(hours=2), **WHO) == ("b@example.com",)
    entry = await store.quarantine.get("m1")
    assert entry is not None
    assert [copy.state for copy in entry.copies] == ["released", "held"]
    with pytest.raises(NotHeld):
        await store.quarantine.restore("m1", at=make.now, **WHO)


async def test_only_old_entries_are_emptied(store: Store, make: Make) -> None:
    for number in range(3):
        await store.quarantine.hold(make.entry(f"m{number}"), b"raw%d" % number)
        await store.quarantine.delete(f"m{number}", at=make.now + timedelta(days=number), **WHO)
    assert await emptied(store, before=make.now + timedelta(days=1)) == 1
    assert {one.id for one in await store.quarantine.list(state="deleted")} == {"m1", "m2"}
    assert await emptied(store) == 2
    assert (await store.figures())["held_bytes"] == 0


async def test_what_is_emptied_is_not_restored(store: Store, make: Make) -> None:
    """The refusal says so."""
    await store.quarantine.hold(make.entry(), b"raw")
    await store.quarantine.delete("m1", at=make.now, **WHO)
    await emptied(store)
    with pytest.raises(NotHeld, match="not in the bin"):
        await store.quarantine.restore("m1", at=make.now, **WHO)


async def test_a_later_end_of_retention_counts(store: Store, make: Make) -> None:
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.hold(make.entry("m2"), b"war")
    await store.quarantine.extend("m1", make.now + timedelta(days=90), at=make.now, **WHO)
    await store.purge(make.now + timedelta(days=31), 30, 180)
    assert [one.id for one in await store.quarantine.list()] == ["m1"]
    await store.purge(make.now + timedelta(days=91), 30, 180)
    assert await store.quarantine.list() == []


async def test_the_bin_is_not_emptied_in_vain(store: Store, make: Make) -> None:
    """A message that would not fit all the same leaves every deletion as it can be undone."""
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.delete("m1", at=make.now, **WHO)
    store.quarantine.max_bytes = 100
    with pytest.raises(StoreFull):
        await store.quarantine.hold(make.entry("m2"), bytes(range(256)) * 2)
    assert await store.quarantine.restore("m1", at=make.now, **WHO)


async def test_an_extension_never_shortens(store: Store, make: Make) -> None:
    """Where it would change nothing, it leaves nothing in the history."""
    late, soon, retained = (make.now + timedelta(days=days) for days in (90, 1, 30))
    await store.quarantine.hold(make.entry("m1"), b"raw")
    assert await store.quarantine.extend("m1", soon, at=make.now, retention_days=30, **WHO) == retained
    assert await store.quarantine.extend("m1", late, at=make.now, retention_days=30, **WHO) is None
    for again in (soon, late):
        assert await store.quarantine.extend("m1", again, at=make.now, retention_days=30, **WHO) == late
    entry = await store.quarantine.get("m1")
    assert entry is not None
    assert entry.keep_until == late
    async with store.database.reading() as connection:
        rows = (await read_history(connection, ["m1"]))["m1"]
    assert [row.operation for row in rows] == ["extend"]


async def test_what_is_in_the_bin_is_not_extended(store: Store, make: Make) -> None:
    """The bin would be emptied all the same."""
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.delete("m1", at=make.now, **WHO)
    with pytest.raises(NotHeld, match="restore it"):
        await store.quarantine.extend("m1", make.now + timedelta(days=90), at=make.now, **WHO)
