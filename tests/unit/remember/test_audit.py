"""The audit trail: batches, trouble, and finding rows again."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from gateway.remember import audit as module
from gateway.remember.database.schema import history
from gateway.remember.records import KEPT_CHARACTERS, kept
from gateway.remember.rows.audit import write_audit
from gateway.remember.store import StoreUnavailable


@contextlib.asynccontextmanager
async def running(audit):
    task = asyncio.ensure_future(audit.run())
    await asyncio.sleep(0)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # nothing tells when `run` has written
            await asyncio.sleep(0.005)


@pytest.fixture
def broken(monkeypatch):
    """Make the next writes fail; the returned list holds the number of failures to come."""
    left = [0]

    async def write(connection, rows):
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("the store: disk I/O error")
        await write_audit(connection, rows)

    monkeypatch.setattr(module, "write_audit", write)
    return left


async def test_a_row_comes_back_as_it_went_in(store, make):
    """Every field and each recipient's direction and action."""
    recipients = (("b@example.com", "inbound", "relay"), ("a@example.com", "internal", "quarantine"))
    row = make.audit(recipients=recipients, monitored={"virus.found": "quarantine"})
    store.audit.append(row)
    assert await store.audit.trace("m1") == [row]


async def test_appending_writes_nothing_yet(store, second, make):
    """The mail path doesn't wait for the disk."""
    store.audit.append(make.audit())
    assert store.audit.waiting == 1
    assert await second.audit.trace("m1") == []


async def test_rows_are_written_within_a_second(store, make, monkeypatch):
    """A single row needs no batch."""
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0.05)
    async with running(store.audit):
        store.audit.append(make.audit())
        await until(lambda: store.audit.waiting == 0)


@pytest.mark.parametrize(("rows", "written"), [(199, False), (200, True), (201, True)])
async def test_a_full_batch_is_written_at_once(store, make, monkeypatch, rows, written):
    """200 rows don't wait for the second to end."""
    monkeypatch.setattr(module, "FLUSH_SECONDS", 3600.0)
    async with running(store.audit):
        for number in range(rows):
            store.audit.append(make.audit(f"m{number}"))
        if written:
            await until(lambda: store.audit.waiting == 0)
        assert store.audit.waiting == (0 if written else rows)


async def test_what_comes_meanwhile_makes_no_batch_of_its_own(store, make, monkeypatch):
    """A transaction for each few rows costs as much as one for two hundred."""
    written = []

    async def write(connection, rows):
        if not written:
            store.audit.append(make.audit("late"))
        written.append(len(rows))
        await write_audit(connection, rows)

    monkeypatch.setattr(module, "write_audit", write)
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0.2)
    async with running(store.audit):
        for number in range(module.FLUSH_ROWS):
            store.audit.append(make.audit(f"m{number}"))
        await until(lambda: store.audit.waiting == 1)
        await asyncio.sleep(0.05)
        assert (written, store.audit.waiting) == ([module.FLUSH_ROWS], 1)
        await until(lambda: store.audit.waiting == 0)
    assert written == [module.FLUSH_ROWS, 1]


async def test_a_stop_writes_what_waits(store, second, make):
    """Cancelling `run` flushes once more."""
    async with running(store.audit):
        store.audit.append(make.audit())
    assert [row.id for row in await second.audit.trace("m1")] == ["m1"]


async def test_a_row_is_there_once(store, make):
    """A batch whose commit succeeded unseen is written again without harm."""
    for _ in range(2):
        store.audit.append(make.audit())
        await store.audit.flush()
    assert len(await store.audit.trace("m1")) == 1


async def test_rows_that_are_there_keep_the_others_of_their_batch_from_nothing(store, make):
    """The batch has rows that are stored already, and one row twice: each is stored once, as it was first written."""
    store.audit.append(make.audit("m1"))
    await store.audit.flush()
    for id in ("m0", "m1", "m2", "m2"):
        store.audit.append(make.audit(id, reply="250 again"))
    assert await store.audit.flush()
    found = {id: [row.reply for row in await store.audit.trace(id)] for id in ("m0", "m1", "m2")}
    assert found == {"m0": ["250 again"], "m1": [make.audit().reply], "m2": ["250 again"]}


