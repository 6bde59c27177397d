"""Messages of our people that wait for an answer: `gateway.contract.Receipts` in the store, and reminders that are due.

Only keyed hashes of the Message-IDs are kept, and the recipients' domains. A row goes with the answer, or in the
transaction that queues its reminder, so that nobody is reminded twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, delete, func, select

from gateway.remember.database.database import Database, to_the_end, upsert
from gateway.remember.database.schema import awaited_receipts
from gateway.remember.records import OutboxItem
from gateway.remember.rows.notices import write_reminded
from gateway.remember.rows.outbox import pack_items, write_items

#: Octets of a hash, as for correspondents.
KEY_BYTES = 16
#: Keys in one statement; SQLite takes 32,766 values.
READ_KEYS = 1_000
#: Domains of a message that are kept. Answers from others aren't recognised.
KEPT_DOMAINS = 50
#: Messages of one person that wait at the same time.
MOST_OF_A_PERSON = 20


@dataclass(frozen=True, slots=True)
class AwaitedReceipt:
    """A message that nobody has answered."""

    key: bytes
    person: str
    mail_id: str
    domains: tuple[str, ...]
    sent_at: datetime


class StoreReceipts:
    """Memory of messages that wait. `secret` keys the hashes: with another secret no answer is recognised."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    @to_the_end
    async def expect(
        self,
        message_id: str,
        person: str,
        mail_id: str,
        domains: Collection[str],
        sent_at: datetime,
        due_at: datetime,
    ) -> None:
        """Wait for an answer; on the disk when this returns. A message that waits already is left as it is.

        Where so many of the person's wait, this one isn't entered: the earlier ones are reminded of in any case.
        """
        kept, times = sorted(domains)[:KEPT_DOMAINS], {"sent_at": sent_at, "due_at": due_at}
        row = {"key": self._key(message_id), "person": person, "mail_id": mail_id, "domains": kept, **times}
        waiting = select(func.count()).select_from(awaited_receipts).where(awaited_receipts.c.person == person)
        async with self._database.writing() as connection:
            if (await connection.execute(waiting)).scalar_one() < MOST_OF_A_PERSON:
                await connection.execute(upsert(connection, awaited_receipts, _unchanged), row)

    @to_the_end
    async def answered(self, message_ids: Collection[str], domains: Collection[str]) -> int:
        """Forget those of the messages that wait for these domains; return their number.

        Mail that answers none takes no lock.
        """
        keys = sorted({self._key(one) for one in message_ids})[:READ_KEYS]
        waiting = select(awaited_receipts.c.key, awaited_receipts.c.domains).where(awaited_receipts.c.key.in_(keys))
        async with self._database.reading() as connection:
            rows = (await connection.execute(waiting)).all() if keys else []
        answered = [row.key for row in rows if not set(domains).isdisjoint(row.domains)]
        if not answered:
            return 0
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(awaited_receipts).where(awaited_receipts.c.key.in_(answered)))
            return gone.rowcount

    def _key(self, message_id: str) -> bytes:
        return hmac.digest(self._secret, message_id.encode("utf-8", "surrogatepass"), "sha256")[:KEY_BYTES]


class DueReceipts:
    """The messages whose answer is overdue, for the keeper, which knows no Message-ID."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def due(self, now: datetime, limit: int) -> Sequence[AwaitedReceipt]:
        """Return messages whose reminder is due, the oldest first."""
        query = select(awaited_receipts).where(awaited_receipts.c.due_at <= now)
        query = query.order_by(awaited_receipts.c.due_at, awaited_receipts.c.key).limit(limit)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [AwaitedReceipt(row.key, row.person, row.mail_id, tuple(row.domains), row.sent_at) for row in rows]

    @to_the_end
    async def remind(self, several: Sequence[AwaitedReceipt], item: OutboxItem, content: bytes) -> bool:
        """Forget messages of one person and queue the reminder of them, in one transaction.

        Returns False where one of them was answered, or another process reminded, meanwhile: then nothing is changed.
        """
        packed = await pack_items([(item, content)])
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(_forget(several))).rowcount < len(several):
                    raise _Answered
                await write_reminded(
                    connection, several[0].person, "sender", [one.mail_id for one in several], "receipt", item.queued_at
                )
                await write_items(connection, packed)
        except _Answered:
            return False
        return True

    @to_the_end
    async def drop(self, several: Sequence[AwaitedReceipt]) -> None:
        """Forget messages that nobody is to be reminded of."""
        async with self._database.writing() as connection:
            await connection.execute(_forget(several))


class _Answered(Exception):
    """One of the messages waits no more: the transaction is undone."""


def _forget(several: Sequence[AwaitedReceipt]) -> Delete:
    return delete(awaited_receipts).where(awaited_receipts.c.key.in_([one.key for one in several]))


def _unchanged(new: Any) -> dict[str, Any]:
    return {"key": new.key}
