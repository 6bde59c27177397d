"""The outbox: claims by lease, attempts, and the end of a row."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.contract import HistoryRow, Recipient
from gateway.remember import outbox as module
from gateway.remember.store import Store, StoreFull

LEASE = 60.0


async def claimed(store: Store, now, limit: int = 100) -> list[str]:
    return [item.id for item, _ in await store.outbox.claim(now, limit, LEASE)]


async def test_an_item_comes_back_as_it_went_in(store, make, now):
    """Every field, recipients with their DSN parameters, and the content."""
    item = make.item(
        recipients=(
            Recipient("bob@example.com", "inbound", "NEVER", "rfc822;bob"),
            Recipient("a@b.example", "outbound"),
        ),
        body="8BITMIME",
        smtputf8=True,
        ret="HDRS",
        envid="x+3Dy",
        auth="<>",
        client={"address": "192.0.2.1"},
        attempts=3,
        last_reply="451 4.3.0 later",
    )
    await store.outbox.add([(item, b"content")])
    assert await store.outbox.claim(now, 10, LEASE) == [(item, b"content")]


async def test_an_item_is_on_record_with_its_reason(store, make, now):
    """Both or neither."""
    row = HistoryRow("m1", now, "inge", "resend", "lost", ("bob@example.com",))
    await store.outbox.add([(make.item(), b"content")], history=[row])
    with pytest.raises(IntegrityError):
        await store.outbox.add([(make.item(), b"content")], history=[row])
    assert await store.trail.acts() == [row]
    assert await claimed(store, now) == ["o1"]


async def test_only_what_is_due_is_claimed(store, make, now):
    """Longest due first, up to the limit, nothing of the future."""
    for id, seconds in (("o1", 0), ("o2", -60), ("o3", 1)):
        await store.outbox.add([(make.item(id, next_attempt_at=now + timedelta(seconds=seconds)), b"x")])
    assert await claimed(store, now, limit=1) == ["o2"]
    assert await claimed(store, now) == ["o1"]
    assert await claimed(store, now) == []
    assert await claimed(store, now + timedelta(seconds=1)) == ["o3"]


async def test_a_lease_is_renewed_by_its_owner_alone(store, second, make, now):
    """Rows that were done, given back or claimed by another meanwhile are left as they are."""
    for name in ("o1", "o2"):
        await store.outbox.add([(make.item(name), b"content")])
    assert await claimed(store, now) == ["o1", "o2"]
    await store.outbox.retry("o2", now, "451 later")
    later = now + timedelta(seconds=LEASE / 2)
    await store.outbox.renew(["o1", "o2", "gone"], later, LEASE)
    assert await claimed(second, now + timedelta(seconds=LEASE)) == ["o2"]
    await store.outbox.renew(["o1", "o2"], later, 10 * LEASE)
    assert await claimed(second, now + timedelta(seconds=2 * LEASE)) == ["o2"]


async def test_a_claim_ends_with_its_lease(store, second, make, now):
    """While it lasts nobody else gets the row; when it is over, as after a kill, anyone does."""
    await store.outbox.add([(make.item(), b"x")])
    assert await claimed(store, now) == ["o1"]
    almost = now + timedelta(seconds=LEASE, microseconds=-1)
    assert (await claimed(second, almost), await claimed(store, almost)) == ([], [])
    assert await claimed(second, now + timedelta(seconds=LEASE)) == ["o1"]


async def test_processes_never_work_on_the_same_row(store, second, make, now):
    """Two that claim at once share the rows out."""
    await store.outbox.add([(make.item(f"o{n}"), b"x") for n in range(40)])
    parts = await asyncio.gather(*(claimed(s, now, 7) for s in (store, second) * 4))
    ids = [id for part in parts for id in part]
    assert len(ids) == len(set(ids)) == 40


@pytest.mark.parametrize(("size", "first_claim"), [(49, 2), (50, 2), (51, 1), (101, 1)])
async def test_a_claim_is_bounded_in_octets(store, make, monkeypatch, size, first_claim):
    """Contents past the limit wait for the next claim, but one row always comes."""
    monkeypatch.setattr(module, "CLAIM_BYTES", 100)
    await store.outbox.add([(make.item(f"o{n}"), os.urandom(size)) for n in range(2)])
    assert len(await claimed(store, make.now)) == first_claim


async def test_done_removes_row_and_content(store, make, now):
    """Nothing of a delivered message stays."""
    await store.outbox.add([(make.item(), b"x")])
    await claimed(store, now)
    await store.outbox.done("o1")
    await store.outbox.done("o1")
    assert (await store.figures())["outbox_rows"] == 0
    assert await contents_stored(store) == 0


async def contents_stored(store: Store) -> int:
    async with store.database.reading() as connection:
        return len((await connection.execute(module.contents.select())).all())


async def test_retry_gives_the_row_back(store, second, make, now):
    """One attempt more, the reply, the recipients that are left, and due again at its time for anybody."""
    await store.outbox.add([(make.item("o1", "a@example.com", "b@example.com"), b"x")])
    await claimed(store, now)
    later = now + timedelta(minutes=5)
    left = (Recipient("b@example.com", "inbound"),)
    assert await store.outbox.retry("o1", later, "451 4.3.0 later", left)
    assert await claimed(second, now) == []
    [(item, _)] = await second.outbox.claim(later, 10, LEASE)
    assert (item.attempts, item.last_reply, item.recipients) == (1, "451 4.3.0 later", left)


async def test_retry_without_recipients_keeps_them(store, make, now):
    """None means the same recipients."""
    await store.outbox.add([(make.item(), b"x")])
    await store.outbox.retry("o1", now, "451 4.4.1 away")
    [(item, _)] = await store.outbox.claim(now, 10, LEASE)
    assert item.recipients == make.item().recipients


async def test_some_recipients_fail_while_others_wait(store, make, now):
    """The report on the first and the later attempt for the others are one step."""
    await store.outbox.add([(make.item("o1", "a@example.com", "b@example.com"), b"x")])
    await claimed(store, now)
    left = (Recipient("b@example.com", "inbound"),)
    report = (make.item("o2", kind="report"), b"report")
    assert await store.outbox.retry("o1", now, "451", left, follow_up=report)
    assert sorted(await claimed(store, now)) == ["o1", "o2"]
    assert await store.outbox.retry("o1", now, "451", left, follow_up=(make.entry("m2"), b"x"), notices=[make.notice()])
    assert await store.quarantine.content("m2") == b"x"
    assert len(await store.notices.due(now)) == 1


async def test_waiting_rows(store, make, now):
    """Those of the ids that are still there."""
    await store.outbox.add([(make.item("o1"), b"x"), (make.item("o2"), b"x")])
    await store.outbox.done("o1")
    assert await store.outbox.waiting(["o1", "o2", "o3"]) == {"o2"}


async def test_a_process_that_was_too_slow_changes_nothing(store, second, make, now):
    """After the lease another one has the row: the first can neither put it back nor fail it."""
    await store.outbox.add([(make.item(), b"x")])
    await claimed(store, now)
    assert await claimed(second, now + timedelta(seconds=LEASE)) == ["o1"]
    assert not await store.outbox.retry("o1", now, "451", (), follow_up=(make.item("o3"), b"report"))
    assert not await store.outbox.fail("o1", follow_up=(make.item("o2"), b"report"))
    assert await second.outbox.retry("o1", now, "451")
    assert await claimed(second, now) == ["o1"]


async def test_what_it_delivered_after_all_is_done(store, second, make, now):
    """`done` counts whoever has the row: the recipients have the message."""
    await store.outbox.add([(make.item(), b"x")])
    await claimed(store, now)
    await claimed(second, now + timedelta(seconds=LEASE))
    await store.outbox.done("o1")
    assert (await store.figures())["outbox_rows"] == 0


async def test_failing_for_good_without_follow_up(store, make, now):
    """A notice that nobody takes is dropped."""
    await store.outbox.add([(make.item(kind="notice"), b"x")])
    assert await store.outbox.fail("o1")
    assert not await store.outbox.fail("o1")
    assert (await store.figures())["outbox_rows"] == 0


async def test_failing_with_a_report(store, make, now):
    """The row goes and the report to our own sender comes, in one step."""
    await store.outbox.add([(make.item(), b"x")])
    await claimed(store, now)
    report = make.item("o2", kind="report", mail_from="")
    assert await store.outbox.fail("o1", follow_up=(report, b"report"))
    assert await store.outbox.claim(now, 10, LEASE) == [(report, b"report")]


async def test_failing_into_the_quarantine(store, make, now):
    """A message of an outside sender is held as `delivery.failed`, with its notice, though its key is known."""
    await store.quarantine.hold(make.entry("m1"), b"x")
    await store.outbox.add([(make.item(), b"x")])
    entry = make.entry("m2", codes=("delivery.failed",), copies=make.entry("m1").copies)
    assert await store.outbox.fail("o1", follow_up=(entry, b"x"), notices=[make.notice("m2")])
    assert (await store.quarantine.get("m2")).copies == entry.copies
    assert await store.quarantine.content("m2") == b"x"
    assert [notice.quarantine_id for _, _, group in await store.notices.due(now) for notice in group] == ["m2"]


async def test_failing_into_a_full_quarantine(url, make, now):
    """The row stays: a message is never lost for want of room."""
    store = await Store.open(url, create=True, key=bytes(32), quarantine_max_bytes=10)
    await store.outbox.add([(make.item(), b"x" * 5000)])
    await claimed(store, now)
    with pytest.raises(StoreFull):
        await store.outbox.fail("o1", follow_up=(make.entry(), os.urandom(100)))
    assert (await store.figures())["outbox_rows"] == 1
    assert await store.outbox.retry("o1", now, "452")
    await store.close()


# --- what is to be kept in the journal -------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["done", "retry", "fail"])
async def test_what_is_to_be_kept_comes_with_the_end_of_a_row(store, make, now, ends):
    """In the same transaction, with the row's content, which stays until it is kept; not where the row has gone."""
    await store.outbox.add([(make.item("o1", "a@example.com", "b@example.com"), b"content")])
    to_keep = replace(make.item("j1", "a@example.com"), kind="journal", next_attempt_at=now + timedelta(minutes=1))
    end = {
        "done": lambda kept: store.outbox.done("o1", to_keep=kept),
        "retry": lambda kept: store.outbox.retry("o1", now + timedelta(hours=1), "450", to_keep=kept),
        "fail": lambda kept: store.outbox.fail("o1", to_keep=kept),
    }[ends]
    await end(to_keep)
    assert (await store.figures())["outbox_rows"] == (ends == "retry")
    assert await store.outbox.claim(now, 10, 60) == []
    ((item, content),) = await store.outbox.claim(now + timedelta(minutes=1), 10, 60)
    assert (item.id, item.kind, content) == ("j1", "journal", b"content")
    if ends != "retry":
        await end(replace(to_keep, id="j2"))
        await store.outbox.done("j1")
        assert await store.outbox.claim(now + timedelta(days=1), 10, 60) == []


async def test_kinds_of_a_later_version_are_left_alone(store, make, now):
    """A keeper of this version would relay such a row, whatever it stands for; one of the later version has it."""
    await store.outbox.add([(make.item("o1", kind="archive"), b"later"), (make.item("o2"), b"ours")])
    claimed = await store.outbox.claim(now, 10, 60)
    assert [item.id for item, _ in claimed] == ["o2"]
    assert await store.outbox.waiting(["o1"]) == {"o1"}
