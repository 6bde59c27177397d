"""Two people release a copy: the first signs, the second is someone else and comes in time, and it goes out once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.contract import Account
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.records import Signature, Verification
from gateway.remember.rows.approvals import SecondApproval
from gateway.remember.rows.ledger import block_rows, seen_rows
from gateway.remember.store import NotHeld

BOB = "bob@example.com"
TICK = timedelta(microseconds=1)
KEYS = LedgerKeys(bytes(32))
ACCOUNT = Account("iban", "DE89370400440532013000")
CALLED = Verification("Ann Lee", "telephone", "+44 20 7946 0000")


@pytest.fixture
async def held(store, make):
    """Return a quarantine with a message to two people."""
    await store.quarantine.hold(make.entry("m1", BOB, "ann@example.com"), b"raw")
    return store.quarantine


@pytest.fixture
def alice(now):
    return Signature(BOB, now, 1001, "alice", "they called", verification=CALLED)


async def signature(held, address: str = BOB) -> Signature | None:
    return next(copy.signature for copy in (await held.get("m1")).copies if copy.address == address)


async def approve(held, uid: int, now, since=None, address: str = BOB, **parts) -> None:
    second = SecondApproval(uid, since or now - timedelta(days=1))
    await held.release("m1", [address], [], actor=f"uid{uid}", reason="seen", at=now, second=second, **parts)


async def test_a_signature_is_kept_with_the_copy(held, alice, now):
    """The copy stays held; who verified it and how is there for the second person."""
    await held.sign("m1", [alice], reason="they called", since=now)
    assert await signature(held) == alice
    assert await signature(held, "ann@example.com") is None
    assert [entry.copies[0].state for entry in await held.list()] == ["held"]
    assert (await held.waiting(now), await held.waiting(now + TICK)) == (1, 0)


async def test_the_second_lets_it_go(held, store, alice, make, now):
    """Both are on record, the signature is done with, and the other copy stays held."""
    await held.sign("m1", [alice], reason="they called", since=now)
    await approve(held, 1002, now + TICK)
    assert {c.address: (c.state, c.changed_by) for c in (await held.get("m1")).copies} == {
        BOB: ("released", "uid1002"),
        "ann@example.com": ("held", ""),
    }
    assert await signature(held) is None
    store.audit.append(make.audit("m1"))
    [row] = await store.audit.trace("m1")
    assert [(h.actor, h.operation, h.reason) for h in row.history] == [
        ("alice", "sign", "they called"),
        ("uid1002", "approve", "seen"),
    ]


async def test_the_same_person_is_no_second(held, alice, now):
    """The kernel's user number identifies a person, whatever the name."""
    await held.sign("m1", [alice], reason="x", since=now)
    with pytest.raises(NotHeld, match=r"alice has released m1 .* someone else has to approve"):
        await approve(held, 1001, now)
    assert await signature(held) == alice


async def test_without_a_first_there_is_no_second(held, now):
    """Nor for a copy that the first did not sign."""
    with pytest.raises(NotHeld, match="nobody has released m1"):
        await approve(held, 1002, now)


async def test_a_signature_is_for_its_copies_alone(held, alice, now):
    """All or none."""
    await held.sign("m1", [alice], reason="x", since=now)
    with pytest.raises(NotHeld, match=r"ann@example\.com"):
        await held.release(
            "m1",
            [BOB, "ann@example.com"],
            [],
            actor="bob",
            reason="x",
            at=now,
            second=SecondApproval(1002, now - timedelta(days=1)),
        )
    assert await signature(held) == alice


async def test_a_second_first_is_told_of_the_first(held, alice, now):
    """It waits for an approver, not for another signature."""
    await held.sign("m1", [alice], reason="x", since=now)
    with pytest.raises(NotHeld, match=r"alice has released m1 for bob@example\.com already: it waits for an approver"):
        await held.sign("m1", [replace(alice, uid=1002, actor="carol")], reason="x", since=now)
    assert await signature(held) == alice


