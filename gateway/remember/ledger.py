"""The ledger of accounts named by counterparties: `gateway.contract.Ledger` in the store.

Only keyed hashes are kept, with kinds, dates and counts. `ledger_admin.py` has the operations by people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import Account, LedgerRecord, Standing
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import blocked, ledger
from gateway.remember.database.sqlite import KeyReader
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.rows.ledger import is_steady, seen_rows, write_seen

#: Keys in one statement; SQLite takes 32,766 values.
READ_KEYS = 1_000
#: The most accounts that one message adds. A bill names a few; a message with more is a list, and would only fill the
#: store.
ADDED_ACCOUNTS = 50


class StoreLedger:
    def __init__(self, database: Database, keys: LedgerKeys, reader: KeyReader | None = None) -> None:
        self._database = database
        self._keys = keys
        self._reader = reader

    @to_the_end
    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing:
        """Return how these accounts stand to the counterparty. Raises StoreUnavailable."""
        owner = self._keys.counterparty(counterparty)
        keys = {account: self._keys.account(counterparty, account) for account in accounts}
        counts = select(func.count(), func.sum(case((is_steady(), 1), else_=0)))
        async with self._database.reading() as connection:
            total, steady = (await connection.execute(counts.where(ledger.c.counterparty == owner))).one()
            seen = await _seen(connection, owner, sorted(set(keys.values()))) if total else {}
        known = {account: seen[key] for account, key in keys.items() if key in seen}
        return Standing(known, int(steady or 0), total)

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        """Return those of the accounts and senders that are blocked. Raises StoreUnavailable.

        This is called for every message: with SQLite it costs one index walk for each key, without a change of thread.
        """
        asked: dict[Account | str, tuple[bytes, ...]] = {a: (self._keys.blocked(a),) for a in accounts}
        asked |= {s: tuple(map(self._keys.blocked, _with_domain(s))) for s in senders}
        wanted = sorted({key for keys in asked.values() for key in keys})
        found: set[bytes] = set()
        for at in range(0, len(wanted), READ_KEYS):
            found |= await self._blocked(wanted[at : at + READ_KEYS])
        return frozenset(one for one, keys in asked.items() if not found.isdisjoint(keys))

    async def _blocked(self, keys: Sequence[bytes]) -> set[bytes]:
        if self._reader is not None and (found := self._reader.blocked(keys)) is not None:
            return found
        return await self._read_blocked(keys)

    @to_the_end
    async def _read_blocked(self, keys: Sequence[bytes]) -> set[bytes]:
        async with self._database.reading() as connection:
            return set((await connection.execute(select(blocked.c.key).where(blocked.c.key.in_(keys)))).scalars())

    @to_the_end
    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        """Record the accounts as seen in mail at this time; on the disk when this returns. Raises StoreUnavailable."""
        chosen = sorted(accounts, key=lambda a: (a.kind, a.number))[:ADDED_ACCOUNTS]
        rows = seen_rows(self._keys, counterparty, chosen, at, verified=False)
        if rows:
            async with self._database.writing() as connection:
                await write_seen(connection, rows)


async def _seen(connection: AsyncConnection, owner: bytes, keys: Sequence[bytes]) -> Mapping[bytes, LedgerRecord]:
    found: dict[bytes, LedgerRecord] = {}
    for at in range(0, len(keys), READ_KEYS):
        some = ledger.c.account.in_(keys[at : at + READ_KEYS])
        rows = await connection.execute(select(ledger).where(ledger.c.counterparty == owner, some))
        found.update({r.account: LedgerRecord(r.first_at, r.last_at, r.dates, bool(r.verified)) for r in rows})
    return found


def _with_domain(sender: str) -> tuple[str, ...]:
    """Return the names under which a sender may be blocked: the address itself, or all of its domain."""
    local, _, domain = sender.rpartition("@")
    return (sender, f"@{domain}") if local else (sender,)
