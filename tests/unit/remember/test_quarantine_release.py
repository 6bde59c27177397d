"""Actions of reviewers on a held message, and their record (law 7)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.remember.store import NotHeld

WHO = {"actor": "alice", "reason": "asked for"}


async def states(store, id: str) -> dict[str, str]:
    return {copy.address: copy.state for copy in (await store.quarantine.get(id)).copies}


async def past(store, make, id: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    store.audit.append(make.audit(id))
    [row] = await store.audit.trace(id)
    return [(entry.actor, entry.operation, entry.reason, entry.addresses) for entry in row.history]


async def test_a_released_copy_is_in_the_outbox(store, make, now):
    """State, outbox row and history row are written together; the other copy stays held."""
    await store.quarantine.hold(make.entry("m1", "a@example.com", "b@example.com"), b"raw")
    await store.quarantine.release("m1", ["a@example.com"], [(make.item(), b"amended")], at=now, **WHO)
    assert await states(store, "m1") == {"a@example.com": "released", "b@example.com": "held"}
    assert [content for _, content in await store.outbox.claim(now, 10, 60)] == [b"amended"]
    assert await past(store, make, "m1") == [("alice", "release", "asked for", ("a@example.com",))]
    released = (await store.quarantine.get("m1")).copies[0]
    assert (released.changed_at, released.changed_by, released.reason) == (now, "alice", "asked for")


async def test_a_sender_who_confirmed_is_on_record(store, make, now):
    """The record shows that the sender confirmed, and no reviewer released it."""
    await store.quarantine.hold(make.entry("m1", "a@example.com"), b"raw")
    who = {"actor": "carol@example.com", "reason": "confirmed by a reply"}
    await store.quarantine.release("m1", ["a@example.com"], [], at=now, by_reply=True, **who)
    assert await states(store, "m1") == {"a@example.com": "released"}
    assert await past(store, make, "m1") == [("carol@example.com", "confirm", who["reason"], ("a@example.com",))]


async def test_it_stays_on_the_list_while_a_copy_is_held(store, make, now):
    """The last release takes it off."""
    await store.quarantine.hold(make.entry("m1", "a@example.com", "b@example.com"), b"raw")
    await store.quarantine.release("m1", ["a@example.com"], [], at=now, **WHO)
    assert len(await store.quarantine.list()) == 1
    await store.quarantine.release("m1", ["b@example.com"], [], at=now, **WHO)
    assert await store.quarantine.list() == []
    assert len(await store.quarantine.list(state="released")) == 1


@pytest.mark.parametrize("addresses", [["a@example.com", "x@example.com"], ["x@example.com"]])
async def test_only_what_is_held_is_released(store, make, now, addresses):
    """One wrong address and nothing is changed or sent."""
    await store.quarantine.hold(make.entry("m1", "a@example.com"), b"raw")
    with pytest.raises(NotHeld, match=r"x@example\.com"):
        await store.quarantine.release("m1", addresses, [(make.item(), b"amended")], at=now, **WHO)
    assert await states(store, "m1") == {"a@example.com": "held"}
    assert await store.outbox.claim(now, 10, 60) == []


async def test_two_reviewers_release_at_once(store, second, make, now):
    """The message is sent once."""
    await store.quarantine.hold(make.entry(), b"raw")
    jobs = [
        s.quarantine.release("m1", ["bob@example.com"], [(make.item(f"o{n}"), b"raw")], at=now, **WHO)
        for n, s in enumerate((store, second))
    ]
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert sorted(type(answer) for answer in answers if answer) == [NotHeld]
    assert len(await store.outbox.claim(now, 10, 60)) == 1


async def test_a_released_message_is_still_known(store, make, now):
    """The client's late retry isn't held a second time."""
    await store.quarantine.hold(make.entry(), b"raw")
    await store.quarantine.release("m1", ["bob@example.com"], [], at=now, **WHO)
    assert await store.quarantine.known([make.key("m1bob@example.com")])


async def test_the_purge_of_the_bin_removes_what_could_be_read(store, make, now):
    """Content, subject, author, edits and evidence go; codes, addresses and the history stay."""
    await store.quarantine.hold(make.entry(author="Eve <eve@x>", author_addresses=("eve@x",)), b"raw")
    await store.quarantine.delete("m1", at=now, **WHO)
    assert await store.quarantine.content("m1") == b"raw"
    await store.purge(now + timedelta(days=7), 30, 180)
    assert await store.quarantine.content("m1") == b"raw"
    counts = await store.purge(now + timedelta(days=7, seconds=1), 30, 180)
    assert counts["bin"] == 1
    entry = await store.quarantine.get("m1")
    assert (entry.subject, entry.edits, entry.findings) == ("", [], [{"code": "virus.found", "summary": "A virus."}])
    assert (entry.author, entry.author_addresses, entry.in_bin) == ("", (), False)
    assert await states(store, "m1") == {"bob@example.com": "deleted"}
    assert await past(store, make, "m1") == [("alice", "delete", "asked for", ("bob@example.com",))]
    with pytest.raises(NotHeld):
        await store.quarantine.content("m1")


async def test_deleting_leaves_released_copies_as_they_are(store, make, now):
    """A sent copy can't be called deleted, and its outbox row keeps its content."""
    await store.quarantine.hold(make.entry("m1", "a@example.com", "b@example.com"), b"raw")
    await store.quarantine.release("m1", ["a@example.com"], [(make.item(), b"raw")], at=now, **WHO)
    await store.quarantine.delete("m1", at=now, **WHO)
    assert await states(store, "m1") == {"a@example.com": "released", "b@example.com": "deleted"}
    assert [content for _, content in await store.outbox.claim(now, 10, 60)] == [b"raw"]


@pytest.mark.parametrize("times", [0, 1])
async def test_deleting_what_is_not_there(store, make, now, times):
    """Neither an unknown entry nor one deleted before can be deleted."""
    await store.quarantine.hold(make.entry("m1"), b"raw")
    for _ in range(times):
        await store.quarantine.delete("m1", at=now, **WHO)
    with pytest.raises(NotHeld):
        await store.quarantine.delete("m1" if times else "m2", at=now, **WHO)


async def test_equal_contents_are_kept_while_one_entry_needs_them(store, make, now):
    """Two entries with the same octets share them; deleting one leaves the other whole."""
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.hold(make.entry("m2"), b"raw")
    await store.quarantine.delete("m1", at=now, **WHO)
    assert await store.quarantine.content("m2") == b"raw"


async def test_reading_is_on_record(store, make, now):
    """The record has who looked, when, how and why."""
    await store.quarantine.hold(make.entry(), b"raw")
    await store.quarantine.accessed("m1", actor="bob", operation="show", reason="user called", at=now)
    assert await past(store, make, "m1") == [("bob", "show", "user called", ())]


async def test_reading_what_is_not_there(store, now):
    """No record without an entry."""
    with pytest.raises(NotHeld):
        await store.quarantine.accessed("m1", actor="bob", operation="show", reason="", at=now)
