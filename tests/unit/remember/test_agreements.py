"""Agreements by reply: whoever was asked, the answer, and the record."""

from __future__ import annotations

from datetime import timedelta

from gateway.contract import Agreement, Agreements
from gateway.services.read_only import NoAgreements

UNTIL = timedelta(days=14)
JO = "jo@lawyer.example"


async def ask(store, make, now, address=JO, id="q1"):
    asked = Agreement(address, "asked", now, "alice", now + UNTIL)
    await store.agreements.ask(asked, id, make.item(id), b"May we?", "our lawyers")


async def answer(store, now, id="q1", *, agrees=True, reply_id="r1"):
    return await store.agreements.answer(JO, id, agrees=agrees, at=now, reply_id=reply_id, origin=f"by {reply_id}")


async def test_they_are_what_filters_are_given(store):
    """The store's, and those without a store, fit the contract's Protocol."""
    several: tuple[Agreements, ...] = (store.agreements, NoAgreements())
    for one in several:
        assert await one.agreed([JO]) == set()
        assert await one.agreed([]) == set()


async def test_who_has_agreed(store, second, make, now):
    """Every worker knows it, in whatever case the address is written; a question alone is no agreement."""
    await ask(store, make, now)
    assert await second.agreements.agreed([JO]) == set()
    assert await answer(second, now)
    assert await store.agreements.agreed(["Jo@Lawyer.example", "al@lawyer.example"]) == {"Jo@Lawyer.example"}
    expected = Agreement(JO, "agreed", now, "alice", now + UNTIL, now, "r1")
    assert await store.agreements.list() == [expected]


async def test_the_question_is_queued_with_its_row(store, make, now):
    await ask(store, make, now)
    ((item, content),) = await store.outbox.claim(now, 10, 60)
    assert (item.id, content) == ("q1", b"May we?")


async def test_another_question_takes_the_place_of_the_first(store, make, now):
    """The token of the first is good for nothing then."""
    await ask(store, make, now)
    await ask(store, make, now + UNTIL, id="q2")
    assert not await answer(store, now, "q1")
    assert await answer(store, now, "q2")


async def test_an_agreement_can_be_taken_back_and_a_no_ends_the_question(store, make, now):
    """The same answer again changes nothing, and a late copy of the yes doesn't undo the no."""
    await ask(store, make, now)
    for agrees, reply_id in ((True, "r1"), (True, "r2"), (False, "r3"), (False, "r4")):
        assert await answer(store, now, agrees=agrees, reply_id=reply_id)
    assert not await answer(store, now, agrees=True, reply_id="r1")
    assert [(row.operation, row.actor, row.reason) for row in await store.agreements.record()] == [
        ("request_agreement", "alice", "our lawyers"),
        ("agree", JO, "by r1"),
        ("decline", JO, "by r3"),
    ]


async def test_an_agreement_is_revoked_on_record(store, make, now):
    """Once; its question can't be answered any more."""
    await ask(store, make, now)
    await answer(store, now)
    assert await store.agreements.revoke("JO@lawyer.example", actor="bob", reason="has left", at=now) == "agreed"
    assert not await store.agreements.revoke(JO, actor="bob", reason="has left", at=now)
    assert await store.agreements.agreed([JO]) == set()
    assert not await answer(store, now)
    *_, row = await store.agreements.record()
    assert (row.operation, row.actor, row.reason, row.addresses) == ("revoke", "bob", "has left", (JO,))