async def test_one_message_may_have_a_later_row(store, make, now):
    """The same id at another time, such as a delivery from the outbox, is a row of its own."""
    later = make.audit(at=now + timedelta(minutes=5), recipients=(("bob@example.com", "inbound", "amend"),))
    for row in (make.audit(), later):
        store.audit.append(row)
    assert await store.audit.trace("m1") == [later, make.audit()]


async def test_trouble_loses_nothing_and_is_logged(store, make, broken):
    """The rows stay, the log says why and how many, and the next flush writes them."""
    broken[0] = 1
    store.audit.append(make.audit())
    with capture_logs() as logs:
        assert not await store.audit.flush()
    assert [(log["event"], log["waiting"]) for log in logs] == [("audit.not_written", 1)]
    assert store.audit.waiting == 1
    assert await store.audit.flush()
    assert len(await store.audit.trace("m1")) == 1


async def test_run_goes_on_after_trouble(store, make, monkeypatch, broken):
    """It tries again at its usual pace, also with a full batch waiting."""
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0.02)
    broken[0] = 3
    async with running(store.audit):
        for number in range(module.FLUSH_ROWS + 1):
            store.audit.append(make.audit(f"m{number}"))
        await until(lambda: store.audit.waiting == 0)
    assert broken[0] == 0


@pytest.mark.parametrize(("rows", "dropped"), [(4, []), (5, []), (6, ["m0"]), (7, ["m0", "m1"])])
async def test_the_buffer_is_bounded_and_drops_into_the_log(store, make, monkeypatch, rows, dropped):
    """Past the limit the oldest row is logged in full, so that it is still on record."""
    monkeypatch.setattr(module, "BUFFER_ROWS", 5)
    with capture_logs() as logs:
        for number in range(rows):
            store.audit.append(make.audit(f"m{number}"))
    assert [log["id"] for log in logs if log["event"] == "audit.dropped"] == dropped
    assert all(log["mail_from"] == "eve@outside.example" for log in logs)
    assert store.audit.waiting == min(rows, 5)


async def test_rows_that_a_stop_can_not_write_are_logged(store, make, broken):
    """The last resort of an orderly stop is the log."""
    broken[0] = 1
    store.audit.append(make.audit())
    with capture_logs() as logs:
        await store.audit.close()
    assert [log["event"] for log in logs] == ["audit.not_written", "audit.lost"]
    assert logs[1]["message_id"] == "<m1@outside.example>"


async def test_rows_appended_while_a_batch_is_written(store, make):
    """None is forgotten with the batch."""
    store.audit.append(make.audit("m1"))
    flushing = asyncio.ensure_future(store.audit.flush())
    await asyncio.sleep(0)
    store.audit.append(make.audit("m2"))
    await flushing
    await store.audit.flush()
    assert [len(await store.audit.trace(id)) for id in ("m1", "m2")] == [1, 1]


async def test_a_naive_time_is_a_mistake(store, make):
    """It is refused where it is made, not when the batch is written."""
    with pytest.raises(ValueError, match="aware"):
        store.audit.append(make.audit(at=datetime(2025, 1, 1)))


async def test_held_messages_are_audited_with_their_entry(store, second, make):
    """The row is in the hold's own transaction: a kill costs none of these; appending it again adds none."""
    await store.quarantine.hold(make.entry(), b"raw", audit=make.audit())
    assert await second.audit.trace("m1") == [make.audit()]
    store.audit.append(make.audit())
    assert len(await store.audit.trace("m1")) == 1


