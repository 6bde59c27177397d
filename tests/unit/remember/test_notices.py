"""Notices that wait: who is due, and that each held message is named once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.remember import notices as module


async def hold(store, make, id: str, *notices, at=None) -> None:
    await store.quarantine.hold(make.entry(id, received_at=at or make.now), id.encode(), notices=notices)


async def due(store, at) -> list[tuple[str, str, list[str]]]:
    return [(person, name, [n.quarantine_id for n in group]) for person, name, group in await store.notices.due(at)]


async def send_all(store, make, at, id: str = "n1") -> bool:
    [(_, _, group)] = await store.notices.due(at)
    return await store.notices.sent(group, make.item(id, kind="notice"), b"notice", at=at)


async def test_the_first_is_due_at_once(store, make, now):
    """A person who had none is told without delay."""
    await hold(store, make, "m1", make.notice("m1"))
    [(person, name, [notice])] = await store.notices.due(now)
    assert (person, name) == ("bob@example.com", "virus")
    assert (notice.quarantine_id, notice.role, notice.payload) == ("m1", "recipient", {"id": "m1"})


async def test_each_person_and_filter_is_a_group(store, make, now):
    """Case of an address makes no other person."""
    await hold(store, make, "m1", make.notice("m1"), make.notice("m1", "ann@example.com", role="sender"))
    await hold(store, make, "m2", make.notice("m2", "BOB@example.com"), make.notice("m2", filter="attachments"))
    assert await due(store, now) == [
        ("ann@example.com", "virus", ["m1"]),
        ("bob@example.com", "attachments", ["m2"]),
        ("bob@example.com", "virus", ["m1", "m2"]),
    ]


async def test_sending_marks_and_queues(store, make, now):
    """A sent notice isn't due again, and is in the outbox with its content."""
    await hold(store, make, "m1", make.notice("m1"))
    assert await send_all(store, make, now)
    assert await due(store, now + timedelta(days=1)) == []
    assert await store.outbox.claim(now, 10, 60) == [(make.item("n1", kind="notice"), b"notice")]


async def test_everybody_who_had_a_notice_is_known(store, make, now):
    """Once, whatever the filter; a notice that waits is none."""
    assert await store.notices.persons() == []
    for id, filter in (("m1", "virus"), ("m2", "attachments")):
        await hold(store, make, id, make.notice(id, filter=filter))
        assert await send_all(store, make, now, f"n{id}")
    await hold(store, make, "m3", make.notice("m3", "ann@example.com"))
    assert await store.notices.persons() == ["bob@example.com"]


async def test_it_says_when_the_last_one_went(store, make, now):
    """The time is that of the last notice of this filter to this person."""
    await hold(store, make, "m1", make.notice("m1"), make.notice("m1", "ann@example.com"))
    assert [group[0].last_sent_at for *_, group in await store.notices.due(now)] == [None, None]
    [(_, _, ann), _] = await store.notices.due(now)
    assert await store.notices.sent(ann, make.item("n1", kind="notice"), b"notice", at=now)
    await hold(store, make, "m2", make.notice("m2", "ann@example.com"))
    [(_, _, [again]), _] = await store.notices.due(now + timedelta(hours=1))
    assert again.last_sent_at == now


async def test_what_is_dropped_is_said_in_another(store, make, now):
    """It is due no more, nothing is queued, and the time of the last notice stays."""
    await hold(store, make, "m1", make.notice("m1"))
    [(_, _, group)] = await store.notices.due(now)
    await store.notices.drop(group, at=now)
    assert await due(store, now) == []
    assert await store.outbox.claim(now, 10, 60) == []
    await hold(store, make, "m2", make.notice("m2"))
    assert await due(store, now) == [("bob@example.com", "virus", ["m2"])]


