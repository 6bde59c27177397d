"""The audit trail: one row for every message, buffered and written in batches, looked up by address or id.

A kill costs at most a second of appended rows. While the store fails, rows are kept up to a named limit; past it each
row that can't be kept is in the log.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from itertools import islice

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import audit, audit_recipients, folded
from gateway.remember.records import AuditRow, kept
from gateway.remember.rows.audit import RowKey, read_audit, write_audit

#: Seconds between writes, and so of rows that a kill may cost.
FLUSH_SECONDS = 1.0
#: Rows in one transaction: enough to share the price of an fsync, few enough to hold the write lock for milliseconds.
FLUSH_ROWS = 200
#: Rows kept while the store can't be written, about 20 MiB; at 50 messages a second that is more than six minutes.
BUFFER_ROWS = 20_000

_log = structlog.get_logger("mailwarden.audit")


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
    async def trace(self, text: str, limit: int = 100) -> list[AuditRow]:
        """Return rows by sender, recipient, Message-ID (with or without <>) or our id, newest first, with history."""
        await self.flush()
        async with self._database.reading() as connection:
            return await read_audit(connection, await _keys(connection, text, limit))

    @to_the_end
    async def span(self, direction: str) -> tuple[datetime | None, datetime | None]:
        """Return when the oldest row is from, and when mail in this direction was last seen; None means never."""
        async with self._database.reading() as connection:
            oldest = (await connection.execute(select(func.min(audit.c.at)))).scalar_one()
            column = audit_recipients.c
            newest = select(func.max(column.at)).where(column.direction == direction)
            return oldest, (await connection.execute(newest)).scalar_one()


def _say_lost(row: AuditRow, event: str) -> None:
    values = asdict(row) | {"at": row.at.isoformat(), "ms": dict(row.ms)}
    _log.error(event, **values)


def queries(text: str) -> tuple[Select[RowKey], ...]:
    """Return one query for each index in which the text may be found: no table is scanned."""
    by_sender, by_recipient = audit.c.sender_folded == folded(text), audit_recipients.c.address_folded == folded(text)
    bare = text.removeprefix("<").removesuffix(">")
    plain, bracketed = kept(bare), kept(f"<{bare}>")  # as the store keeps a long one
    return (
        select(audit.c.id, audit.c.at).where(audit.c.id == text).order_by(audit.c.at.desc()),
        select(audit.c.id, audit.c.at).where(by_sender).order_by(audit.c.at.desc()),
        select(audit.c.id, audit.c.at).where(audit.c.message_id == plain).order_by(audit.c.at.desc()),
        select(audit.c.id, audit.c.at).where(audit.c.message_id == bracketed).order_by(audit.c.at.desc()),
        select(audit_recipients.c.id, audit_recipients.c.at).where(by_recipient).order_by(audit_recipients.c.at.desc()),
    )


async def _keys(connection: AsyncConnection, text: str, limit: int) -> list[RowKey]:
    """Return the newest `limit` of all keys found."""
    found: set[RowKey] = set()
    for query in queries(text):
        found.update((row.id, row.at) for row in await connection.execute(query.limit(limit)))
    return sorted(found, key=lambda key: (key[1], key[0]), reverse=True)[:limit]
