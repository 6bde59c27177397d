"""What is paused, and until when: `gateway.contract.Pauses` in the store, so that all workers keep to it.

Knows no reason to pause anything. A pause ends by its time or is lifted by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.contract import Pause
from gateway.remember.database import Database, insert_one, to_the_end
from gateway.remember.schema import pauses


class StorePauses:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        """Pause it; of several at once, one is told True. A pause that lasts longer stays as it is.

        Raises StoreUnavailable; then nothing is paused.
        """
        values = {"until": until, "at": at, "reason": reason}
        over = update(pauses).where(pauses.c.key == key, pauses.c.until <= at).values(values)
        longer = update(pauses).where(pauses.c.key == key, pauses.c.until < until).values(values)
        async with self._database.writing() as connection:
            if await insert_one(connection, pauses, key=key, **values):
                return True
            if (await connection.execute(over)).rowcount:
                return True
            await connection.execute(longer)
            return False

    @to_the_end
    async def until(self, key: str, now: datetime) -> datetime | None:
        """When the pause ends; None when it is not paused now."""
        query = select(pauses.c.until).where(pauses.c.key == key, pauses.c.until > now)
        async with self._database.reading() as connection:
            found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
            return found

    @to_the_end
    async def list(self, now: datetime) -> Sequence[Pause]:
        """What is paused now, newest first."""
        query = select(pauses).where(pauses.c.until > now).order_by(pauses.c.at.desc(), pauses.c.key)
        async with self._database.reading() as connection:
            return [Pause(row.key, row.until, row.at, row.reason) for row in await connection.execute(query)]

    @to_the_end
    async def lift(self, key: str) -> bool:
        """End a pause; False when there is none."""
        async with self._database.writing() as connection:
            return bool((await connection.execute(delete(pauses).where(pauses.c.key == key))).rowcount)
