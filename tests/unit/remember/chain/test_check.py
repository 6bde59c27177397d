"""Rows that somebody changed, removed, inserted or moved in the database, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text

from gateway.remember.chain import check as module
from gateway.remember.chain.check import check_chain
from gateway.remember.chain.links import BATCH_ROWS
from gateway.remember.database.database import Database, store_url
from gateway.remember.database.schema import audit, audit_recipients, history
from gateway.remember.store import Store
from gateway.remember.trail import Trail
from tests.unit.remember.chain.conftest import SECOND

TABLES = (audit, history, audit_recipients)

#: Something else for a column of each table, in SQL.
ELSE = {
    **{(table.name, column.name): f"{column.name} || 'x'" for table in TABLES for column in table.c},
    **{(table, "at"): "at + 1" for table in ("audit", "history", "audit_recipients")},
    **{(table, "number"): "number + 1000" for table in ("audit", "history")},
    ("audit", "bytes"): "bytes + 1",
    ("audit_recipients", "position"): "position + 5",
}


async def test_all_is_well(filled, now):
    """Rows, times and heads are told."""
    checked, acts = await filled.trail.check()
    assert (checked.chain, checked.rows, checked.faults, checked.number) == ("audit", 10, [], 10)
    assert (checked.first, checked.last) == (now + SECOND, now + 10 * SECOND)
    assert (acts.chain, acts.rows, acts.faults, acts.number) == ("history", 10, [], 10)
    assert (checked.purged, checked.purged_at) == (0, None)
    assert len({checked.hash, acts.hash}) == 2


async def test_an_empty_store(store):
    """Nothing is in it, and nothing is wrong."""
    assert [(one.rows, one.first, one.number, one.faults) for one in await store.trail.check()] == [
        (0, None, 0, []),
        (0, None, 0, []),
    ]


@pytest.mark.parametrize("column", audit.c.keys())
async def test_a_column_of_a_message_is_changed(filled, sql, found, column):
    """Whichever it is, the check says where."""
    await sql(f"UPDATE audit SET {column} = {_else('audit', column, filled)} WHERE number = 5")
    expected = {"number": ["missing 5-5", "inserted 1005"]}.get(column, ["changed 5"])
    more = ["recipient", "recipient"] if column in ("id", "at") else []
    assert await found() == [*expected, *more]
    assert await found("history") == []


@pytest.mark.parametrize("column", history.c.keys())
async def test_a_column_of_an_act_is_changed(filled, sql, found, column):
    """The same in the other chain."""
    await sql(f"UPDATE history SET {column} = {_else('history', column, filled)} WHERE number = 5")
    expected = {"number": ["missing 5-5", "inserted 1005"]}.get(column, ["changed 5"])
    assert await found("history") == expected
    assert await found() == []


@pytest.mark.parametrize("column", audit_recipients.c.keys())
async def test_a_column_of_a_recipient_is_changed(filled, sql, found, column):
    """A recipient's row belongs to its message's."""
    await sql(
        f"UPDATE audit_recipients SET {column} = {_else('audit_recipients', column, filled)} "
        "WHERE id = 'm5' AND position = 1"
    )
    assert await found() == ["changed 5", *(["recipient"] if column in ("id", "at") else [])]


@pytest.mark.parametrize("kind", ["UPDATE audit SET {} = NULL WHERE number = 5"])
@pytest.mark.parametrize("column", ["number", "hash"])
async def test_a_row_without_its_place(filled, sql, found, kind, column):
    """No number, or no hash."""
    await sql(kind.format(column))
    assert await found() == {"number": ["missing 5-5", "inserted"], "hash": ["changed 5"]}[column]


@pytest.mark.parametrize(
    ("which", "gone"),
    [("= 1", "1-1"), ("= 5", "5-5"), ("= 10", "10-10"), ("> 7", "8-10"), ("BETWEEN 3 AND 4", "3-4"), ("> 0", "1-10")],
)
async def test_rows_are_removed(filled, sql, found, which, gone):
    """At the beginning, in the middle, at the end, or all; with their recipients."""
    ids = f"SELECT id FROM audit WHERE number {which}"
    await sql(f"DELETE FROM audit_recipients WHERE id IN ({ids})", f"DELETE FROM audit WHERE number {which}")
    await sql(f"DELETE FROM history WHERE number {which}")
    assert await found() == [f"missing {gone}"]
    assert await found("history") == [f"missing {gone}"]


async def test_recipients_are_removed_or_added(filled, sql, found):
    """One less, one more, and one of a message that there isn't."""
    await sql("DELETE FROM audit_recipients WHERE id = 'm3' AND position = 0")
    await sql(
        "INSERT INTO audit_recipients SELECT id, at, 2, address, address_folded, direction, action "
        "FROM audit_recipients WHERE id = 'm4' AND position = 1"
    )
    await sql("INSERT INTO audit_recipients VALUES ('m99', 5, 0, 'x', 'x', 'inbound', 'relay')")
    assert await found() == ["changed 3", "changed 4", "recipient"]


