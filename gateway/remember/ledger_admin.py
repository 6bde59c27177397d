"""The ledger for people: list, import, forget, block. Each change is on record with who and why.

Names stand in clear only for domains that somebody typed in. An address, and all that was learned from mail, is kept as
a hash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import Account, Block, HistoryRow, LedgerEntry
from gateway.control.vocabulary import PAYMENTS
from gateway.remember.database.database import Database, insert_new, to_the_end
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import blocked, ledger, ledger_names
from gateway.remember.ledger_keys import LedgerKeys, handle
from gateway.remember.rows.history import read_history, write_history
from gateway.remember.rows.ledger import block_rows, is_steady, seen_rows, write_blocks, write_seen


class Payments:
    def __init__(self, database: Database, keys: LedgerKeys) -> None:
        self._database = database
        self._keys = keys

    @to_the_end
    async def accounts(
        self, counterparty: str | None = None, account: Account | None = None, *, limit: int = 1_000
    ) -> list[LedgerEntry]:
        """Return the accounts of one counterparty, or this one of them; else of all, named ones first.

        An account needs its counterparty: its hash is made of both. Raises StoreUnavailable.
        """
        query = (
            select(ledger, ledger_names.c.name, is_steady().label("steady"))
            .outerjoin(ledger_names, ledger_names.c.counterparty == ledger.c.counterparty)
            .order_by(ledger_names.c.name.is_(None), ledger_names.c.name, ledger.c.counterparty, ledger.c.first_at)
            .limit(limit)
        )
        if counterparty is not None:
            query = query.where(ledger.c.counterparty == self._keys.counterparty(counterparty))
        if counterparty is not None and account is not None:
            query = query.where(ledger.c.account == self._keys.account(counterparty, account))
        async with self._database.reading() as connection:
            return [_entry(row) for row in await connection.execute(query)]

    @to_the_end
    async def relied_on(
        self, accounts: Collection[Account], *, besides: Collection[tuple[str, datetime]] = ()
    ) -> frozenset[Account]:
        """Return those of the accounts that are steady for any counterparty.

        `besides` leaves out (counterparty, moment): the accounts that the counterparty has had since exactly that
        moment. This looks at every steady account of the ledger: it is for a person's question, not for the path of a
        message.
        """
        query = select(ledger.c.counterparty, ledger.c.account, ledger.c.first_at).where(is_steady())
        left_out = {(self._keys.counterparty(name), first) for name, first in besides}
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        steady = [(r.counterparty, r.account) for r in rows if (r.counterparty, r.first_at) not in left_out]
        return await asyncio.to_thread(self._among, frozenset(accounts), steady)

    def _among(self, accounts: frozenset[Account], steady: Sequence[tuple[bytes, bytes]]) -> frozenset[Account]:
        owners, known = {owner for owner, _ in steady}, {account for _, account in steady}
        keys = self._keys
        return frozenset(a for a in accounts if any(keys.account_of(owner, a) in known for owner in owners))

    @to_the_end
    async def blocks(self, *, limit: int = 1_000, mail_id: str = "") -> list[Block]:
        """Return the blocks, newest first; `mail_id`: those alone that the report of this message made."""
        query = select(blocked).order_by(blocked.c.at.desc(), blocked.c.key).limit(limit)
        if mail_id:
            query = query.where(blocked.c.mail_id == mail_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [Block(handle(r.key), r.kind, r.at, r.actor, r.reason, r.mail_id) for r in rows]

    @to_the_end
    async def record(self) -> tuple[HistoryRow, ...]:
        """Return who changed what, oldest first."""
        async with self._database.reading() as connection:
            return (await read_history(connection, [PAYMENTS])).get(PAYMENTS, ())

    @to_the_end
    async def enter(self, accounts: Collection[tuple[str, Account]], *, actor: str, reason: str, at: datetime) -> int:
        """Enter verified accounts by counterparty, all or none; return how many were not known before."""
        rows = [row for name, one in accounts for row in seen_rows(self._keys, name, [one], at, verified=True)]
        names = sorted({name.lower() for name, _ in accounts if "@" not in name})
        named = [{"counterparty": self._keys.counterparty(name), "name": name} for name in names]
        async with self._database.writing() as connection:
            await take_turn(connection, PAYMENTS)
            before = await _count(connection)
            await write_seen(connection, rows)
            await insert_new(connection, ledger_names, named)
            sentence = f"{len(accounts)} accounts of {len({n.lower() for n, _ in accounts})} counterparties: {reason}"
            await write_history(connection, [HistoryRow(PAYMENTS, at, actor, "import", sentence)])
            return await _count(connection) - before

    @to_the_end
    async def forget(
        self, counterparty: str, account: Account | None = None, *, actor: str, reason: str, at: datetime
    ) -> int:
        """Remove one account of a counterparty, or all of them with its name; return how many there were."""
        owner = self._keys.counterparty(counterparty)
        which = [ledger.c.counterparty == owner]
        if account is not None:
            which.append(ledger.c.account == self._keys.account(counterparty, account))
        async with self._database.writing() as connection:
            gone = (await connection.execute(delete(ledger).where(*which))).rowcount
            left = select(ledger.c.account).where(ledger.c.counterparty == owner).limit(1)
            if (await connection.execute(left)).first() is None:
                await connection.execute(delete(ledger_names).where(ledger_names.c.counterparty == owner))
            if gone:
                whose = f"(hash {handle(owner)})" if "@" in counterparty else counterparty
                await write_history(connection, [HistoryRow(PAYMENTS, at, actor, "forget", reason, (whose,))])
            return gone

    @to_the_end
    async def block(self, one: Account | str, *, actor: str, reason: str, at: datetime) -> bool:
        """Block an account, an address, or a domain as `@domain`; return False when it is blocked already."""
        rows = block_rows(self._keys, [one], actor=actor, reason=reason, at=at)
        async with self._database.writing() as connection:
            await take_turn(connection, PAYMENTS)
            if await _is_blocked(connection, rows[0]["key"]):
                return False
            await write_blocks(connection, rows)
            await write_history(connection, [HistoryRow(PAYMENTS, at, actor, "block", _about(rows[0], reason))])
            return True

    @to_the_end
    async def unblock(self, one: Account | str, *, actor: str, reason: str, at: datetime) -> bool:
        """Lift a block; return False when there is none."""
        (row,) = block_rows(self._keys, [one], actor=actor, reason=reason, at=at)
        async with self._database.writing() as connection:
            gone = (await connection.execute(delete(blocked).where(blocked.c.key == row["key"]))).rowcount
            if gone:
                await write_history(connection, [HistoryRow(PAYMENTS, at, actor, "unblock", _about(row, reason))])
            return bool(gone)


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        counterparty=handle(row.counterparty),
        name=row.name or "",
        account=handle(row.account),
        kind=row.kind,
        first=row.first_at,
        last=row.last_at,
        dates=row.dates,
        verified=bool(row.verified),
        steady=bool(row.steady),
    )


def _about(row: Mapping[str, Any], reason: str) -> str:
    """Describe the row for the record by kind and handle, which don't repeat what was typed in."""
    return f"{row['kind']} {handle(row['key'])}: {reason}"


async def _count(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.count()).select_from(ledger))).scalar_one())


async def _is_blocked(connection: AsyncConnection, key: bytes) -> bool:
    return (await connection.execute(select(blocked.c.key).where(blocked.c.key == key))).first() is not None
