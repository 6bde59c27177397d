"""No room: the size limit of the quarantine, and a full disk."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlalchemy import text

from gateway.remember.rows.contents import pack_now
from gateway.remember.store import Store, StoreFull

RAW = os.urandom(4000)
SIZE = len(pack_now(RAW).stored)


@pytest.mark.parametrize(("limit", "fits"), [(2 * SIZE - 1, False), (2 * SIZE, True), (2 * SIZE + 1, True)])
async def test_the_limit_counts_what_is_there_and_what_comes(url, make, limit, fits):
    """Past quarantine_max_bytes a message is refused, up to it it is held."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=limit)
    await store.quarantine.hold(make.entry("m1"), RAW)
    if fits:
        assert await store.quarantine.hold(make.entry("m2"), RAW)
    else:
        with pytest.raises(StoreFull, match=f"limit of {limit} octets"):
            await store.quarantine.hold(make.entry("m2"), RAW)
    assert (await store.quarantine.get("m2") is not None) == fits
    await store.close()


async def test_a_refused_message_leaves_nothing(url, make):
    """No key, notice, outbox row or audit row: the client's retry starts anew."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=10)
    with pytest.raises(StoreFull):
        await store.quarantine.hold(
            make.entry(), RAW, notices=[make.notice()], outbox=[(make.item(), RAW)], audit=make.audit()
        )
    assert await store.quarantine.known([make.key("m1bob@example.com")]) == set()
    assert await store.notices.due(make.now) == []
    assert await store.outbox.claim(make.now, 10, 60) == []
    assert await store.audit.trace("m1") == []
    await store.close()


async def test_a_retry_is_no_new_message_even_when_full(url, make):
    """A message that is held already needs no room."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=SIZE)
    entry = make.entry()
    await store.quarantine.hold(entry, RAW)
    assert not await store.quarantine.hold(replace(entry, id="m2"), RAW)
    await store.close()


async def test_deleting_makes_room(url, make, now):
    """The total goes down with the content."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=SIZE)
    await store.quarantine.hold(make.entry("m1"), RAW)
    await store.quarantine.delete("m1", actor="alice", reason="spam", at=now)
    assert await store.quarantine.hold(make.entry("m2"), RAW)
    await store.close()


async def test_status_says_full_until_there_is_room(url, make, now):
    """Every process's figures say so, not only those of the one that refused."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=2 * SIZE - 1)
    other = await Store.open(url, create=False, key=bytes(32), quarantine_max_bytes=2 * SIZE - 1)
    await store.quarantine.hold(make.entry("m1"), RAW)
    assert not (await other.figures())["full"]
    with pytest.raises(StoreFull):
        await store.quarantine.hold(make.entry("m2"), RAW)
    assert ((await store.figures())["full"], (await other.figures())["full"]) == (True, True)
    assert ((await store.figures())["quarantine_full"], (await store.figures())["disk_full"]) == (True, False)
    await store.quarantine.delete("m1", actor="alice", reason="spam", at=now)
    await store.quarantine.hold(make.entry("m2", "new@example.com"), b"small")
    assert ((await store.figures())["full"], (await other.figures())["full"]) == (False, False)
    await store.close()
    await other.close()


TOO_LARGE = """
CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$ LANGUAGE plpgsql
"""
REFUSE = "CREATE TRIGGER full_disk BEFORE INSERT ON contents FOR EACH ROW {} EXECUTE FUNCTION full_disk()"


async def allow_bytes(store: Store, more: int) -> None:
    """Let the database grow by so much: it then says what it says on a full disk."""
    async with store.database.writing() as connection:
        if store.database.is_sqlite:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count={pages + more // 4096}"))
            return
        await connection.execute(text("DROP FUNCTION IF EXISTS full_disk CASCADE"))
        await connection.execute(text(TOO_LARGE))
        await connection.execute(text(REFUSE.format(f"WHEN (length(NEW.stored) > {more})")))


async def test_a_full_disk_refuses_and_writes_nothing(store, make):
    """The transaction goes back as a whole; smaller things can still be written, and later everything."""
    await allow_bytes(store, 16 * 1024)
    big = os.urandom(200_000)
    with pytest.raises(StoreFull, match="disk is full"):
        await store.quarantine.hold(make.entry("m1"), big, notices=[make.notice()])
    figures = await store.figures()
    assert (figures["full"], figures["disk_full"], figures["quarantine_full"]) == (True, True, False)
    assert await store.quarantine.get("m1") is None
    assert await store.quarantine.known([make.key("m1bob@example.com")]) == set()
    assert await store.notices.due(make.now) == []
    await allow_bytes(store, 4096 * 1024)
    assert await store.quarantine.hold(make.entry("m1"), big)
    assert not (await store.figures())["full"]


async def test_a_full_disk_and_the_outbox(store, make):
    """Adding to the outbox says StoreFull too."""
    await allow_bytes(store, 16 * 1024)
    with pytest.raises(StoreFull):
        await store.outbox.add([(make.item("o1"), b"small"), (make.item("o2"), os.urandom(200_000))])
    assert await store.outbox.claim(make.now, 10, 60) == []
