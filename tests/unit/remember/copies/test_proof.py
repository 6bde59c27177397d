"""The facts of a store that a copy must have."""

from __future__ import annotations

from sqlalchemy import text

from gateway.remember.copies.proof import Proof, prove


async def test_a_store_is_counted_and_checked(store, make):
    """Every table is counted, and a changed row is a fault."""
    await store.quarantine.hold(make.entry(), b"raw")
    store.audit.append(make.audit())
    await store.audit.flush()
    async with store.database.reading() as connection:
        proof = await prove(connection)
    assert {name: n for name, n in proof.rows.items() if n} == {
        **{"held": 1, "held_copies": 1, "held_codes": 1, "contents": 1, "retry_keys": 1, "stock": 1},
        **{"audit": 1, "audit_recipients": 1, "chain_ends": 4},
    }
    assert (proof.chains["audit"]["number"], proof.faults) == (1, 0)
    async with store.database.writing() as connection:
        await connection.execute(text("UPDATE audit SET reply = '250 x'"))
        changed = await prove(connection)
    assert changed.faults == 1
    assert proof.differences(changed) == [
        "the chain audit isn't as it was: `mailwarden audit verify` tells what was changed"
    ]


def test_differences_are_told_one_by_one():
    """With both figures."""
    was, now = Proof("0009", {"held": 2, "audit": 1}, {}), Proof("0008", {"held": 1, "audit": 1}, {})
    assert was.differences(was) == []
    assert was.differences(now) == ["the schema is 0008, and was 0009", "held has 1 rows, and had 2"]