@pytest.mark.parametrize(("after", "counts"), [(timedelta(0), True), (TICK, False)])
async def test_a_signature_expires(held, alice, now, after, counts):
    """The signature expires to the microsecond; then it gives way to a new one."""
    await held.sign("m1", [alice], reason="x", since=now - timedelta(days=3))
    edge = alice.at + after
    if counts:
        with pytest.raises(NotHeld, match="already"):
            await held.sign("m1", [replace(alice, actor="carol")], reason="x", since=edge)
        await approve(held, 1002, now, since=edge)
        return
    with pytest.raises(NotHeld, match="too long ago"):
        await approve(held, 1002, now, since=edge)
    await held.sign("m1", [replace(alice, actor="carol", at=edge)], reason="x", since=edge)
    assert (await signature(held)).actor == "carol"


async def test_of_two_approvals_at_once_one_lets_it_go(held, second, alice, make, now):
    """The other is told, and one message goes out."""
    await held.sign("m1", [alice], reason="x", since=now)
    jobs = [
        quarantine.release(
            "m1",
            [BOB],
            [(make.item(f"o{n}"), b"raw")],
            actor=f"uid{n}",
            reason="x",
            at=now,
            second=SecondApproval(2000 + n, now),
        )
        for n, quarantine in enumerate((held, second.quarantine))
    ]
    done = await asyncio.gather(*jobs, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotHeld"]
    assert len(await second.outbox.claim(now, 10, 60)) == 1


async def test_of_two_first_signatures_at_once_one_counts(held, second, alice, now):
    """The other is told who was first."""
    jobs = [
        quarantine.sign("m1", [replace(alice, actor=name)], reason="x", since=now)
        for name, quarantine in (("alice", held), ("carol", second.quarantine))
    ]
    done = await asyncio.gather(*jobs, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotHeld"]


async def test_what_is_not_held_is_not_signed(held, alice, now):
    """Released meanwhile, or never here."""
    await held.release("m1", [BOB], [], actor="bob", reason="x", at=now)
    with pytest.raises(NotHeld, match="not held for bob"):
        await held.sign("m1", [alice], reason="x", since=now)


async def test_a_deleted_message_waits_for_nobody(held, alice, now):
    """Its signature goes with it, and with the entry at the purge."""
    await held.sign("m1", [alice], reason="x", since=now)
    await held.delete("m1", actor="bob", reason="x", at=now)
    assert await signature(held) is None


async def test_a_purged_message_takes_its_signature_along(held, store, alice, now):
    """Nothing is left of it."""
    await held.sign("m1", [alice], reason="x", since=now)
    await store.purge(now + timedelta(days=31), 30, 180)
    async with store.database.reading() as connection:
        assert (await connection.exec_driver_sql("select count(*) from signatures")).scalar() == 0


async def test_a_verified_release_enters_the_account(held, store, now):
    """The account is entered in the same transaction: a release that fails enters nothing."""
    rows = seen_rows(KEYS, "supplier.example", [ACCOUNT], now, verified=True)
    with pytest.raises(NotHeld):
        await approve(held, 1002, now, verified=rows)
    assert (await store.ledger(KEYS).standing("supplier.example", [ACCOUNT])).others == 0
    await held.release("m1", [BOB], [], actor="bob", reason="x", at=now, verified=rows)
    assert (await store.ledger(KEYS).standing("supplier.example", [ACCOUNT])).steady == 1
    assert [(h.operation, h.actor, h.reason) for h in await store.payments(KEYS).record()] == [
        ("verify", "bob", "1 of m1: x")
    ]


async def test_a_fraud_is_deleted_and_blocked(held, store, make, now):
    """The blocks are made in the same transaction, and name the reported message."""
    rows = block_rows(KEYS, [ACCOUNT, "eve@evil.example"], actor="bob", reason="fraud", at=now, mail_id="m1")
    await held.delete("m1", actor="bob", reason="fraud", at=now, blocks=rows)
    assert await store.ledger(KEYS).blocked([ACCOUNT], ["eve@evil.example"]) == {ACCOUNT, "eve@evil.example"}
    assert {block.mail_id for block in await store.payments(KEYS).blocks()} == {"m1"}
    store.audit.append(make.audit("m1"))
    [row] = await store.audit.trace("m1")
    assert [h.operation for h in row.history] == ["fraud"]
    assert [(h.operation, h.reason) for h in await store.payments(KEYS).record()] == [("block", "2 of m1: fraud")]
    with pytest.raises(NotHeld):
        await held.delete("m1", actor="bob", reason="again", at=now, blocks=rows)
