"""The records for auditors: the history listed by who did what and when, and both chains checked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select

from gateway.contract import HistoryRow
from gateway.remember.chain.check import Checked, Noted, check_chain
from gateway.remember.chain.ends import CHAINS
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import history
from gateway.remember.records import written_out
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
    async def add(self, row: HistoryRow) -> None:
        """Put an act on record that changes nothing else in the store. Raises StoreUnavailable."""
        async with self._database.writing() as connection:
            await write_history(connection, [row])

    @to_the_end
    async def check(self, noted: Collection[Noted] = ()) -> list[Checked]:
        """Check both chains in one view of the store; mail flows meanwhile. Raises StoreUnavailable.

        One check runs at a time: it takes one of the few connections for reading.
        """
        async with self._checking, self._database.reading() as connection:
            return [await check_chain(connection, chain, noted) for chain in CHAINS]


def _by(actor: str) -> ColumnElement[bool]:
    """Compare the actor, with or without what the gateway says of him in brackets: that none was running."""
    name = written_out(actor)
    return or_(history.c.actor == name, history.c.actor.startswith(f"{name} (", autoescape=True))
