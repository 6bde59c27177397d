"""Counts of recorded findings of an area by sender, for reports. Reads the audit trail's codes alone.

A message counts once for its sender and Message-ID, however often it was sent again or split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Text, cast, select

from gateway.remember.audit import Audit
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import audit

#: Rows in memory at a time.
BATCH_ROWS = 1_000

#: (sender in lower case, code) -> number of messages.
Tally = Mapping[tuple[str, str], int]


class AuditCounts:
    def __init__(self, database: Database, trail: Audit) -> None:
        self._database = database
        self._trail = trail

    @to_the_end
    async def by_sender(self, area: str, since: datetime, until: datetime) -> Tally:
        """Count all codes `area.…` from `since` on and before `until`. Raises StoreUnavailable."""
        await self._trail.flush()
        query = select(audit.c.id, audit.c.sender_folded, audit.c.message_id, audit.c.codes).where(
            audit.c.at >= since, audit.c.at < until, cast(audit.c.codes, Text).contains(f'"{area}.', autoescape=True)
        )
        seen: set[tuple[str, str, str]] = set()
        async with self._database.reading() as connection:
            found = await connection.execute(query)
            while rows := found.fetchmany(BATCH_ROWS):
                for row in rows:
                    mail = row.message_id or row.id
                    codes = (code for code in row.codes if code.startswith(f"{area}."))
                    seen.update((row.sender_folded, mail, code) for code in codes)
        return Counter((sender, code) for sender, _, code in seen)

    @to_the_end
    async def has_mail(self, since: datetime, until: datetime) -> bool:
        """Return whether any message from `since` on and before `until` is recorded. Raises StoreUnavailable."""
        await self._trail.flush()
        query = select(audit.c.id).where(audit.c.at >= since, audit.c.at < until).limit(1)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None
