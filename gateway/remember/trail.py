"""The records for auditors: the history listed by who did what and when, and both chains checked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import HistoryRow
from gateway.remember.chain.check import Checked, Noted, check_chain
from gateway.remember.chain.ends import CHAINS
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import audit, audit_recipients, history
from gateway.remember.records import Aftermath, written_out
from gateway.remember.rows.aftermath import origin_of, read_aftermath
from gateway.remember.rows.history import history_row, write_history


class Trail:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._checking = asyncio.Lock()

    @to_the_end
    async def acts(
        self,
        *,
        limit: int = 100,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        action: str | None = None,
        id: str | None = None,
    ) -> list[HistoryRow]:
        """Return what people and the gateway did, newest first; every given condition must hold, `until` excluded."""
        query: Select[tuple[object, ...]] = select(history).order_by(history.c.at.desc(), history.c.number.desc())
        for column, wanted in ((history.c.operation, action), (history.c.mail_id, id)):
            if wanted is not None:
                query = query.where(column == written_out(wanted))
        if actor is not None:
            query = query.where(_by(actor))
        if since is not None:
            query = query.where(history.c.at >= since)
        if until is not None:
            query = query.where(history.c.at < until)
        async with self._database.reading() as connection:
            return [history_row(row) for row in await connection.execute(query.limit(limit))]

    @to_the_end
    async def ids(self, start: str, *, limit: int = 3) -> Sequence[str]:
        """Return ids of messages with acts on record that begin with this text, the last ones first."""
        query = select(history.c.mail_id).distinct().where(history.c.mail_id >= start)
        query = query.where(history.c.mail_id < start + chr(0x10FFFF)).order_by(history.c.mail_id.desc())
        async with self._database.reading() as connection:
            return (await connection.execute(query.limit(limit))).scalars().all()

    @to_the_end
    async def put_on_record(self, row: HistoryRow) -> None:
        """Add a row that changes nothing else, such as a search. Raises StoreUnavailable."""
        async with self._database.writing() as connection:
            await write_history(connection, [row])

    @to_the_end
    async def aftermath(self, ids: Sequence[str]) -> Mapping[str, Aftermath]:
        """Return what the store knows of messages after their arrival, besides the history."""
        async with self._database.reading() as connection:
            return await read_aftermath(connection, ids)

    @to_the_end
    async def origin(self, id: str) -> str:
        """Return the id under which a held message arrived: its own, but for copies that could not be delivered."""
        async with self._database.reading() as connection:
            return await origin_of(connection, id) or id

    @to_the_end
    async def recorded(self, id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of a message in both chains as JSON, each with its number and hash in the chain."""
        of_audit = select(audit).where(audit.c.id == id).order_by(audit.c.at)
        of_history = select(history).where(history.c.mail_id == id).order_by(history.c.number)
        async with self._database.reading() as connection:
            rows = await _rows(connection, of_audit)
            recipients = [await _recipients(connection, row) for row in rows]
            return {
                "audit": [_as_json(row) | {"recipients": to} for row, to in zip(rows, recipients, strict=True)],
                "history": [_as_json(row) for row in await _rows(connection, of_history)],
            }

    @to_the_end
    async def check(self, noted: Collection[Noted] = ()) -> list[Checked]:
        """Check both chains in one view of the store; mail flows meanwhile. Raises StoreUnavailable.

        One check runs at a time: it takes one of the few connections for reading.
        """
        async with self._checking, self._database.reading() as connection:
            return [await check_chain(connection, chain, noted) for chain in CHAINS]


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[Row[Any]]:
    return list(await connection.execute(query))


async def _recipients(connection: AsyncConnection, row: Row[Any]) -> list[dict[str, Any]]:
    column = audit_recipients.c
    columns = (column.position, column.address, column.address_folded, column.direction, column.action)
    query = select(*columns).where(column.id == row.id, column.at == row.at).order_by(column.position)
    return [_as_json(one) for one in await _rows(connection, query)]


def _as_json(row: Row[Any]) -> dict[str, Any]:
    """Return all columns of a row: times in ISO 8601, octets in hexadecimal."""
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _by(actor: str) -> ColumnElement[bool]:
    """Compare the actor, with or without what the gateway says of him in brackets: that none was running."""
    name = written_out(actor)
    return or_(history.c.actor == name, history.c.actor.startswith(f"{name} (", autoescape=True))
