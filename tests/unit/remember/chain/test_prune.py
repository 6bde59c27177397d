"""The purge of a chain: a beginning goes, the rest can still be checked, and no fault goes with it unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.remember import purge as module
from tests.unit.remember.chain.conftest import SECOND

DAYS = timedelta(days=180)


async def purge(store, at) -> tuple[int, int]:
    counts = await store.purge(at, 30, 180)
    return counts["audit"], counts["history"]


@pytest.mark.parametrize("slice_rows", [1, 3, 1000])
async def test_the_rest_can_be_checked(filled, now, found, sql, make, monkeypatch, slice_rows):
    """So can rows that come later, and a fault behind the start is found."""
    monkeypatch.setattr(module, "ROW_SLICE", slice_rows)
    assert await purge(filled, now + DAYS + 5 * SECOND) == (4, 4)
    filled.audit.append(make.audit("later", at=now + DAYS))
    await filled.audit.flush()
    checked, acts = await filled.trail.check()
    assert (checked.rows, checked.number, checked.faults) == (7, 11, [])
    assert {(one.purged, one.purged_at) for one in (checked, acts)} == {(4, now + DAYS + 5 * SECOND)}
    assert (acts.rows, acts.number, acts.faults) == (7, 11, [])  # the purge itself is the last one
    await sql("UPDATE audit SET reply = '250' WHERE number = 5")
    await sql("DELETE FROM history WHERE number = 5")
    assert await found() == ["changed 5"]
    assert await found("history") == ["missing 5-5"]


async def test_all_rows_are_purged(filled, now, found, make):
    """The chain goes on where it was."""
    assert await purge(filled, now + 2 * DAYS) == (10, 10)
    assert await found() == await found("history") == []
    filled.audit.append(make.audit("later", at=now + 2 * DAYS))
    await filled.audit.flush()
    checked, _ = await filled.trail.check()
    assert (checked.rows, checked.number, checked.faults) == (1, 11, [])


async def test_a_row_that_is_kept_keeps_those_behind_it(store, now, make, found):
    """Only a beginning goes: an old row written late stays until those before it go."""
    for number, at in enumerate((now, now + 9 * SECOND, now + SECOND)):
        store.audit.append(make.audit(f"m{number}", at=at))
        await store.audit.flush()
    assert await purge(store, now + DAYS + 5 * SECOND) == (1, 0)
    assert [row.id for row in await store.audit.trace("bob@example.com")] == ["m1", "m2"]
    assert await found() == []
    assert await purge(store, now + DAYS + 10 * SECOND) == (2, 0)


async def test_a_row_from_the_future_keeps_none(store, now, make, found):
    """A clock that was wrong for a while doesn't stop the purge; such a row alone stays."""
    for number, at in enumerate((now, now + 20 * DAYS, now + SECOND, now + 30 * DAYS)):
        store.audit.append(make.audit(f"m{number}", at=at))
        await store.audit.flush()
    assert await purge(store, now + DAYS + 5 * SECOND) == (3, 0)
    assert await found() == []


async def test_a_row_made_old_leaves_a_note(filled, now, sql, found):
    """A purge that removes it says so for as long as the rows would have been kept."""
    await sql(
        "UPDATE audit SET at = 0 WHERE number <= 3", "UPDATE audit_recipients SET at = 0 WHERE id IN ('m1', 'm2')"
    )
    assert await purge(filled, now + DAYS) == (3, 0)
    assert await found() == ["changed 1", "recipient", "recipient"]
    [checked, _] = await filled.trail.check()
    assert checked.faults[0].sentence.endswith("(id m1), as the purge of 2025-08-28 found")
    await purge(filled, now + DAYS + 5 * SECOND)
    assert (await found())[0] == "changed 1"
    await purge(filled, now + 2 * DAYS + 6 * SECOND)
    assert (await found())[:1] == ["recipient"]


@pytest.mark.parametrize("statement", ["DELETE FROM audit WHERE number <= 3", "DELETE FROM audit WHERE number = 2"])
async def test_rows_removed_before_their_time_leave_a_note(filled, now, sql, found, statement):
    """At the beginning, or in what the purge removes."""
    await sql("DELETE FROM audit_recipients WHERE id IN ('m1', 'm2', 'm3')", statement)
    before = await found()
    await purge(filled, now + DAYS + 5 * SECOND)
    assert (await found())[:1] == [one for one in before if one.startswith(("missing", "changed"))][:1]


async def test_a_forged_start_leaves_a_note(filled, now, sql, found):
    """A start that somebody moves behind rows that he removed is not sealed again as if nothing were."""
    await sql("DELETE FROM audit_recipients WHERE id IN ('m1', 'm2')", "DELETE FROM audit WHERE number <= 2")
    await sql("UPDATE chain_ends SET number = 2 WHERE chain = 'audit' AND \"end\" = 'start'")
    assert await found() == ["start"]
    await purge(filled, now + DAYS + 5 * SECOND)
    assert await found() == ["start"]


@pytest.mark.parametrize("bound", [4, 5])
async def test_the_row_at_the_start_had_another_hash(filled, now, sql, found, bound):
    """The last row that goes: the next one follows from it all the same."""
    octets = "ff" * 32
    other = f"X'{octets}'" if filled.database.is_sqlite else f"'\\x{octets}'::bytea"
    await sql(f"UPDATE audit SET hash = {other} WHERE number = 4")
    await purge(filled, now + DAYS + (bound + 1) * SECOND)
    assert (await found())[0] == "changed 4"