@pytest.mark.parametrize(("seconds", "is_due"), [(3599, False), (3600, True), (3601, True)])
async def test_later_ones_are_gathered_for_an_hour(store, make, now, seconds, is_due):
    """Within the gap nothing is due; after it all that came meanwhile is, together."""
    await hold(store, make, "m1", make.notice("m1"))
    await send_all(store, make, now)
    await hold(store, make, "m2", make.notice("m2"), at=now + timedelta(seconds=5))
    await hold(store, make, "m3", make.notice("m3"), at=now + timedelta(seconds=3500))
    expected = [("bob@example.com", "virus", ["m2", "m3"])] if is_due else []
    assert await due(store, now + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("seconds", "is_due"), [(59, False), (60, True)])
async def test_danger_waits_for_a_minute_at_most(store, make, now, seconds, is_due):
    """A second threat is not kept for an hour; a flood is one notice a minute."""
    await hold(store, make, "m1", make.notice("m1", filter="at once language"))
    await send_all(store, make, now)
    await hold(store, make, "m2", make.notice("m2", filter="at once language"))
    expected = [("bob@example.com", "at once language", ["m2"])] if is_due else []
    assert await due(store, now + timedelta(seconds=seconds)) == expected


async def test_the_gap_is_one_person_s_and_one_filter_s(store, make, now):
    """Others don't wait for it."""
    await hold(store, make, "m1", make.notice("m1"))
    await send_all(store, make, now)
    await hold(store, make, "m2", make.notice("m2", filter="attachments"), make.notice("m2", "ann@example.com"))
    assert [group[:2] for group in await due(store, now)] == [
        ("ann@example.com", "virus"),
        ("bob@example.com", "attachments"),
    ]


async def test_whether_a_notice_was_sent(store, make, now):
    """By person and name, after that moment; letter case makes no other person."""
    await store.notices.once("Bob@example.com", "p", make.item("n1"), b"", at=now, gap_seconds=60)
    assert await store.notices.was_sent("bob@EXAMPLE.com", "p", now - timedelta(seconds=1))
    assert not await store.notices.was_sent("bob@example.com", "p", now)
    assert not await store.notices.was_sent("bob@example.com", "q", now - timedelta(seconds=1))
    assert not await store.notices.was_sent("ann@example.com", "p", now - timedelta(seconds=1))


async def test_two_processes_tell_a_person_at_once(store, second, make, now):
    """Several workers and gateways send one notice within the gap, about mail that went its way."""
    jobs = [
        (store, second)[n % 2].notices.once("bob@example.com", "p", make.item(f"n{n}"), b"", at=now, gap_seconds=60)
        for n in range(8)
    ]
    assert sum(await asyncio.gather(*jobs)) == 1
    assert len(await store.outbox.claim(now, 10, 60)) == 1


async def test_two_processes_send_at_once(store, second, make, now):
    """One notice goes out; the other process is told that there is nothing left to send."""
    await hold(store, make, "m1", make.notice("m1"))
    groups = [(await s.notices.due(now))[0][2] for s in (store, second)]
    jobs = [
        s.notices.sent(group, make.item(f"n{n}"), b"notice", at=now)
        for n, (s, group) in enumerate(zip((store, second), groups, strict=True))
    ]
    assert sorted(await asyncio.gather(*jobs)) == [False, True]
    assert len(await store.outbox.claim(now, 10, 60)) == 1


async def test_one_that_came_while_the_notice_was_written(store, make, now):
    """It isn't marked with the others but waits for the next notice."""
    await hold(store, make, "m1", make.notice("m1"))
    [(_, _, group)] = await store.notices.due(now)
    await hold(store, make, "m2", make.notice("m2"))
    await store.notices.sent(group, make.item(), b"notice", at=now)
    assert await due(store, now + timedelta(hours=1)) == [("bob@example.com", "virus", ["m2"])]


@pytest.mark.parametrize(("waiting", "handed_out"), [(2, 2), (3, 3), (4, 3)])
async def test_a_flood_is_handed_out_in_parts(store, make, monkeypatch, waiting, handed_out):
    """A notice of bounded size; the rest comes with the next."""
    monkeypatch.setattr(module, "DUE_ROWS", 3)
    for number in range(waiting):
        await hold(store, make, f"m{number}", make.notice(f"m{number}"))
    [(_, _, ids)] = await due(store, make.now)
    assert len(ids) == handed_out
