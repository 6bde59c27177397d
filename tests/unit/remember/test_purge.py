"""Rows that a purge removes, and rows that it keeps."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from gateway.contract import Agreement
from gateway.remember import purge as module
from gateway.remember.agreements import MEMORY
from gateway.remember.database.schema import contents
from gateway.remember.purge import CONFIRMED_MEMORY, COUNTER_MEMORY, RECEIPT_MEMORY, RETRY_MEMORY, TOKEN_MEMORY
from gateway.remember.records import RelayOutcome

TICK = timedelta(microseconds=1)
NOTHING = dict.fromkeys(
    (
        "quarantine",
        "bin",
        "audit",
        "history",
        "relay_outcomes",
        "reminders",
        "notices",
        "notice_times",
        "retry_keys",
        "deferrals",
        "counted",
        "correspondents",
        "ledger",
        "counters",
        "pauses",
        "confirmed",
        "agreements",
        "receipts",
        "tokens",
    ),
    0,
)


async def gone(store, at, days: float = 30, audit_days: float = 180) -> dict[str, int]:
    counts = await store.purge(at, days, audit_days)
    return {name: count for name, count in counts.items() if count}


async def rows(store, table) -> int:
    async with store.database.reading() as connection:
        return len((await connection.execute(table.select())).all())


async def test_an_empty_store(store, now):
    """Every kind is counted, with 0."""
    assert await store.purge(now, 30, 180) == NOTHING


async def test_a_held_message_is_kept_for_its_days(store, make, now):
    """The days count to the microsecond; then entry, copies, codes, content and total go, with a history row."""
    await store.quarantine.hold(make.entry(), b"raw", audit=make.audit())
    await gone(store, now + timedelta(days=30))
    assert await store.quarantine.content("m1") == b"raw"
    assert (await gone(store, now + timedelta(days=30) + TICK))["quarantine"] == 1
    assert await store.quarantine.get("m1") is None
    assert await rows(store, contents) == 0
    figures = await store.figures()
    assert (figures["held_messages"], figures["held_bytes"]) == (0, 0)
    [row] = await store.audit.trace("m1")
    assert [(entry.actor, entry.operation, entry.reason) for entry in row.history] == [
        ("mailwarden", "purge", "retention")
    ]


async def test_who_purged_is_on_record(store, make, now):
    """With each message that went, and with the numbers of rows of both records and their time."""
    await store.quarantine.hold(make.entry(), b"raw", audit=make.audit())
    await store.quarantine.accessed("m1", actor="ann", operation="read", reason="review", at=now)
    await store.purge(now + timedelta(days=31), 30, 180, by="joe")
    assert [(row.mail_id, row.actor) for row in await store.trail.acts(action="purge")] == [("m1", "joe")]
    await store.purge(now + timedelta(days=180) + TICK, 30, 180, by="joe")
    (last, *_) = await store.trail.acts(action="purge", id="records")
    assert (last.actor, last.reason) == (
        "joe",
        f"retention: 1 row of the audit trail and 1 row of the history, older than {now + TICK:%Y-%m-%d %H:%M} UTC",
    )
    await store.purge(now + timedelta(days=180) + TICK, 30, 180)
    assert len(await store.trail.acts(id="records")) == 1


async def test_the_outbox_is_never_purged(store, make, now):
    """An accepted message is delivered or fails; its content stays though the entry that shares it goes."""
    await store.quarantine.hold(make.entry(), b"raw")
    await store.outbox.add([(make.item(), b"raw")])
    await gone(store, now + timedelta(days=365))
    assert [content for _, content in await store.outbox.claim(now, 10, 60)] == [b"raw"]


async def test_retry_keys_live_for_five_days(store, make, now):
    """The key stays whether the entry is still held or deleted long ago."""
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.hold(make.entry("m2"), b"raw")
    await store.quarantine.delete("m2", actor="alice", reason="spam", at=now)
    keys = {make.key("m1bob@example.com"), make.key("m2bob@example.com")}
    assert await gone(store, now + RETRY_MEMORY) == {}
    assert await store.quarantine.known(list(keys)) == keys
    assert await gone(store, now + RETRY_MEMORY + TICK) == {"retry_keys": 2}
    assert await store.quarantine.known(list(keys)) == set()
    assert await store.quarantine.content("m1") == b"raw"


async def test_the_audit_trail_is_kept_for_its_days(store, make, now):
    """Rows with their recipients, and the history."""
    store.audit.append(make.audit())
    await store.audit.flush()
    await store.quarantine.hold(make.entry(), b"raw")
    await store.quarantine.accessed("m1", actor="bob", operation="show", reason="", at=now)
    await store.outbox.add([(make.item(), b"x")])
    await store.outbox.done("o1", outcomes=[RelayOutcome("m1", now, "relayed", "250 ok", ("bob@example.com",))])
    await gone(store, now + timedelta(days=180))
    assert [len(row.history) for row in await store.audit.trace("bob@example.com")] == [2]
    assert await gone(store, now + timedelta(days=180) + TICK) == {"audit": 1, "history": 1, "relay_outcomes": 1}
    assert await store.audit.trace("bob@example.com") == []


async def test_the_rest_goes_in_its_time(store, make, now):
    """Deferrals and what was counted once after 5 days, notices with their mail, counters after a year and a month."""
    await store.deferrals.first(b"k", "virus", now)
    await store.counters.add("a", 1, now, once="x")
    await store.quarantine.hold(make.entry(), b"raw", notices=[make.notice()])
    [(_, _, group)] = await store.notices.due(now)
    await store.notices.sent(group, make.item(), b"notice", at=now)
    assert await gone(store, now + timedelta(days=6)) == {"deferrals": 1, "counted": 1, "retry_keys": 1}
    assert await gone(store, now + timedelta(days=31)) == {"quarantine": 1, "notices": 1, "notice_times": 1}
    assert await gone(store, now + COUNTER_MEMORY) == {"history": 1}
    assert await gone(store, now + COUNTER_MEMORY + timedelta(minutes=1)) == {"counters": 1}


async def test_the_record_of_a_reminder_stays_as_long_as_the_trail(store, make, now):
    """The mail was relayed: there is nothing else that says who was told."""
    await store.notices.once("a@example.com", "p", make.item("n1"), b"", at=now, gap_seconds=60, role="manager")
    assert await gone(store, now + timedelta(days=180)) == {"notice_times": 1}
    assert await gone(store, now + timedelta(days=180) + TICK) == {"reminders": 1}


async def test_pauses_go_when_they_end(store, now):
    """A pause that was lifted or is over leaves nothing."""
    await store.pauses.pause("thread", now + TICK, now, "storm")
    assert await gone(store, now + TICK) == {}
    assert await gone(store, now + 2 * TICK) == {"pauses": 1}


async def test_a_reminder_that_was_not_sent_in_time_is_not_sent(store, now):
    """The week begins when it was due."""
    await store.receipts(bytes(32)).expect("m1@example", "ann@example.com", "m1", ["x.example"], now, now + TICK)
    assert await gone(store, now + TICK + RECEIPT_MEMORY) == {}
    assert await gone(store, now + 2 * TICK + RECEIPT_MEMORY) == {"receipts": 1}


async def test_an_agreement_stays_and_a_question_goes(store, make, now):
    """A question half a year after the time to answer, whether nobody answered or somebody declined."""
    for id in ("a", "b", "c"):
        asked = Agreement(f"{id}@lawyer.example", "asked", now, "bob", now + TICK)
        await store.agreements.ask(asked, id, make.item(id), b"May we?", "our lawyers")
    for id, agrees in (("a", True), ("b", False)):
        answer = {"agrees": agrees, "at": now, "reply_id": "r1", "origin": "by r1"}
        assert await store.agreements.answer(f"{id}@lawyer.example", id, **answer)
    assert "agreements" not in await gone(store, now + TICK + MEMORY)
    assert (await gone(store, now + 2 * TICK + MEMORY))["agreements"] == 2
    assert [one.address for one in await store.agreements.list()] == ["a@lawyer.example"]


async def test_what_was_confirmed_is_kept_from_the_last_time(store, now):
    """Two years and two months, counted anew when it is confirmed once more."""
    known = store.confirmed(bytes(32))
    await known.add(["a", "b"], now)
    await known.add(["a"], now + TICK)
    assert await gone(store, now + CONFIRMED_MEMORY) == {}
    assert await gone(store, now + CONFIRMED_MEMORY + TICK) == {"confirmed": 1}
    assert await known.known(["a", "b"]) == {"a"}


async def test_used_tokens_are_kept_longer_than_they_are_good_for(store, now):
    """Then they may go."""
    await store.tokens.use(b"token", now)
    assert await gone(store, now + TOKEN_MEMORY) == {}
    assert await gone(store, now + TOKEN_MEMORY + TICK) == {"tokens": 1}


@pytest.mark.parametrize("entries", [2, 3, 4, 7])
async def test_slices_cover_everything(store, make, now, monkeypatch, entries):
    """Fewer than a slice, exactly one, more than one."""
    monkeypatch.setattr(module, "ENTRY_SLICE", 3)
    monkeypatch.setattr(module, "ROW_SLICE", 3)
    for number in range(entries):
        id = f"m{number}"
        await store.quarantine.hold(make.entry(id, received_at=now + number * TICK), b"raw")
        store.audit.append(make.audit(id, at=now + number * TICK))
    await store.audit.flush()
    counts = await gone(store, now + timedelta(days=181))
    assert (counts["quarantine"], counts["audit"], counts["retry_keys"]) == (entries, entries, entries)
    assert await rows(store, contents) == 0


async def test_mail_is_held_while_a_purge_runs(store, second, make, now, monkeypatch):
    """Between two slices the write lock is free."""
    monkeypatch.setattr(module, "ENTRY_SLICE", 1)
    for number in range(3):
        await store.quarantine.hold(make.entry(f"old{number}", received_at=now - timedelta(days=40)), b"raw")
    held: list[bool] = []

    async def pause(seconds: float) -> None:
        held.append(await second.quarantine.hold(make.entry(f"new{len(held)}"), b"new"))

    monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=pause))
    assert (await store.purge(now, 30, 180))["quarantine"] == 3
    assert held[:3] == [True, True, True]
    assert await store.quarantine.content("new2") == b"new"


async def test_the_total_is_counted_anew(store, make, now):
    """Whatever had become of it."""
    await store.quarantine.hold(make.entry(), b"raw")
    async with store.database.writing() as connection:
        from gateway.remember.rows.usage import add_usage

        await add_usage(connection, 1_000_000)
    await store.purge(now, 30, 180)
    assert (await store.figures())["held_bytes"] == 3
