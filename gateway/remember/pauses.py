"""Pauses by key, each with its end: `gateway.contract.Pauses` in the store, so that all workers keep to them.

This module knows no reason to pause a key. A pause ends by its time or is lifted by a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from gateway.contract import HistoryRow, Pause
from gateway.control.vocabulary import PAUSES
from gateway.remember.database.database import Database, to_the_end, upsert
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import pauses
from gateway.remember.rows.history import read_history, write_history


class StorePauses:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        """Pause the key; of several callers at once, one is told True. A pause that lasts longer stays unchanged.

        Raises StoreUnavailable; then nothing is paused.
        """
        async with self._database.writing() as connection:
            await take_turn(connection, f"pause {key}")
            query = select(pauses.c.until).where(pauses.c.key == key).with_for_update()
            ends = (await connection.execute(query)).scalar_one_or_none()
            if ends is None or ends < until:
                row = {"key": key, "until": until, "at": at, "reason": reason}
                await connection.execute(upsert(connection, pauses, _anew), row)
            return ends is None or ends <= at

    @to_the_end
    async def until(self, key: str, now: datetime) -> datetime | None:
        """Return when the pause ends; None when the key is not paused now."""
        query = select(pauses.c.until).where(pauses.c.key == key, pauses.c.until > now)
        async with self._database.reading() as connection:
            found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
            return found

    @to_the_end
    async def list(self, now: datetime) -> Sequence[Pause]:
        """Return the pauses of this moment, newest first."""
        query = select(pauses).where(pauses.c.until > now).order_by(pauses.c.at.desc(), pauses.c.key)
        async with self._database.reading() as connection:
            return [Pause(row.key, row.until, row.at, row.reason) for row in await connection.execute(query)]

    @to_the_end
    async def lift_on_record(self, key: str, *, actor: str, reason: str, at: datetime) -> bool:
        """End a pause like `lift`, by a person and on record; return False when there is none."""
        async with self._database.writing() as connection:
            gone = (await connection.execute(delete(pauses).where(pauses.c.key == key, pauses.c.until > at))).rowcount
            if gone:
                await write_history(connection, [HistoryRow(PAUSES, at, actor, "lift", reason, (key,))])
            return bool(gone)

    @to_the_end
    async def record(self) -> Sequence[HistoryRow]:
        """Return who lifted what, oldest first."""
        async with self._database.reading() as connection:
            return (await read_history(connection, [PAUSES])).get(PAUSES, ())

    @to_the_end
    async def lift(self, key: str) -> bool:
        """End a pause; return False when there is none."""
        async with self._database.writing() as connection:
            return bool((await connection.execute(delete(pauses).where(pauses.c.key == key))).rowcount)


def _anew(new: Any) -> Mapping[str, Any]:
    return {"until": new.until, "at": new.at, "reason": new.reason}
