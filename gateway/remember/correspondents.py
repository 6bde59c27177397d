"""Correspondents: our people and those outside who exchanged mail, `gateway.contract.Correspondents` in the store.

Only keyed hashes of pairs are kept, with two dates and two counts: without `secret.key` nobody can tell from the store
who wrote to whom. Additions by many messages within a moment are written as one transaction.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from gateway.contract import Correspondence, Pair, Way
from gateway.message.header.addresses import address_key
from gateway.remember.database.database import Database, add_up, to_the_end
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import EPOCH, MICROSECOND, correspondents
from gateway.remember.database.sqlite import KeyReader

#: Seconds for which additions are gathered to share a transaction. Nobody waits for them but a shutdown.
GATHER_SECONDS = 0.25
#: Pairs kept while the store can't be written, some 5 MiB; past it the oldest are forgotten.
WAITING_PAIRS = 20_000
#: Pairs in one statement; SQLite takes 32,766 values.
READ_PAIRS = 1_000
#: Octets of a hash: two of a billion pairs agree with a chance of one in 10^20.
KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Addition:
    key: bytes
    way: Way
    at: datetime


class StoreCorrespondents:
    """Memory of pairs. `secret` keys the hashes: with another secret, every pair is unknown."""

    def __init__(self, database: Database, secret: bytes, keys: KeyReader | None = None) -> None:
        self._database = database
        self._secret = secret
        self._keys = keys
        self._waiting: list[_Addition] = []
        self._writing = asyncio.Lock()

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        """Return the known correspondence of these pairs. Raises StoreUnavailable.

        This is on the path of inbound mail: with SQLite it costs one index walk for each pair, without a change of
        thread.
        """
        keys = {pair: self._key(pair) for pair in pairs}
        wanted = sorted(set(keys.values()))
        found: dict[bytes, Correspondence] = {}
        for at in range(0, len(wanted), READ_PAIRS):
            found.update(await self._rows(wanted[at : at + READ_PAIRS]))
        return {pair: found[key] for pair, key in keys.items() if key in found}

    async def _rows(self, keys: Sequence[bytes]) -> Mapping[bytes, Correspondence]:
        if self._keys is None or (rows := self._keys.correspondences(keys)) is None:
            return await self._read(keys)
        return {key: Correspondence(_moment(first), _moment(last), *counts) for key, first, last, *counts in rows}

    @to_the_end
    async def _read(self, keys: Sequence[bytes]) -> Mapping[bytes, Correspondence]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(correspondents).where(correspondents.c.pair.in_(keys)))
            return {r.pair: Correspondence(r.first_at, r.last_at, r.received, r.sent) for r in rows}

    @to_the_end
    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        """Count one message for each of the pairs; on the disk when this returns.

        Raises StoreUnavailable: then the additions wait, up to a limit, and are written with the next ones.
        """
        self._waiting += [_Addition(key, way, at) for key in {self._key(pair) for pair in pairs}]
        async with self._writing:
            if not self._waiting:
                return  # these additions were written together with those of another message
            await asyncio.sleep(GATHER_SECONDS)
            batch, self._waiting = self._waiting, []
            try:
                await self._write(batch)
            except StoreUnavailable:
                self._waiting = [*batch, *self._waiting][-WAITING_PAIRS:]
                raise

    async def _write(self, batch: Sequence[_Addition]) -> None:
        async with self._database.writing() as connection:
            await add_up(connection, correspondents, _rows_of(batch))

    def _key(self, pair: Pair) -> bytes:
        text = "\0".join(map(address_key, pair)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, text, "sha256")[:KEY_BYTES]


def _rows_of(batch: Sequence[_Addition]) -> list[dict[str, object]]:
    """Return one row for each pair, in the keys' order, so that two writers never wait for each other crosswise."""
    rows: dict[bytes, dict[str, object]] = {}
    for key, several in _by_key(batch).items():
        times = [one.at for one in several]
        received = sum(one.way == "received" for one in several)
        counts = {"received": received, "sent": len(several) - received}
        rows[key] = {"pair": key, "first_at": min(times), "last_at": max(times), **counts}
    return [rows[key] for key in sorted(rows)]


def _by_key(batch: Sequence[_Addition]) -> Mapping[bytes, list[_Addition]]:
    found: dict[bytes, list[_Addition]] = {}
    for one in batch:
        found.setdefault(one.key, []).append(one)
    return found


def _moment(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND
