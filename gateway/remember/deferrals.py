"""The times of messages' first deferrals by a filter, so that `defer_limit` can end them. Forgotten after 5 days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from gateway.remember.database.database import Database, insert_one, to_the_end
from gateway.remember.database.schema import deferrals


class Deferrals:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def first(self, key: bytes, filter: str, at: datetime) -> datetime:
        """Return when this message (by its retry key) was first deferred by this filter: `at` itself the first time.

        A later call never moves that time. Raises StoreUnavailable.
        """
        known = await self._look(key, filter)
        if known is not None:
            return known
        async with self._database.writing() as connection:
            await insert_one(connection, deferrals, key=key, filter=filter, first_at=at)
        return await self._look(key, filter) or at

    async def _look(self, key: bytes, filter: str) -> datetime | None:
        query = select(deferrals.c.first_at).where(deferrals.c.key == key, deferrals.c.filter == filter)
        async with self._database.reading() as connection:
            found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
            return found
