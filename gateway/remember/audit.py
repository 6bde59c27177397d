"""The audit trail: one row for every message, buffered and written in batches, searched by `rows.audit_search`.

A kill costs at most a second of appended rows. While the store fails, rows are kept up to a named limit; past it each
row that can't be kept is in the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from itertools import islice

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import audit, audit_recipients
from gateway.remember.records import AuditRow
from gateway.remember.rows.audit import RowKey, read_audit, write_audit
from gateway.remember.rows.audit_search import Sought, search

#: Seconds between writes, and so of rows that a kill may cost.
FLUSH_SECONDS = 1.0
#: Rows in one transaction: enough to share the price of an fsync, few enough to hold the write lock for milliseconds.
FLUSH_ROWS = 200
#: Rows kept while the store can't be written, about 20 MiB; at 50 messages a second that is more than six minutes.
BUFFER_ROWS = 20_000

_log = structlog.get_logger("mailwarden.audit")


class Page(list[AuditRow]):
    """Rows of the trail, newest first. `behind` is the id and time behind which the search goes on; None: nothing."""

    def __init__(self, rows: Iterable[AuditRow], behind: RowKey | None) -> None:
        super().__init__(rows)
        self.behind = behind


class Audit:
    """Buffer and writer of the audit trail. Call `append` anywhere on the event loop; one task runs `run`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows: deque[AuditRow] = deque()
        self._batch_is_full = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._failing = False

    @property
    def waiting(self) -> int:
        """The number of rows that are not written yet."""
        return len(self._rows)

    def append(self, row: AuditRow) -> None:
        """Take a row; it is written within a second. Never waits. Raises ValueError for a time without a zone."""
        if row.at.tzinfo is None:
            raise ValueError(f"an audit row needs an aware time, not {row.at!r}")
        self._rows.append(row)
        if len(self._rows) > BUFFER_ROWS:
            _say_lost(self._rows.popleft(), "audit.dropped")
        if len(self._rows) >= FLUSH_ROWS and not self._failing:
            self._batch_is_full.set()

    async def run(self) -> None:
        """Write every second, or as soon as 200 rows wait, until cancelled; then once more."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(FLUSH_SECONDS):
                        await self._batch_is_full.wait()
                await self._write(len(self._rows))
        finally:
            await self.flush()

    async def flush(self) -> bool:
        """Write all waiting rows. On trouble keep them, log it, and return False."""
        return await self._write(BUFFER_ROWS)

    @to_the_end
    async def _write(self, rows: int) -> bool:
        """Write that many rows, or all if fewer wait.

        Rows that arrive meanwhile wait for the next batch: a small batch costs as much as a large one.
        """
        async with self._flushing:
            self._batch_is_full.clear()
            while self._rows and rows > 0:
                batch = tuple(islice(self._rows, FLUSH_ROWS))
                try:
                    async with self._database.writing() as connection:
                        await write_audit(connection, batch)
                except StoreUnavailable as error:
                    self._failing = True
                    _log.error("audit.not_written", error=str(error), waiting=len(self._rows))
                    return False
                self._forget(batch)
                self._failing = False
                rows -= len(batch)
            if len(self._rows) < FLUSH_ROWS:
                self._batch_is_full.clear()  # the event was set by the rows that are written now
        return True

    def _forget(self, batch: tuple[AuditRow, ...]) -> None:
        """Drop the written rows; others may have been dropped from the left while the batch was written."""
        written = {id(row) for row in batch}
        while self._rows and id(self._rows[0]) in written:
            self._rows.popleft()

    async def close(self) -> None:
        """Write the waiting rows; log each row that can't be written."""
        if not await self.flush():
            for row in self._rows:
                _say_lost(row, "audit.lost")

    @to_the_end
    async def trace(self, sought: Sought | str, limit: int = 100, behind: str = "") -> Page:
        """Return rows, newest first, with their history; a text is an address, a domain, a Message-ID or our id.

        `behind` is the id of a row: the page begins behind it. Raises LookupError where no row has that id.
        """
        await self.flush()
        wanted = Sought((sought,)) if isinstance(sought, str) else sought
        async with self._database.reading() as connection:
            found = await search(connection, wanted, limit, await _place(connection, behind) if behind else None)
            return Page(await read_audit(connection, found.keys), found.behind)

    @to_the_end
    async def ids(self, start: str, *, limit: int = 3) -> Sequence[str]:
        """Return ids of messages that begin with this text, newest first."""
        await self.flush()
        query = select(audit.c.id).distinct().where(audit.c.id >= start, audit.c.id < start + chr(0x10FFFF))
        async with self._database.reading() as connection:
            return (await connection.execute(query.order_by(audit.c.id.desc()).limit(limit))).scalars().all()

    @to_the_end
    async def span(self, direction: str) -> tuple[datetime | None, datetime | None]:
        """Return when the oldest row is from, and when mail in this direction was last seen; None means never."""
        async with self._database.reading() as connection:
            oldest = (await connection.execute(select(func.min(audit.c.at)))).scalar_one()
            column = audit_recipients.c
            newest = select(func.max(column.at)).where(column.direction == direction)
            return oldest, (await connection.execute(newest)).scalar_one()


def _say_lost(row: AuditRow, event: str) -> None:
    values = asdict(row) | {"at": row.at.isoformat(), "ms": dict(row.ms), "monitored": dict(row.monitored)}
    _log.error(event, **values)


async def _place(connection: AsyncConnection, id: str) -> RowKey:
    at = (await connection.execute(select(func.min(audit.c.at)).where(audit.c.id == id))).scalar_one()
    if at is None:
        raise LookupError(f"no message on record has the id {id}")
    return id, at
