"""The purge of a chain: old rows go from its beginning only, and its sealed start moves behind them.

The rows are checked before they go. A fault stays in the start for as long as the rows would have been kept: nobody
makes a row old, so that the purge removes it, without a trace.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.append import TABLES
from gateway.remember.chain.ends import Chain, End, read_ends, write_end
from gateway.remember.chain.faults import Fault, as_note, from_note
from gateway.remember.chain.links import as_stored, batches
from gateway.remember.chain.walk import Walk
from gateway.remember.database.database import record_key
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import audit, audit_recipients

_log = structlog.get_logger("mailwarden.audit")


async def prune(connection: AsyncConnection, chain: Chain, edge: datetime, now: datetime, most: int) -> int:
    """Remove rows older than `edge` from the chain's beginning, up to the first that is kept; return how many.

    A row from the future is no reason to keep those before it: a clock that was wrong would stop the purge.
    """
    key = record_key(connection)
    await take_turn(connection, f"purge {chain}")
    table = TABLES[chain]
    number, at = table.c.number, table.c.at
    keeping = select(number).where(at >= edge, at <= now, number.is_not(None)).order_by(number).limit(1)
    kept = (await connection.execute(keeping)).scalar_one_or_none()
    old = select(number).where(at < edge, number.is_not(None)).order_by(number).limit(most)
    old = old if kept is None else old.where(number < kept)
    bound = (await connection.execute(select(func.max(old.subquery().c.number)))).scalar_one()
    if bound is None:
        return 0
    await _move_start(connection, key, chain, bound, now, edge)
    if table is audit:
        gone = select(audit.c.id, audit.c.at).where(number <= bound)
        column = audit_recipients.c
        await connection.execute(delete(audit_recipients).where(tuple_(column.id, column.at).in_(gone)))
    return (await connection.execute(delete(table).where(number <= bound))).rowcount


async def _move_start(
    connection: AsyncConnection, key: bytes, chain: Chain, bound: int, now: datetime, edge: datetime
) -> None:
    """Move the start to the row `bound`. The first fault up to there is noted, unless an older one still is."""
    ends = await read_ends(connection, key, chain)
    start = ends["start"]
    walk = Walk(key, chain, start, ends["head"])
    faults = [] if start.sealed else [Fault("start")]
    async with as_stored(connection):
        async for rows in batches(connection, chain, start.number if start.sealed else None, bound):
            faults += walk.take(rows)
    noted = from_note(start.note) if start.note else None
    if noted is not None and noted.when < edge:
        noted = None
    if faults:
        _log.error("audit.broken", chain=chain, number=faults[0].number, fault=faults[0].sentence)
        noted = noted or replace(faults[0], purged=now.isoformat())
    note = as_note(noted) if noted else ""
    await write_end(connection, key, chain, "start", End(bound, walk.hash, now, note))
