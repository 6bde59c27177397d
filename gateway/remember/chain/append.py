"""Rows put on record: each gets the next place in its chain and its hash, in the transaction that writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.ends import Chain, End, read_ends, write_end
from gateway.remember.chain.hashes import (
    COLUMNS,
    LATER_COLUMNS,
    RECIPIENT_COLUMNS,
    Values,
    hash_after_break,
    row_hash,
    with_later,
)
from gateway.remember.database.database import record_key
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import audit, audit_recipients, history

TABLES: Mapping[Chain, Table] = {"audit": audit, "history": history}

_log = structlog.get_logger("mailwarden.audit")

Row = Mapping[str, Any]
Writer = Callable[[Any, Any], Any]


def _writers(table: Table, names: Sequence[str]) -> list[tuple[str, Writer | None]]:
    """Return, for each of the columns, what turns a value into what the database stores; None changes nothing."""
    return [(name, getattr(table.c[name].type, "process_bind_param", None)) for name in names]


_WRITERS = {chain: _writers(table, COLUMNS[chain]) for chain, table in TABLES.items()}
_LATER_WRITERS = {chain: _writers(table, list(LATER_COLUMNS[chain])) for chain, table in TABLES.items()}
_NEWEST = {chain: select(func.max(table.c.number)) for chain, table in TABLES.items()}
_RECIPIENT_WRITERS = _writers(audit_recipients, RECIPIENT_COLUMNS)


async def lock_chain(connection: AsyncConnection, chain: Chain) -> None:
    """Lock the chain's head until the end of the transaction. Take this lock after all others."""
    await take_turn(connection, f"chain {chain}")


async def append(
    connection: AsyncConnection, chain: Chain, rows: Sequence[Row], recipients: Sequence[Sequence[Row]] = ()
) -> None:
    """Insert the rows at the chain's head; the caller has the lock, and inserts the recipients.

    Where the head is not as the gateway left it, the rows are written all the same: the chain keeps the break.
    """
    if not rows:
        return
    key = record_key(connection)
    head = await _next(connection, key, chain)
    chained = []
    for place, row in enumerate(rows):
        of_row = [_stored(_RECIPIENT_WRITERS, one) for one in recipients[place]] if recipients else ()
        values = with_later(chain, _stored(_WRITERS[chain], row), _stored(_LATER_WRITERS[chain], row))
        hash = row_hash(key, head.hash, chain, values, of_row)
        head = End(head.number + 1, hash, row["at"])
        chained.append({**row, "number": head.number, "hash": head.hash})
    await connection.execute(TABLES[chain].insert(), chained)
    await write_end(connection, key, chain, "head", head)


async def _next(connection: AsyncConnection, key: bytes, chain: Chain) -> End:
    """Return the head to go on from: number and hash before the next row."""
    head = (await read_ends(connection, key, chain))["head"]
    newest = (await connection.execute(_NEWEST[chain])).scalar_one() or 0
    if head.sealed:
        return End(max(head.number, newest), head.hash)
    _log.error("audit.broken", chain=chain, number=newest + 1)
    return End(newest, hash_after_break(key, chain, newest + 1))


def _stored(writers: Sequence[tuple[str, Writer | None]], row: Row) -> Values:
    """Return the values of a row as the database stores them."""
    return [write(row[name], None) if write else row[name] for name, write in writers]
