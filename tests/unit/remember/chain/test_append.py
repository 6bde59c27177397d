"""Rows appended by several processes at once, also by one that is killed, and without a key."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.remember.store import Store, StoreUnavailable
from tests.support.servers.preloaded import start_code

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from gateway.remember.records import AuditRow
from gateway.remember.store import Store

async def main(url, name, batches):
    store = await Store.open(url, create=False, key=bytes(32))
    for batch in range(int(batches)):
        for row in range(50):
            to, id = (("bob@example.com", "inbound", "relay"),) * 3, f"{name}-{batch}-{row}"
            store.audit.append(AuditRow(id, datetime.now(UTC), "in", "", "", "", to, 1, (), "", {}))
        assert await store.audit.flush()
        key = f"{name}-{batch}"
        await store.pauses.pause(key, datetime(2100, 1, 1, tzinfo=UTC), datetime.now(UTC), "")
        await store.pauses.lift_on_record(key, actor=name, reason="", at=datetime.now(UTC))
        print(batch, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_append_at_once(store, url, found):
    """Every row has its place, whoever wrote it; a check meanwhile finds nothing either."""
    writers = [await start_code(WRITER, url, name, "12") for name in "ab"]
    await writers[0].stdout.readline()
    assert await found() == await found("history") == []
    for writer in writers:
        await writer.stdout.read()
        assert await writer.wait() == 0
    checked, acts = await store.trail.check()
    assert (checked.rows, checked.faults, acts.rows, acts.faults) == (1200, [], 24, [])


async def test_a_writer_is_killed(store, url):
    """Its last batch is there whole, with its recipients, or not at all; the chain goes on."""
    for name in ("a", "b"):
        writer = await start_code(WRITER, url, name, "10000")
        for _ in range(4):
            await writer.stdout.readline()
        writer.kill()
        await writer.wait()
    checked, acts = await store.trail.check()
    assert (checked.rows % 50, checked.faults, acts.faults) == (0, [], [])
    assert checked.rows >= 2 * 4 * 50


async def test_rows_that_are_stored_already_get_no_second_place(store, make, found):
    """Not among new ones, nor twice in one batch."""
    store.audit.append(make.audit("m1"))
    await store.audit.flush()
    for id in ("m1", "m2", "m2", "m1", "m3"):
        store.audit.append(make.audit(id))
    await store.audit.flush()
    checked, _ = await store.trail.check()
    assert (checked.rows, checked.number, checked.faults) == (3, 3, [])


async def test_any_text_is_hashed_as_it_is_stored(store, make, found, now):
    """Lone surrogates, NUL, other scripts, long numbers."""
    odd = "\0 \udcff é 😀 \\x00 \\udcff \u2028"
    row = make.audit("m1", odd, mail_from=odd, reply=odd, message_id=odd, ms={odd: 1e300, "": 0.1}, bytes=2**62)
    store.audit.append(row)
    assert await store.audit.flush()
    await store.pauses.pause("k", now.replace(year=2100), now, "")
    await store.pauses.lift_on_record("k", actor=odd, reason=odd, at=now)
    assert await found() == await found("history") == []


async def test_a_head_that_is_not_ours_is_in_the_log(store, make, sql):
    """The rows are written all the same."""
    await sql("UPDATE chain_ends SET number = 5")
    store.audit.append(make.audit())
    with capture_logs() as logs:
        assert await store.audit.flush()
    assert [(log["event"], log["chain"], log["number"]) for log in logs] == [("audit.broken", "audit", 1)]


async def test_a_row_put_where_the_next_would_be(store, make, sql, found):
    """It keeps none of ours from being written."""
    store.audit.append(make.audit("m1"))
    await store.audit.flush()
    await sql(
        "INSERT INTO audit SELECT 'x', at, listener, client, message_id, mail_from, sender_folded, bytes, codes, "
        "reply, ms, 2, hash, monitored, login FROM audit"
    )
    store.audit.append(make.audit("m2"))
    assert await store.audit.flush()
    assert await found() == ["changed 2"]


async def test_without_the_key(store, url, make):
    """Nothing is put on record, and nothing is done without."""
    other = await Store.open(url, create=False, key=None)
    other.audit.append(make.audit())
    assert not await other.audit.flush()
    await store.quarantine.hold(make.entry(), b"raw")
    with pytest.raises(StoreUnavailable, match=r"secret\.key is missing"):
        await other.quarantine.delete("m1", actor="alice", reason="x", at=make.now)
    assert await other.quarantine.content("m1") == b"raw"
    with pytest.raises(StoreUnavailable, match=r"secret\.key is missing"):
        await other.trail.check()
    await other.close()
