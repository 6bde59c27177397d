"""The history of held messages: who read, released, deleted or purged them, when and why (law 7).

Rows are added at the head of a chain, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import HistoryRow
from gateway.remember.chain.append import append, lock_chain
from gateway.remember.database.schema import history


async def write_history(connection: AsyncConnection, rows: Iterable[HistoryRow]) -> None:
    """Put the rows on record, after all other locks. Raises StoreUnavailable without the key of the records."""
    values = [
        {
            "mail_id": row.mail_id,
            "at": row.at,
            "actor": row.actor,
            "operation": row.operation,
            "reason": row.reason,
            "addresses": row.addresses,
        }
        for row in rows
    ]
    if values:
        await lock_chain(connection, "history")
        await append(connection, "history", values)


async def was_done(connection: AsyncConnection, mail_id: str, operation: str, since: datetime) -> bool:
    """Return whether an operation on a message is on record, at this time or later."""
    query = select(history.c.number).where(
        history.c.mail_id == mail_id, history.c.operation == operation, history.c.at >= since
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def read_history(connection: AsyncConnection, mail_ids: list[str]) -> dict[str, tuple[HistoryRow, ...]]:
    """Return the rows of each message, oldest first."""
    found: dict[str, tuple[HistoryRow, ...]] = {}
    query = select(history).where(history.c.mail_id.in_(mail_ids)).order_by(history.c.at, history.c.number)
    for row in await connection.execute(query):
        found[row.mail_id] = (*found.get(row.mail_id, ()), history_row(row))
    return found


def history_row(row: Row[Any]) -> HistoryRow:
    return HistoryRow(row.mail_id, row.at, row.actor, row.operation, row.reason, tuple(row.addresses))
