"""A store's move to another database: every row as it is stored, in one view of the source and one transaction.

The target is proved before the commit. Where that fails, it stays an empty store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, ColumnClause, Table, TableClause, TypeDecorator, column, func, insert, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.copies.dumps import check_proof
from gateway.remember.copies.proof import Proof, prove
from gateway.remember.database.database import Database
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import chain_ends, contents, metadata

#: Rows in memory at a time; of contents, which may have 50 MiB each, so many.
BATCH_ROWS = 2_000
BATCH_CONTENTS = 4

#: Is told the name of a table and how many of its rows are copied, after each batch.
Progress = Callable[[str, int], None]


async def transfer(source: URL, target: URL, key: bytes, progress: Progress) -> Proof:
    """Copy every row of a store into an empty one of the same schema, and prove that both are the same.

    Raises StoreUnavailable where the target has rows, or where it isn't the same at the end.
    """
    here, there = Database(source, key), Database(target, key)
    try:
        async with here.reading() as reading, there.writing() as writing:
            for connection in (reading, writing):
                await _wait_long(connection)
            await _check_empty(writing)
            await writing.execute(chain_ends.delete())
            for each in metadata.sorted_tables:
                await _copy(reading, writing, each, progress)
            proof = await prove(reading)
            check_proof(proof, await prove(writing))
        return proof
    finally:
        await here.close()
        await there.close()


async def _wait_long(connection: AsyncConnection) -> None:
    """Let the server keep the transaction while the other database works."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


async def _check_empty(connection: AsyncConnection) -> None:
    """Raise StoreUnavailable where anything was ever stored."""
    for each in metadata.sorted_tables:
        used = select(each).where(each.c.number > 0) if each is chain_ends else select(each)
        if (await connection.execute(used.limit(1))).first() is not None:
            raise StoreUnavailable(f"the target isn't empty ({each.name} has rows), and nothing is written over it")


async def _copy(reading: AsyncConnection, writing: AsyncConnection, of: Table, progress: Progress) -> None:
    plain, copied = _plain(of), 0
    rows = await reading.stream(select(plain))
    async for batch in rows.mappings().partitions(BATCH_CONTENTS if of is contents else BATCH_ROWS):
        await writing.execute(insert(plain), [dict(row) for row in batch])
        copied += len(batch)
        progress(of.name, copied)
    counted = of.autoincrement_column
    if counted is not None and counted.autoincrement is True and writing.dialect.name == "postgresql":
        await _count_on(writing, of, counted.name)


async def _count_on(connection: AsyncConnection, of: Table, name: str) -> None:
    """Let PostgreSQL's sequence go on behind the newest number that was copied."""
    newest = func.max(of.c[name])
    sequence = func.pg_get_serial_sequence(of.name, name)
    await connection.execute(select(func.setval(sequence, func.coalesce(newest, 1), newest.is_not(None))))


def _plain(of: Table) -> TableClause:
    """Return the table with the database's own types: values pass through as they are stored."""
    columns: list[ColumnClause[Any]] = [
        column(c.name, c.type.impl_instance if isinstance(c.type, TypeDecorator) else c.type) for c in of.c
    ]
    return table(of.name, *columns)