# --- trace -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def several(store, make, now):
    store.audit.append(make.audit("m1", "bob@example.com", "Ann@example.com", at=now))
    store.audit.append(make.audit("m2", "ann@example.com", at=now + timedelta(seconds=1)))
    store.audit.append(
        make.audit("m3", "eve@outside.example", mail_from="bob@example.com", at=now + timedelta(seconds=2))
    )
    await store.audit.flush()
    return store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m2", ["m2"]),
        ("<m2@outside.example>", ["m2"]),
        ("m2@outside.example", ["m2"]),
        ("EVE@outside.example", ["m3", "m2", "m1"]),
        ("bob@example.com", ["m3", "m1"]),
        ("ann@example.com", ["m2", "m1"]),
        ("nobody@example.com", []),
        ("%", []),
        ("\udcff", []),
    ],
)
async def test_trace_finds_by_anything_one_has(several, text, found):
    """Sender, recipient, Message-ID or id; newest first; each message once."""
    assert [row.id for row in await several.audit.trace(text)] == found


@pytest.mark.parametrize("length", [KEPT_CHARACTERS - 1, KEPT_CHARACTERS, KEPT_CHARACTERS + 1, 250_000])
@pytest.mark.parametrize("brackets", ["<>", ""])
async def test_trace_finds_a_message_id_that_was_cut(store, make, length, brackets):
    """A trace finds it by all of it, with and without its brackets, and by its shown part."""
    whole = "<" * len(brackets[:1]) + "a" * (length - len(brackets)) + ">" * len(brackets[:1])
    store.audit.append(make.audit("m1", message_id=kept(whole)))
    for asked in (whole, whole.strip("<>"), kept(whole)):
        assert [row.id for row in await store.audit.trace(asked)] == ["m1"]


@pytest.mark.parametrize("letters", ["\0", "\udc80\udcff", "é€", "😀🙂👍", "\U00020000\U0002a6df\ufffd"])
async def test_a_long_message_id_is_kept_in_any_letters(store, make, letters):
    """No sender's keeps the audit trail from being written: PostgreSQL's index takes 2,704 octets."""
    chance = random.Random(letters.encode("utf-8", "surrogatepass"))
    first, last = min(map(ord, letters)), max(map(ord, letters))
    whole = "".join(chr(chance.randint(first, last)) for _ in range(2_000))
    store.audit.append(make.audit("m1", message_id=kept(whole)))
    assert await store.audit.flush()
    assert [row.id for row in await store.audit.trace(whole)] == ["m1"]
    await store.quarantine.hold(make.entry("m1", subject=kept(whole), message_id=kept(whole)), b"raw")


async def test_trace_is_limited(several):
    """The newest come."""
    assert [row.id for row in await several.audit.trace("eve@outside.example", 2)] == ["m3", "m2"]


async def test_the_history_is_found_by_an_index(store):
    """The query for it scans nothing; PostgreSQL could, though it needn't."""
    query = select(history).where(history.c.mail_id.in_(["a", "b"]))
    async with store.database.writing() as connection:
        if store.database.is_sqlite:
            explain, way = "EXPLAIN QUERY PLAN", "SEARCH"
        else:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain, way = "EXPLAIN (COSTS OFF)", "Index Scan"
        sql = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
        assert any(way in str(row[-1]) for row in await connection.execute(text(f"{explain} {sql}")))


async def test_trace_shows_the_history(store, make, now):
    """The actions on a held message are listed with its row, oldest first."""
    await store.quarantine.hold(make.entry(), b"raw", audit=make.audit())
    await store.quarantine.accessed("m1", actor="bob", operation="show", reason="call 7", at=now)
    await store.quarantine.delete("m1", actor="alice", reason="spam", at=now + timedelta(minutes=1))
    [row] = await store.audit.trace("bob@example.com")
    assert [(entry.at, entry.actor, entry.operation, entry.reason) for entry in row.history] == [
        (now, "bob", "show", "call 7"),
        (now + timedelta(minutes=1), "alice", "delete", "spam"),
    ]


async def test_span_tells_the_oldest_row_and_the_last_of_a_direction(store, make, now):
    """`status` needs it: internal mail that a mail server never hands over."""
    assert await store.audit.span("internal") == (None, None)
    store.audit.append(make.audit("m1", at=now))
    later = now + timedelta(days=1)
    store.audit.append(make.audit("m2", at=later, recipients=(("bob@example.com", "internal", "relay"),)))
    await store.audit.flush()
    assert await store.audit.span("internal") == (now, later)
    assert await store.audit.span("outbound") == (now, None)
