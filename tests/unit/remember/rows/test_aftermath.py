"""The store's knowledge of messages after their arrival."""

from __future__ import annotations

from datetime import timedelta

from gateway.contract import Recipient
from gateway.remember.records import NoticeRecord, QueuedCopies, RelayOutcome
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make

MINUTE = timedelta(minutes=1)


async def test_the_entry_and_its_notices(store: Store, make: Make) -> None:
    """A notice that was sent has the time; another message's isn't told."""
    await store.quarantine.hold(
        make.entry("m1"), b"raw", notices=[make.notice("m1"), make.notice("m1", "ann@x.example")]
    )
    await store.quarantine.hold(make.entry("m2"), b"raw", notices=[make.notice("m2")])
    due = await store.notices.due(NOW)
    (mine,) = [group for person, _, group in due if person == "ann@x.example"]
    await store.notices.sent(mine, make.item("o9", kind="notice"), b"notice", at=NOW + MINUTE)
    found = await store.trail.aftermath(["m1", "m3"])
    assert found["m1"].held == await store.quarantine.get("m1")
    assert found["m1"].notices == (
        NoticeRecord("bob@example.com", "recipient", NOW),
        NoticeRecord("ann@x.example", "recipient", NOW, NOW + MINUTE),
    )
    assert found["m3"].held is None
    assert (found["m3"].notices, found["m3"].outcomes, found["m3"].queued) == ((), (), ())


async def test_the_work_of_the_outbox(store: Store, make: Make) -> None:
    """Copies that wait, then what became of each; our own notices are no copies."""
    item = make.item("o1", "a@example.com", "b@example.com", "c@example.com")
    await store.outbox.add([(item, b"x"), (make.item("o2", kind="notice"), b"notice")])
    await store.outbox.claim(NOW, 1, 60)
    went = RelayOutcome("m1", NOW, "relayed", "250 ok", ("a@example.com",))
    left = [Recipient(address, "inbound") for address in ("b@example.com", "c@example.com")]
    assert await store.outbox.retry("o1", NOW + 5 * MINUTE, "451 later", left, outcomes=[went])
    (queued,) = (await store.trail.aftermath(["m1"]))["m1"].queued
    assert queued == QueuedCopies(("b@example.com", "c@example.com"), NOW, NOW + 5 * MINUTE, 1, "451 later")
    failed = RelayOutcome("m1", NOW + MINUTE, "failed", "550 no such mailbox", ("b@example.com", "c@example.com"))
    assert await store.outbox.fail("o1", outcomes=[failed])
    found = (await store.trail.aftermath(["m1"]))["m1"]
    assert (found.outcomes, found.queued) == ((went, failed), ())


async def test_an_outcome_is_told_once(store: Store, second: Store, make: Make) -> None:
    """By the process that ends the row."""
    await store.outbox.add([(make.item("o1"), b"x")])
    outcome = RelayOutcome("m1", NOW, "relayed", "250 ok", ("bob@example.com",))
    for one in (store, second):
        await one.outbox.done("o1", outcomes=[outcome])
        assert not await one.outbox.fail("o1", outcomes=[outcome])
        assert not await one.outbox.retry("o1", NOW, "451", outcomes=[outcome])
    assert (await store.trail.aftermath(["m1"]))["m1"].outcomes == (outcome,)
