"""Confirmations by senders, for good or for a thread: `gateway.contract.Confirmed` in the store.

Only keyed hashes are kept: without `secret.key` nobody can tell from the store who confirmed what.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, select

from gateway.remember.database.database import Database, to_the_end, upsert
from gateway.remember.database.schema import confirmed

#: Keys in one statement; SQLite takes 32,766 values.
READ_KEYS = 1_000
#: Octets of a hash. A hash lets mail through, so it must not be found by chance or by trying.
HASH_BYTES = 32


class StoreConfirmed:
    """Keeper of confirmed keys. `secret` keys the hashes: with another secret no key is confirmed."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    @to_the_end
    async def known(self, keys: Collection[str]) -> set[str]:
        """Return those of the keys that were confirmed. Raises StoreUnavailable."""
        hashes = {key: self._hash(key) for key in keys}
        wanted = sorted(set(hashes.values()))
        found: set[bytes] = set()
        async with self._database.reading() as connection:
            for at in range(0, len(wanted), READ_KEYS):
                query = select(confirmed.c.key).where(confirmed.c.key.in_(wanted[at : at + READ_KEYS]))
                found.update((await connection.execute(query)).scalars())
        return {key for key, hashed in hashes.items() if hashed in found}

    @to_the_end
    async def add(self, keys: Collection[str], at: datetime) -> None:
        """Confirm all keys; on the disk when this returns. The retention of known keys begins anew."""
        rows = self._rows(keys, at)
        if rows:
            async with self._database.writing() as connection:
                await connection.execute(upsert(connection, confirmed, _latest), rows)

    def _rows(self, keys: Collection[str], at: datetime) -> Sequence[dict[str, object]]:
        """Return the rows in the hashes' order, so that two writers never wait for each other crosswise."""
        return [{"key": hashed, "at": at} for hashed in sorted({self._hash(key) for key in keys})]

    def _hash(self, key: str) -> bytes:
        return hmac.digest(self._secret, key.encode("utf-8", "surrogatepass"), "sha256")[:HASH_BYTES]


def _latest(new: Any) -> Mapping[str, Any]:
    at = new.at
    return {"at": case((at > confirmed.c.at, at), else_=confirmed.c.at)}
