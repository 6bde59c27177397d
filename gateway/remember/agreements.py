"""Addresses outside that were asked for their agreement: `gateway.contract.Agreements` in the store.

An agreement stays until its owner declines or a person revokes it. Every change is on record, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import delete, select, update

from gateway.contract import Agreement, HistoryRow
from gateway.control.vocabulary import AGREEMENTS, AgreementState
from gateway.message.header.addresses import address_key
from gateway.remember.database.database import Database, to_the_end, upsert
from gateway.remember.database.schema import agreements
from gateway.remember.records import OutboxItem
from gateway.remember.rows.history import read_history, write_history
from gateway.remember.rows.outbox import pack_items, write_items

#: Time for which a question without an agreement is kept, after the time to answer is over.
MEMORY = timedelta(days=180)


class StoreAgreements:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def agreed(self, addresses: Collection[str]) -> set[str]:
        """Return those of the addresses that have agreed. Raises StoreUnavailable."""
        keys = {one: address_key(one) for one in addresses}
        query = select(agreements.c.address).where(
            agreements.c.address.in_(sorted(set(keys.values()))), agreements.c.state == "agreed"
        )
        async with self._database.reading() as connection:
            found = set((await connection.execute(query)).scalars()) if keys else set()
        return {one for one, key in keys.items() if key in found}

    @to_the_end
    async def ask(self, asked: Agreement, id: str, item: OutboxItem, content: bytes, reason: str) -> None:
        """Keep the question, in the place of an earlier one, and queue its message, in one transaction."""
        packed = await pack_items([(item, content)])
        key = address_key(asked.address)
        row = {
            "address": key,
            "id": id,
            "state": asked.state,
            "asked_at": asked.asked_at,
            "asked_by": asked.asked_by,
            "until": asked.until,
            "answered_at": None,
            "reply_id": "",
            "lapses_at": asked.until + MEMORY,
        }
        async with self._database.writing() as connection:
            await connection.execute(upsert(connection, agreements, _anew), row)
            await write_items(connection, packed)
            done = HistoryRow(AGREEMENTS, asked.asked_at, asked.asked_by, "request_agreement", reason, (key,))
            await write_history(connection, [done])

    @to_the_end
    async def answer(self, address: str, id: str, *, agrees: bool, at: datetime, reply_id: str, origin: str) -> bool:
        """Keep the answer to the question with this id; return False where it isn't asked any more.

        The same answer again changes nothing. A no ends the question: no late copy of an earlier yes takes it back.
        """
        key, state = address_key(address), "agreed" if agrees else "declined"
        this = (agreements.c.address == key, agreements.c.id == id)
        async with self._database.writing() as connection:
            row = (await connection.execute(select(agreements).where(*this).with_for_update())).first()
            if row is not None and row.state == "declined" and agrees:
                return False
            if row is not None and row.state != state:
                lapses_at = None if agrees else row.until + MEMORY
                new = {"state": state, "answered_at": at, "reply_id": reply_id, "lapses_at": lapses_at}
                await connection.execute(update(agreements).where(*this).values(new))
                done = HistoryRow(AGREEMENTS, at, key, "agree" if agrees else "decline", origin, (key,))
                await write_history(connection, [done])
            return row is not None

    @to_the_end
    async def list(self) -> Sequence[Agreement]:
        """Return all that were asked, by address."""
        columns = [agreements.c[one.name] for one in fields(Agreement)]
        async with self._database.reading() as connection:
            rows = await connection.execute(select(*columns).order_by(agreements.c.address))
            return [Agreement(**row) for row in rows.mappings()]

    @to_the_end
    async def revoke(self, address: str, *, actor: str, reason: str, at: datetime) -> AgreementState | None:
        """Forget an agreement, or the question, on record; return its state until then, None when there is none."""
        key = address_key(address)
        this = agreements.c.address == key
        async with self._database.writing() as connection:
            row = (await connection.execute(select(agreements.c.state).where(this).with_for_update())).first()
            if row is None:
                return None
            await connection.execute(delete(agreements).where(this))
            await write_history(connection, [HistoryRow(AGREEMENTS, at, actor, "revoke", reason, (key,))])
            return cast("AgreementState", row.state)

    @to_the_end
    async def record(self) -> Sequence[HistoryRow]:
        """Return who asked, answered and revoked, oldest first."""
        async with self._database.reading() as connection:
            return (await read_history(connection, [AGREEMENTS])).get(AGREEMENTS, ())


def _anew(new: Any) -> Mapping[str, Any]:
    return {column.name: new[column.name] for column in agreements.c if not column.primary_key}
