"""Digests in the store: who has something new that is still held, and that each hour's digest is queued once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from gateway.remember.database.schema import folded
from gateway.remember.rows.notices import write_notices
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make

BOB, ANN = "Bob@example.com", "ann@example.com"
HOUR = NOW + timedelta(minutes=30)


async def held(store: Store, make: Make, id: str, *people: str, minutes: int = 0, **values: Any) -> None:
    at = NOW + timedelta(minutes=minutes)
    notices = [make.notice(id, person) for person in people]
    await store.quarantine.hold(make.entry(id, *people, received_at=at, **values), id.encode(), notices=notices)


async def sent(
    store: Store, make: Make, person: str = BOB, number: int = 1, hour: Any = HOUR, name: Any = "digest"
) -> bool:
    rows = await store.notices.for_digest(folded(person), hour)
    told = [row.notice for row in rows]
    return await store.notices.send_digest(
        person, name, told, make.item(f"d{number}"), b"digest", hour=hour, until=hour, at=hour
    )


async def test_who_has_something_new(store: Store, make: Make) -> None:
    """Recipients of mail that is held for them; in order, behind a person."""
    await held(store, make, "m1", BOB, ANN)
    await held(store, make, "m2", "carl@example.com")
    await store.quarantine.release("m2", ["carl@example.com"], [], actor="alice", reason="fine", at=NOW)
    persons = await store.notices.digest_persons(behind="", limit=10)
    assert persons == [(ANN, None), (folded(BOB), None)]
    assert await store.notices.digest_persons(behind=ANN, limit=10) == [(folded(BOB), None)]
    assert await store.notices.digest_persons(behind="", limit=1) == [(ANN, None)]


async def test_what_a_digest_has(store: Store, make: Make) -> None:
    """The newest first, up to the hour, with labels and the end of its time; neither another's nor an answer."""
    later = NOW + timedelta(days=60)
    await held(store, make, "m1", BOB, ANN, labels=("personal",))
    await held(store, make, "m2", BOB, minutes=30)
    await held(store, make, "m3", BOB, minutes=31)
    await store.quarantine.extend("m2", later, actor="alice", reason="court", at=NOW)
    async with store.database.writing() as connection:
        await write_notices(connection, [make.notice("m1", BOB, filter="answer m1")], NOW)
    rows = await store.notices.for_digest(folded(BOB), HOUR)
    assert [row.notice.quarantine_id for row in rows] == ["m2", "m1"]
    assert [row.labels for row in rows] == [(), ("personal",)]
    assert [row.keep_until for row in rows] == [later, None]
    assert [row.request for row in rows] == [None, None]


async def test_each_hour_once(store: Store, second: Store, make: Make) -> None:
    """At two gateways at once too; then only what is new, and of an older hour nothing."""
    await held(store, make, "m1", BOB)
    both = await asyncio.gather(sent(store, make, number=1), sent(second, make, number=2))
    assert sorted(both) == [False, True]
    assert len(await store.outbox.claim(HOUR, 10, 60)) == 1
    assert await store.notices.last_digest("bob@EXAMPLE.com", "digest") == HOUR
    assert await store.notices.digest_persons(behind="", limit=10) == []
    assert not await sent(store, make, number=3, hour=HOUR - timedelta(hours=1))
    await held(store, make, "m2", BOB, minutes=40)
    assert await store.notices.digest_persons(behind="", limit=10) == [(folded(BOB), HOUR)]
    assert await sent(store, make, number=4, hour=HOUR + timedelta(hours=1))


async def test_what_a_digest_told_is_no_notice_any_more(store: Store, make: Make) -> None:
    """Notices that still waited are marked as sent in the same transaction."""
    await held(store, make, "m1", BOB)
    await held(store, make, "m2", ANN)
    assert await sent(store, make)
    assert [person for person, _, _ in await store.notices.due(HOUR)] == [ANN]


async def test_a_notice_is_postponed(store: Store, make: Make) -> None:
    """It is due after another gap, and is told then."""
    await held(store, make, "m1", BOB)
    await store.notices.postpone(BOB, "virus", at=NOW)
    assert await store.notices.due(NOW + timedelta(minutes=59)) == []
    assert len(await store.notices.due(NOW + timedelta(minutes=60))) == 1


async def test_a_reviewer_may_be_a_recipient(store: Store, make: Make) -> None:
    """The two digests of a person have times of their own."""
    await held(store, make, "m1", BOB)
    assert await sent(store, make, number=1, name="digest_reviewers")
    assert await store.notices.digest_persons(behind="", limit=10) == [(folded(BOB), None)]
    assert await sent(store, make, number=2)
    assert not await sent(store, make, number=3, name="digest_reviewers")
