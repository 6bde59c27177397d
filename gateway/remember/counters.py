"""Counters that all workers share: `gateway.contract.Counters` in the store.

Amounts are kept by whole hours in UTC, so a window's edges are moved outwards to full hours: `total` over the last 60
minutes may count up to 60 minutes more, never less.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database import Database, insert_one, to_the_end
from gateway.remember.schema import EPOCH, MICROSECOND, counted, counters

HOUR_SECONDS = 3600


class StoreCounters:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """Add to the counter and return its total `since` then, or over all hours that are kept, in one transaction.

        The same `once` (a message's retry key) counts a single time, whichever worker or retry says it; it is forgotten
        after 5 days. Raises StoreUnavailable; then nothing was counted.
        """
        async with self._database.writing() as connection:
            if once is None or await insert_one(connection, counted, key=key, once=once, at=at):
                await _add(connection, key, hour_of(at), amount)
            return await _total(connection, key, (hour_of(since), at + MICROSECOND) if since else None)

    @to_the_end
    async def total(self, key: str, since: datetime, until: datetime) -> int:
        """The sum over every hour that has a part in [since, until); see the module on its edges."""
        async with self._database.reading() as connection:
            return await _total(connection, key, (hour_of(since), until))


def hour_of(at: datetime) -> int:
    """Whole hours since 1970, UTC."""
    return int((at - EPOCH).total_seconds() // HOUR_SECONDS)


async def _add(connection: AsyncConnection, key: str, hour: int, amount: int) -> None:
    await insert_one(connection, counters, key=key, hour=hour, amount=0)
    await connection.execute(
        update(counters).where(counters.c.key == key, counters.c.hour == hour).values(amount=counters.c.amount + amount)
    )


async def _total(connection: AsyncConnection, key: str, window: tuple[int, datetime] | None) -> int:
    query = select(func.coalesce(func.sum(counters.c.amount), 0)).where(counters.c.key == key)
    if window is not None:
        since, until = window
        query = query.where(counters.c.hour >= since, counters.c.hour * HOUR_SECONDS < (until - EPOCH).total_seconds())
    return int((await connection.execute(query)).scalar_one())
