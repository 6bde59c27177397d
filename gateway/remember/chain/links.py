"""The rows of a chain read back for a check: each value as the database holds it, some rows at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.append import TABLES
from gateway.remember.chain.ends import Chain, raw
from gateway.remember.chain.hashes import COLUMNS, LATER_COLUMNS, RECIPIENT_COLUMNS, Values, with_later
from gateway.remember.chain.walk import Link
from gateway.remember.database.schema import audit, audit_recipients
from gateway.remember.database.sqlite import any_text

#: Rows in memory at a time.
BATCH_ROWS = 1_000


def as_stored(connection: AsyncConnection) -> AbstractAsyncContextManager[None]:
    """Read whatever stands in the rows, where SQLite's driver would refuse it."""
    return any_text(connection) if connection.dialect.name == "sqlite" else nullcontext()


async def batches(
    connection: AsyncConnection, chain: Chain, after: int | None, up_to: int | None = None
) -> AsyncIterator[list[Link]]:
    """Yield the rows in the order of their numbers, behind `after` (None: from the first) and up to `up_to`."""
    number = TABLES[chain].c.number
    until = () if up_to is None else (number <= up_to,)
    last: Any = after
    while last is None or isinstance(last, int | float):  # SQLite sorts all else behind the numbers
        which = number.is_not(None) if last is None else number > last
        rows = await _links(connection, chain, which, *until)
        if not rows:
            return
        yield rows
        last = rows[-1].number


async def without_place(connection: AsyncConnection, chain: Chain, start: int) -> list[Link]:
    """Return some of the rows that have no number, or one of a row that was purged."""
    number = TABLES[chain].c.number
    return await _links(connection, chain, or_(number.is_(None), number <= start))


async def lone_recipients(connection: AsyncConnection) -> list[str]:
    """Return the ids of some recipients whose message has no row."""
    column = audit_recipients.c
    of_message = select(audit.c.id).where(audit.c.id == column.id, audit.c.at == column.at)
    query = select(raw(column.id)).where(~of_message.exists()).limit(BATCH_ROWS)
    return [id if isinstance(id, str) else "" for id in (await connection.execute(query)).scalars()]


async def _links(connection: AsyncConnection, chain: Chain, *which: ColumnElement[bool]) -> list[Link]:
    table, names, later = TABLES[chain], COLUMNS[chain], LATER_COLUMNS[chain]
    columns = [raw(table.c[name]) for name in ("number", "hash", *names, *later)]
    query = select(*columns).where(*which).order_by(table.c.number).limit(BATCH_ROWS)
    rows = (await connection.execute(query)).all()
    recipients = await _recipients(connection, [row[2] for row in rows]) if chain == "audit" else {}
    end = len(names)
    links = (
        Link(number, hash, values[0], values[1], with_later(chain, values[:end], values[end:]))
        for number, hash, *values in rows
    )
    if chain == "history":
        return list(links)
    return [Link(x.number, x.hash, x.id, x.at, x.values, recipients.get((x.id, x.at), ())) for x in links]


async def _recipients(connection: AsyncConnection, ids: Sequence[Any]) -> dict[tuple[Any, Any], list[Values]]:
    column = audit_recipients.c
    columns = [raw(column[name]) for name in ("id", "at", *RECIPIENT_COLUMNS)]
    named = [id for id in ids if _is_text(id)]
    query = select(*columns).where(column.id.in_(named))
    found: dict[tuple[Any, Any], list[Values]] = {}
    for id, at, *values in await connection.execute(query.order_by(column.position)):
        found.setdefault((id, at), []).append(values)
    return found


def _is_text(id: Any) -> bool:
    """Return whether a driver takes the id as a parameter."""
    return isinstance(id, str) and id.encode("utf-8", "replace").decode("utf-8") == id
