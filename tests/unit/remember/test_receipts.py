"""Messages that wait for an answer: kept as hashes, and forgotten with the answer or the reminder."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.contract import Receipts
from gateway.remember import receipts as module
from gateway.remember.database.schema import awaited_receipts
from gateway.services.read_only import ReadOnlyReceipts

SECRET = bytes(range(32))
THERE = frozenset({"outside.example"})
ANN, TICK, LATER = "ann@example.co.uk", timedelta(microseconds=1), timedelta(days=3)


@pytest.fixture
def receipts(store):
    return store.receipts(SECRET)


async def expect(receipts, now, id="m1@example", mail_id="m1", person=ANN):
    await receipts.expect(id, person, mail_id, THERE, now, now + LATER)


async def due(store, at):
    return [one.mail_id for one in await store.due_receipts.due(at, 10)]


async def test_they_are_what_filters_are_given(receipts, store, now):
    """The store's, and the idle ones, which write nothing, fit the contract's Protocol."""
    real: Receipts = receipts
    idle: Receipts = ReadOnlyReceipts()
    await expect(real, now)
    await idle.expect("m2@example", ANN, "m2", THERE, now, now)
    assert await idle.answered(["m1@example"], THERE) == 0
    assert await due(store, now + LATER) == ["m1"]


async def test_a_reminder_is_due_at_its_moment(receipts, store, now):
    await expect(receipts, now)
    assert await due(store, now + LATER - TICK) == []
    (one,) = await store.due_receipts.due(now + LATER, 10)
    assert (one.person, one.mail_id, one.sent_at) == (ANN, "m1", now)


async def test_a_message_that_waits_can_be_seen(receipts, store, now):
    """Among the figures of the store, and in what became of the message."""
    await expect(receipts, now)
    assert (await store.figures())["awaited_receipts"] == 1
    later = await store.trail.aftermath(["m1", "m2"])
    assert (later["m1"].receipt_due_at, later["m2"].receipt_due_at) == (now + LATER, None)


async def test_an_answer_ends_the_wait(receipts, store, second, now):
    """Another worker may see it; an answer to other messages ends nothing."""
    await expect(receipts, now)
    await expect(receipts, now, "m2@example", "m2")
    assert await second.receipts(SECRET).answered(["x@example", "M1@example"], THERE) == 0
    assert await second.receipts(SECRET).answered(["x@example", "m1@example"], THERE) == 1
    assert await receipts.answered(["m1@example"], THERE) == 0
    assert await receipts.answered([], THERE) == 0
    assert await due(store, now + LATER) == ["m2"]


@pytest.mark.parametrize(
    ("domains", "ended"), [({"outside.example"}, 1), ({"x.example", "other.example"}, 1), ({"x.example"}, 0), ((), 0)]
)
async def test_only_those_who_were_written_to_can_answer(receipts, store, now, domains, ended):
    """A stranger who knows the Message-ID ends no wait."""
    await receipts.expect("m1@example", ANN, "m1", ["outside.example", "other.example"], now, now + LATER)
    assert await receipts.answered(["m1@example"], domains) == ended
    assert len(await due(store, now + LATER)) == 1 - ended


async def test_so_many_domains_are_kept(receipts, store, now):
    await receipts.expect("m1@example", ANN, "m1", [f"{one}.example" for one in range(100)], now, now + LATER)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    assert len(one.domains) == module.KEPT_DOMAINS


async def test_a_message_that_waits_already_is_left_as_it_is(receipts, store, now):
    await expect(receipts, now)
    await receipts.expect("m1@example", "bob@example.co.uk", "m9", THERE, now + LATER, now + 2 * LATER)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    assert (one.person, one.mail_id, one.sent_at) == (ANN, "m1", now)


async def test_the_message_id_is_kept_as_a_hash(receipts, store, now):
    """Without the same `secret.key` no answer is recognised."""
    await expect(receipts, now, "m1\udcff@example")
    async with store.database.reading() as connection:
        [key] = (await connection.execute(select(awaited_receipts.c.key))).scalars()
    assert len(key) == module.KEY_BYTES
    assert b"m1" not in key
    assert await store.receipts(bytes(32)).answered(["m1\udcff@example"], THERE) == 0
    assert await receipts.answered(["m1\udcff@example"], THERE) == 1


async def test_the_reminder_and_the_end_of_the_wait_are_one_transaction(receipts, store, make, now):
    await expect(receipts, now)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    assert await store.due_receipts.remind([one], make.item("n1"), b"reminder")
    assert not await store.due_receipts.remind([one], make.item("n2"), b"reminder")
    assert [item.id for item, _ in await store.outbox.claim(now, 10, 60)] == ["n1"]
    assert await due(store, now + LATER) == []


async def test_of_several_keepers_one_reminds(receipts, store, second, make, now):
    await expect(receipts, now)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    both = (each.due_receipts.remind([one], make.item(id), b"reminder") for each, id in ((store, "n1"), (second, "n2")))
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert len(await store.outbox.claim(now, 10, 60)) == 1


async def test_what_was_answered_meanwhile_needs_no_reminder(receipts, store, make, now):
    await expect(receipts, now)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    await receipts.answered(["m1@example"], THERE)
    assert not await store.due_receipts.remind([one], make.item("n1"), b"reminder")
    assert await store.outbox.claim(now, 10, 60) == []


async def test_a_reminder_of_several_messages_names_none_that_was_answered(receipts, store, make, now):
    """Then it is written anew: nothing is forgotten or queued."""
    await expect(receipts, now)
    await expect(receipts, now, "m2@example", "m2")
    both = await store.due_receipts.due(now + LATER, 10)
    await receipts.answered(["m1@example"], THERE)
    assert not await store.due_receipts.remind(both, make.item("n1"), b"reminder")
    assert await due(store, now + LATER) == ["m2"]
    assert await store.due_receipts.remind([one for one in both if one.mail_id == "m2"], make.item("n2"), b"reminder")
    assert [item.id for item, _ in await store.outbox.claim(now, 10, 60)] == ["n2"]
    assert await due(store, now + LATER) == []


async def test_of_one_person_so_many_messages_wait(receipts, store, now):
    """Further ones aren't entered, so that the first ones are reminded of in any case; others wait as ever."""
    for number in range(module.MOST_OF_A_PERSON + 5):
        await receipts.expect(f"m{number:02}@example", ANN, f"m{number:02}", THERE, now, now + number * TICK)
    await expect(receipts, now, "b@example", "b", person="bob@example.co.uk")
    waiting = [one.mail_id for one in await store.due_receipts.due(now + LATER, 100)]
    assert waiting == [f"m{number:02}" for number in range(module.MOST_OF_A_PERSON)] + ["b"]
    assert await receipts.answered(["m00@example"], THERE) == 1
    await expect(receipts, now, "m99@example", "m99")
    assert len(await store.due_receipts.due(now + LATER, 100)) == module.MOST_OF_A_PERSON + 1


async def test_nobody_need_be_reminded(receipts, store, now):
    await expect(receipts, now)
    (one,) = await store.due_receipts.due(now + LATER, 10)
    await store.due_receipts.drop([one])
    assert await due(store, now + LATER) == []


@pytest.mark.parametrize("number", [2, 3])
async def test_the_oldest_come_first(receipts, store, now, number):
    for at in (2, 0, 1):
        await receipts.expect(f"m{at}", ANN, f"m{at}", THERE, now, now + at * TICK)
    assert [one.mail_id for one in await store.due_receipts.due(now + LATER, number)] == ["m0", "m1", "m2"][:number]