COPY = (
    "INSERT INTO audit SELECT 'new', at, listener, client, message_id, mail_from, sender_folded, bytes, codes, reply, "
    "ms, {}, hash, monitored, login FROM audit WHERE number = 5"
)


@pytest.mark.parametrize(
    ("number", "told"), [("11", "inserted 11"), ("NULL", "inserted"), ("0", "inserted 0"), ("-3", "inserted -3")]
)
async def test_a_row_is_inserted(filled, sql, found, number, told):
    """At the end, without a place, or before the start."""
    await sql(COPY.format(number))
    assert await found() == [told]


async def test_a_row_is_inserted_in_the_middle(filled, sql, found):
    """Those behind it get other numbers: the row that doesn't follow is told, and that there are too many."""
    await sql(
        "UPDATE audit SET number = -number WHERE number > 5", "UPDATE audit SET number = 1 - number WHERE number < 0"
    )
    await sql(COPY.format("6"))
    assert await found() == ["changed 6", "inserted 11"]


async def test_a_row_goes_and_those_behind_it_move_up(filled, sql, found):
    """The gap is closed, and still seen."""
    await sql("DELETE FROM audit_recipients WHERE id = 'm5'", "DELETE FROM audit WHERE number = 5")
    await sql("UPDATE audit SET number = -number WHERE number > 5")
    await sql("UPDATE audit SET number = -number - 1 WHERE number < 0")
    assert await found() == ["changed 5", "missing 10-10"]


async def test_two_rows_change_places(filled, sql, found):
    """The check says behind which row each was written."""
    for table in ("audit", "history"):
        await sql(f"UPDATE {table} SET number = 99 WHERE number = 5")
        await sql(f"UPDATE {table} SET number = 5 WHERE number = 6", f"UPDATE {table} SET number = 6 WHERE number = 99")
    assert await found() == ["moved 5-6", "moved 7-5"]  # number 6 does follow from number 4
    assert await found("history") == ["moved 5-6", "moved 7-5"]


async def test_two_rows_swap_what_they_say(filled, sql, found):
    """Each keeps its place and hash."""
    await sql(
        "UPDATE history SET actor = CASE number WHEN 5 THEN 'alice6' ELSE 'alice5' END WHERE number IN (5, 6)",
    )
    assert await found("history") == ["changed 5", "changed 6"]


@pytest.mark.parametrize("statement", ["DELETE FROM {0} WHERE {1}", "UPDATE {0} SET number = 7 WHERE {1}"])
async def test_the_head_is_forged(filled, sql, found, statement, make):
    """The last rows go and the head with them, or it is made to fit; the next row doesn't hide it."""
    await sql("DELETE FROM audit_recipients WHERE id IN ('m8', 'm9', 'm10')", "DELETE FROM audit WHERE number > 7")
    await sql(statement.format("chain_ends", "chain = 'audit' AND \"end\" = 'head'"))
    assert await found() == ["head"]
    filled.audit.append(make.audit("later"))
    await filled.audit.flush()
    assert await found() == ["broken 8"]


async def test_the_rows_go_and_both_ends_with_them(filled, sql, found, make):
    """It is no new store."""
    await sql("DELETE FROM audit_recipients", "DELETE FROM audit", "DELETE FROM chain_ends")
    assert await found() == ["start", "head"]
    filled.audit.append(make.audit("later"))
    await filled.audit.flush()
    assert await found() == ["start", "broken 1"]


