"""Requests in the store: one for each person and message, answered once, with a notice in the same transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.remember.database.errors import NotHeld
from gateway.remember.records import PendingNotice, ReleaseRequest
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make

BOB, ANN = "bob@example.com", "ann@example.com"
LATER = NOW + timedelta(hours=1)
WHO: dict[str, Any] = {"actor": "alice", "reason": "fine", "at": LATER}


def request(person: str = BOB, *addresses: str, at: Any = NOW) -> ReleaseRequest:
    notice = {"to": person, "role": "recipient", "subject": "s"}
    return ReleaseRequest(person, at, addresses or (person,), "I\0 expect \udcff it", notice)


async def asked(store: Store, make: Make, *requests: ReleaseRequest) -> None:
    await store.quarantine.hold(make.entry("m1", BOB, ANN), b"raw")
    for one in requests:
        assert await store.quarantine.ask("m1", one, reason="a reply")


async def answers(store: Store) -> list[PendingNotice]:
    return [one for _, _, group in await store.notices.due(LATER) for one in group]


async def states(store: Store) -> dict[str, str]:
    entry = await store.quarantine.get("m1")
    assert entry is not None
    return {one.person: one.state for one in entry.requests}


async def test_what_is_read_back(store: Store, make: Make) -> None:
    """Oldest first, in the entry; text that a database doesn't take is written out."""
    await asked(store, make, request("Bob@Example.com", BOB, at=LATER), request(ANN))
    entry = await store.quarantine.get("m1")
    assert entry is not None
    assert [one.person for one in entry.requests] == [ANN, BOB]
    first = entry.requests[0]
    assert (first.asked_at, first.addresses, first.state) == (NOW, (ANN,), "open")
    assert first.text == "I\\x00 expect \\udcff it"
    assert [one.id for one in await store.quarantine.list(request="open")] == ["m1"]
    assert await store.quarantine.count(request="granted") == 0


async def test_each_asks_once(store: Store, second: Store, make: Make) -> None:
    """Also of two replies at the same time, at two workers."""
    await asked(store, make)
    both = await asyncio.gather(
        store.quarantine.ask("m1", request(), reason="one"), second.quarantine.ask("m1", request(), reason="two")
    )
    assert sorted(both) == [False, True]
    assert [one.operation for one in await store.trail.acts(id="m1")] == ["ask"]


async def test_for_what_is_not_held_nobody_asks(store: Store, make: Make) -> None:
    """Neither for another's copy nor for a released one."""
    await asked(store, make)
    await store.quarantine.release("m1", [BOB], [], **WHO)
    for address in (BOB, "carl@example.com"):
        with pytest.raises(NotHeld):
            await store.quarantine.ask("m1", request(BOB, address), reason="a reply")


async def test_a_release_answers_those_whose_copies_went(store: Store, make: Make) -> None:
    """A request for two copies waits for both."""
    await asked(store, make, request(BOB), request(ANN), request("eve@outside.example", BOB, ANN))
    await store.quarantine.release("m1", [BOB], [], **WHO)
    assert await states(store) == {BOB: "granted", ANN: "open", "eve@outside.example": "open"}
    (notice,) = await answers(store)
    assert (notice.person, notice.payload["outcome"], notice.role) == (BOB, "released", "recipient")
    await store.quarantine.release("m1", [ANN], [], **WHO)
    assert set((await states(store)).values()) == {"granted"}
    assert len(await answers(store)) == 3


async def test_a_refusal_answers_some_or_all(store: Store, make: Make) -> None:
    """The sentence is kept with each; whoever has no open request makes it fail."""
    await asked(store, make, request(BOB), request(ANN))
    refuse = {"actor": "alice", "answer": "No.", "at": LATER}
    with pytest.raises(NotHeld, match=r"carl@example\.com has asked"):
        await store.quarantine.refuse("m1", persons=[BOB, "carl@example.com"], **refuse)
    assert await store.quarantine.refuse("m1", persons=["Bob@example.com"], **refuse) == (BOB,)
    assert await store.quarantine.refuse("m1", **refuse) == (ANN,)
    entry = await store.quarantine.get("m1")
    assert entry is not None
    assert {(one.state, one.answered_by, one.answer, one.answered_at) for one in entry.requests} == {
        ("refused", "alice", "No.", LATER)
    }
    assert [one.payload["answer"] for one in await answers(store)] == ["No.", "No."]
    assert [(one.operation, one.addresses) for one in await store.trail.acts(id="m1", limit=2)] == [
        ("refuse", (ANN,)),
        ("refuse", (BOB,)),
    ]


async def test_a_deletion_answers_all_and_the_bin_forgets_them(store: Store, make: Make) -> None:
    """They quote the subject, which goes with the content."""
    await asked(store, make, request(BOB))
    await store.quarantine.delete("m1", **WHO)
    assert await states(store) == {BOB: "deleted"}
    assert [one.payload["outcome"] for one in await answers(store)] == ["deleted"]
    await store.purge(LATER + timedelta(days=8), 30, 180)
    assert await states(store) == {}


async def test_a_restored_message_may_be_asked_for_again(store: Store, make: Make) -> None:
    """The answer of the deletion stands until then; that of a reviewer stands for good."""
    await asked(store, make, request(BOB), request(ANN))
    await store.quarantine.refuse("m1", persons=[ANN], actor="alice", answer="No.", at=LATER)
    await store.quarantine.delete("m1", **WHO)
    with pytest.raises(NotHeld):
        await store.quarantine.ask("m1", request(BOB), reason="in the bin")
    await store.quarantine.restore("m1", **WHO)
    entry = await store.quarantine.get("m1")
    assert entry is not None
    assert [(one.person, one.state, one.answered_by) for one in entry.requests] == [
        (ANN, "refused", "alice"),
        (BOB, "deleted", "alice"),
    ]
    assert await store.quarantine.count(request="deleted") == 1
    assert await store.quarantine.ask("m1", request(BOB, at=LATER), reason="again")
    assert not await store.quarantine.ask("m1", request(ANN, at=LATER), reason="again")
    assert await states(store) == {ANN: "refused", BOB: "open"}
    assert await store.quarantine.count(request="open") == 1


async def test_the_purge_answers_those_that_are_open(store: Store, make: Make) -> None:
    """One notice for each, committed with the removal."""
    await asked(store, make, request(BOB), request(ANN))
    await store.quarantine.refuse("m1", persons=[ANN], actor="alice", answer="No.", at=LATER)
    await store.purge(NOW + timedelta(days=31), 30, 180)
    assert await store.quarantine.get("m1") is None
    assert [one.payload["outcome"] for one in await answers(store)] == ["expired"]
