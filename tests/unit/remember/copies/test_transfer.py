"""The move of a store to the other database, in both directions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.contract import HistoryRow
from gateway.remember.copies import transfer as module
from gateway.remember.copies.transfer import transfer
from gateway.remember.database.database import store_url
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.store import Store

KEY = bytes(32)


@pytest.fixture
async def target(url, tmp_path, postgresql):
    """An empty store of the other kind."""
    lent = postgresql.lend() if url.startswith("sqlite") else f"sqlite:///{tmp_path}/target.db"
    await (await Store.open(lent, create=True, key=KEY)).close()
    yield lent
    if lent.startswith("postgresql"):
        postgresql.give_back(lent)


@pytest.fixture
async def filled(store, make, now):
    """A store with rows of every kind of column."""
    for number in range(5):
        entry = make.entry(f"m{number}", subject="Zürich \udcff\0")
        await store.quarantine.hold(entry, b"raw %d" % number, notices=[make.notice()])
        store.audit.append(make.audit(f"m{number}", at=now + timedelta(seconds=number)))
    await store.audit.flush()
    note = HistoryRow("m1", now, "alice", "note", "é", ("bob@example.com",))
    await store.outbox.add([(make.item(smtputf8=True), b"queued")], history=[note])
    return store


async def test_every_row_is_moved(filled, url, target, monkeypatch, now, make):
    """In small batches; contents, chains and the count of notices go on in the new place."""
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    told = []
    proof = await transfer(store_url(url), store_url(target), KEY, lambda *one: told.append(one))
    assert [rows for name, rows in told if name == "held"] == [2, 4, 5]
    assert [rows for name, rows in told if name == "contents"] == [4, 6]
    moved = await Store.open(target, create=False, key=KEY)
    assert (proof.rows["held"], proof.faults) == (5, 0)
    assert [chain.faults for chain in await moved.trail.check()] == [[], []]
    assert await moved.quarantine.get("m1") == await filled.quarantine.get("m1")
    assert await moved.outbox.claim(now, 9, 60) == await filled.outbox.claim(now, 9, 60)
    await moved.quarantine.hold(make.entry("m8"), b"raw 8", notices=[make.notice("m8")])
    moved.audit.append(make.audit("m9"))
    await moved.audit.flush()
    assert [chain.faults for chain in await moved.trail.check()] == [[], []]
    await moved.close()


async def test_a_store_with_rows_is_no_target(filled, url, target):
    """It stays as it was."""
    await transfer(store_url(url), store_url(target), KEY, lambda *_: None)
    with pytest.raises(StoreUnavailable, match=r"the target isn't empty \(.* has rows\)"):
        await transfer(store_url(url), store_url(target), KEY, lambda *_: None)
    moved = await Store.open(target, create=False, key=KEY)
    assert await moved.quarantine.count() == 5
    await moved.close()


async def test_a_copy_that_lacks_a_row_is_undone(filled, url, target, monkeypatch):
    """Every count is compared before the commit."""
    copy = module._copy

    async def losing(reading, writing, of, progress):
        await copy(reading, writing, of, progress)
        if of.name == "held_codes":
            await writing.execute(text("DELETE FROM held_codes WHERE held_id = 'm1'"))

    monkeypatch.setattr(module, "_copy", losing)
    with pytest.raises(StoreUnavailable, match="held_codes has 4 rows, and had 5"):
        await transfer(store_url(url), store_url(target), KEY, lambda *_: None)
    left = await Store.open(target, create=False, key=KEY)
    assert await left.quarantine.count() == 0
    assert [chain.faults for chain in await left.trail.check()] == [[], []]
    await left.close()
