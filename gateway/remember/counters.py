"""Counters that all workers share: `gateway.contract.Counters` in the store.

Amounts are kept by whole minutes, so a window's edges are moved outwards to full minutes: `total` over the last hour
may count up to a minute more, never less.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, insert_one, to_the_end
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import EPOCH, MICROSECOND, as_name, counted, counters
from gateway.remember.database.sqlite import KeyReader

MINUTE_SECONDS = 60


class StoreCounters:
    def __init__(self, database: Database, keys: KeyReader | None = None) -> None:
        self._database = database
        self._keys = keys

    @to_the_end
    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """Add to the counter and return its total from `since` on, or all that is kept, in one transaction.

        The total includes what other gateways have counted, also where their clocks are ahead. The same `once` (a
        message's retry key) counts a single time, whichever worker or retry passes it; it is forgotten after 5 days.
        Raises StoreUnavailable; then nothing was counted.
        """
        async with self._database.writing() as connection:
            await take_turn(connection, f"counter {key}")  # else of two at the same time none would see both amounts
            if once is None or await insert_one(connection, counted, key=key, once=once, at=at):
                await _add(connection, key, minute_of(at), amount)
            return await _total(connection, key, *([] if since is None else [counters.c.minute >= minute_of(since)]))

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        """Return the sum over every minute that has a part in [since, until); the module describes the edges.

        With SQLite it costs one index walk, without a change of thread. Raises StoreUnavailable.
        """
        first, last = minute_of(since), minute_of(until - MICROSECOND)
        if self._keys is not None and (found := self._keys.total(as_name(key), first, last)) is not None:
            return found
        return await self._read_total(key, first, last)

    @to_the_end
    async def _read_total(self, key: str, first: int, last: int) -> int:
        async with self._database.reading() as connection:
            return await _total(connection, key, counters.c.minute.between(first, last))


def minute_of(at: datetime) -> int:
    """Return the whole minutes since 1970."""
    return int((at - EPOCH).total_seconds() // MINUTE_SECONDS)


async def _add(connection: AsyncConnection, key: str, minute: int, amount: int) -> None:
    await insert_one(connection, counters, key=key, minute=minute, amount=0)
    this = (counters.c.key == key, counters.c.minute == minute)
    await connection.execute(update(counters).where(*this).values(amount=counters.c.amount + amount))


async def _total(connection: AsyncConnection, key: str, *minutes: ColumnElement[bool]) -> int:
    query = select(func.coalesce(func.sum(counters.c.amount), 0)).where(counters.c.key == key, *minutes)
    return int((await connection.execute(query)).scalar_one())