@pytest.mark.parametrize("column", ["number", "at", "note", "seal", "hash"])
@pytest.mark.parametrize("side", ["start", "head"])
async def test_an_end_is_changed(filled, sql, found, side, column):
    """Each of its columns is sealed."""
    other = {"note": "'{}'"}.get(column) or (
        "number + 1" if column == "number" else _else("chain_ends", column, filled)
    )
    await sql(f"UPDATE chain_ends SET {column} = {other} WHERE chain = 'audit' AND \"end\" = '{side}'")
    assert await found() == [side]


async def test_the_ends_of_two_chains_change_places(filled, sql, found):
    """A seal is for its chain and its side."""
    await sql("UPDATE chain_ends SET chain = 'x' WHERE chain = 'audit'")
    await sql("UPDATE chain_ends SET chain = 'audit' WHERE chain = 'history'")
    assert await found() == ["start", "head"]
    await sql("UPDATE chain_ends SET chain = 'history' WHERE chain = 'x'")
    assert await found("history") == ["start", "head"]


async def test_another_key(filled, url, found):
    """All seems changed: the check tells some, and counts the rest."""
    other = Database(store_url(url), bytes(31) + b"x")
    first, _ = await Trail(other).check()
    assert [one.kind for one in first.faults] == ["start", *["changed"] * 9, "head"]  # nobody knows what stood before 1
    await other.close()


async def test_many_faults_are_counted(filled, sql, monkeypatch):
    """The first are told."""
    monkeypatch.setattr(module, "TOLD", 3)
    await sql("UPDATE audit SET reply = '250 x'")
    checked, _ = await filled.trail.check()
    assert ([one.number for one in checked.faults], checked.more) == ([1, 2, 3], 7)


@pytest.mark.parametrize("value", ["X'00ff'", "CAST(X'ff41' AS TEXT)", "5.5", "NULL"])
@pytest.mark.parametrize("column", ["reply", "id", "at", "bytes", "codes", "number", "hash"])
async def test_values_of_other_types(file_store, make, column, value):
    """SQLite takes anything in any column; the check stands it."""
    for number in range(1, 4):
        file_store.audit.append(make.audit(f"m{number}", at=make.now + number * SECOND))
    await file_store.audit.flush()
    async with file_store.database.writing() as connection:
        await connection.execute(text("PRAGMA writable_schema = ON"))
        await connection.execute(
            text("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'audit'")
        )
    other = sqlite3.connect(file_store.database.path)
    other.execute(f"UPDATE audit SET {column} = {value} WHERE number = 2")
    other.commit()
    other.close()
    checked, _ = await file_store.trail.check()
    kinds = {fault.kind for fault in checked.faults}
    assert kinds >= ({"missing", "inserted"} if column == "number" else {"changed"})
    assert all(fault.number in (2, None) for fault in checked.faults)


@pytest.mark.parametrize("rows", [BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 1])
async def test_more_rows_than_one_batch(store, sql, make, found, rows):
    """The check goes on from one to the next."""
    for number in range(rows):
        store.audit.append(make.audit(f"m{number:05d}", at=make.now + number * SECOND))
    await store.audit.flush()
    assert await found() == []
    await sql("UPDATE audit SET reply = '250 x' WHERE number = :number", number=rows)
    assert await found() == [f"changed {rows}"]


async def test_noted_heads(filled, make):
    """A head that was noted is found by its first digits, also when others have followed."""
    head, acts = await filled.trail.check()
    filled.audit.append(make.audit("later"))
    await filled.audit.flush()
    noted = [(head.number, head.hash[:16]), (acts.number, acts.hash), (10, "0" * 16), (99, head.hash)]
    found = [one.found for one in await filled.trail.check(noted)]
    assert found == [{noted[0]}, {noted[1]}]


async def test_one_view_while_rows_are_written(filled, second, make, found):
    """A row that comes during the check belongs to the next."""
    async with filled.database.reading() as connection:
        await connection.execute(text("SELECT 1 FROM chain_ends"))
        second.audit.append(make.audit("later"))
        await second.audit.flush()
        checked = await check_chain(connection, "audit")
    assert (checked.rows, checked.number, checked.faults) == (10, 10, [])
    assert await found() == []


def _else(table: str, column: str, store: Store) -> str:
    if column in ("hash", "seal"):
        octets = "ff" * 32
        return f"X'{octets}'" if store.database.is_sqlite else f"'\\x{octets}'::bytea"
    return ELSE.get((table, column), f"{column} + 1")
