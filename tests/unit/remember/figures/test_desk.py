"""Figures of the reviewers' desk, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gateway.remember.figures import desk
from gateway.remember.records import ReleaseRequest
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make

HOUR = timedelta(hours=1)


async def test_what_became_of_held_messages(store: Store, make: Make, now: datetime) -> None:
    """States of all copies, with the first change; the author stands for the sender."""
    await store.quarantine.hold(make.entry("m1", "bob@example.com", "ann@example.com"), b"one")
    author = {"author_addresses": ("Ceo@Corp.example",), "labels": ("personal",), "codes": ("a.b", "c.d")}
    await store.quarantine.hold(make.entry("m2", received_at=now + HOUR, **author), b"two")
    await store.quarantine.release("m1", ["bob@example.com"], [], actor="rob", reason="ok", at=now + HOUR)
    first, second = await store.desk.held(now, now + 2 * HOUR)
    assert (first.id, first.direction, first.sender) == ("m1", "inbound", "eve@outside.example")
    assert first.states == {"held": None, "released": now + HOUR}
    assert (second.sender, second.reverse_path) == ("ceo@corp.example", "eve@outside.example")
    assert (second.codes, second.labels, second.states) == (("a.b", "c.d"), ("personal",), {"held": None})
    assert [one.id for one in await store.desk.held(now, now + HOUR)] == ["m1"]


async def test_held_messages_come_in_pages(
    store: Store, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one moment too."""
    monkeypatch.setattr(desk, "PAGE_ROWS", 2)
    for number in range(5):
        await store.quarantine.hold(make.entry(f"m{number}"), b"%d" % number)
    found, page = [], await store.desk.held(now, now + HOUR)
    while page:
        found += [one.id for one in page]
        page = await store.desk.held(now, now + HOUR, page[-1])
    assert found == ["m0", "m1", "m2", "m3", "m4"]


async def test_decisions_and_readings(store: Store, make: Make, now: datetime) -> None:
    """Notes and the like are none."""
    await store.quarantine.hold(make.entry("m1"), b"one")
    await store.quarantine.accessed("m1", actor="rob", operation="read", reason="review", at=now + HOUR)
    await store.quarantine.note("m1", "hm", actor="rob", at=now + HOUR)
    await store.quarantine.delete("m1", actor="rob", reason="spam", at=now + 2 * HOUR)
    acts = await store.desk.acts(now, now + 3 * HOUR)
    assert [(act.operation, act.actor, act.received_at) for act in acts] == [
        ("read", "rob", now),
        ("delete", "rob", now),
    ]
    assert [act.operation for act in await store.desk.acts(now, now + 2 * HOUR)] == ["read"]


async def test_the_oldest_that_wait(store: Store, make: Make, now: datetime) -> None:
    for number in range(3):
        await store.quarantine.hold(make.entry(f"m{number}", received_at=now + number * HOUR), b"%d" % number)
    await store.quarantine.delete("m0", actor="rob", reason="spam", at=now)
    waiting = await store.desk.waiting(1)
    assert (waiting.messages, waiting.asked_for, [one.id for one in waiting.oldest]) == (2, 0, ["m1"])


async def test_what_is_refused_does_not_wait(store: Store, make: Make, now: datetime) -> None:
    """Until another person asks for it."""
    await store.quarantine.hold(make.entry("m1", "bob@example.com", "ann@example.com"), b"one")
    for number, person in enumerate(("bob@example.com", "ann@example.com")):
        request = ReleaseRequest(person, now, (person,), notice={"role": "recipient"})
        assert await store.quarantine.ask("m1", request, reason="a reply")
        (outcome,) = await store.desk.held(now, now + HOUR)
        assert (outcome.refused, outcome.waits) == (False, True)
        assert (await store.desk.waiting(9)).asked_for == 1
        at = now + (1 + number) * HOUR
        await store.quarantine.refuse("m1", actor="rob", answer="No.", at=at)
        (outcome,) = await store.desk.held(now, now + HOUR)
        assert (outcome.refused, outcome.waits) == (True, False)
        assert (await store.desk.waiting(9)).messages == 0
    assert [act.operation for act in await store.desk.acts(now, now + 9 * HOUR)] == ["refuse", "refuse"]


async def test_undelivered_mail_by_reply(store: Store, make: Make, now: datetime) -> None:
    """Mail that was not tried yet is no trouble."""
    tried = {"attempts": 2, "last_reply": "451 4.2.0 busy"}
    await store.outbox.add(
        [(make.item("o1", **tried), b"1"), (make.item("o2", **tried), b"2"), (make.item("o3"), b"3")]
    )
    (one,) = await store.desk.undelivered()
    assert (one.reply, one.messages, one.oldest, one.attempts) == ("451 4.2.0 busy", 2, now, 2)
