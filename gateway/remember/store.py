"""The store: opens the database, checks its schema and hands out its parts. The gateway's only memory.

Several processes have the same store open at the same time; none keeps a copy of its content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import URL

from gateway.remember.agreements import StoreAgreements
from gateway.remember.audit import Audit
from gateway.remember.audit_counts import AuditCounts
from gateway.remember.chain.ends import has_ends, is_foreign
from gateway.remember.confirmed import StoreConfirmed
from gateway.remember.correspondents import StoreCorrespondents
from gateway.remember.counters import StoreCounters
from gateway.remember.database import migrate, sqlite
from gateway.remember.database.database import Database, located, store_url
from gateway.remember.database.errors import ForeignStore, NotHeld, SchemaOutdated, StoreFull, StoreUnavailable
from gateway.remember.database.schema import HEAD, oldest_head
from gateway.remember.deferrals import Deferrals
from gateway.remember.figures.desk import DeskFigures
from gateway.remember.figures.traffic import Traffic
from gateway.remember.ledger import StoreLedger
from gateway.remember.ledger_admin import Payments
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.notices import PendingNotices
from gateway.remember.outbox import Outbox
from gateway.remember.pauses import StorePauses
from gateway.remember.purge import ACTOR, BIN_DAYS, CORRESPONDENTS_DAYS, LEDGER_DAYS, purge
from gateway.remember.quarantine import Quarantine
from gateway.remember.receipts import DueReceipts, StoreReceipts
from gateway.remember.status_figures import read_figures
from gateway.remember.trail import Trail
from gateway.remember.used_tokens import Tokens

__all__ = ["NotHeld", "SchemaOutdated", "Store", "StoreFull", "StoreUnavailable", "located", "upgrade"]


class Store:
    """The open store, made by `open`.

    Its parts are: quarantine, audit, outbox, counters, deferrals, notices, pauses, agreements, due_receipts,
    tallies, tokens, trail, traffic, desk.
    """

    def __init__(self, database: Database, *, quarantine_max_bytes: int | None, keys: sqlite.KeyReader | None) -> None:
        self.database = database
        self._keys = keys
        self._quarantine_max_bytes = quarantine_max_bytes
        self.quarantine = Quarantine(database, max_bytes=quarantine_max_bytes, keys=keys)
        self.audit = Audit(database)
        self.outbox = Outbox(database, quarantine_max_bytes=quarantine_max_bytes)
        self.counters = StoreCounters(database, keys)
        self.deferrals = Deferrals(database)
        self.notices = PendingNotices(database)
        self.pauses = StorePauses(database)
        self.agreements = StoreAgreements(database)
        self.due_receipts = DueReceipts(database)
        self.tokens = Tokens(database)
        self.tallies = AuditCounts(database, self.audit)
        self.trail = Trail(database)
        self.traffic = Traffic(database, self.audit)
        self.desk = DeskFigures(database)

    @classmethod
    async def open(
        cls, url: str | URL, *, create: bool, key: bytes | None, quarantine_max_bytes: int | None = None
    ) -> Store:
        """Open the store at `sqlite:///FILE` or `postgresql://…`.

        `key` is the key of the records; without it nothing can be put on record. With `create`, which needs it, a
        missing or empty database gets its tables. Raises StoreUnavailable, or SchemaOutdated when the tables are of
        another version than this program, or ForeignStore when they were written with another key; ValueError for a
        URL that no store can be at.
        """
        database = Database(store_url(url), key)
        if database.path is not None:
            await asyncio.to_thread(sqlite.prepare_file, database.path, create=create)
        try:
            await _check_schema(database, url, key if create else None)
            await _check_key(database, key)
            keys = None if database.path is None else sqlite.KeyReader(database.path)
        except BaseException:
            await database.close()
            raise
        return cls(database, quarantine_max_bytes=quarantine_max_bytes, keys=keys)

    def limit_quarantine(self, max_bytes: int | None) -> None:
        """Set another size limit, from the next entry on: a quarantine that fills up gets room without a restart."""
        self._quarantine_max_bytes = self.quarantine.max_bytes = self.outbox.quarantine_max_bytes = max_bytes

    def correspondents(self, secret: bytes) -> StoreCorrespondents:
        """Return the memory of correspondents under this key (from `secret.key`)."""
        return StoreCorrespondents(self.database, secret, self._keys)

    def confirmed(self, secret: bytes) -> StoreConfirmed:
        """Return the memory of what senders have confirmed for good, under this key."""
        return StoreConfirmed(self.database, secret)

    def receipts(self, secret: bytes) -> StoreReceipts:
        """Return the memory of messages that wait for an answer, under this key."""
        return StoreReceipts(self.database, secret)

    def ledger(self, keys: LedgerKeys) -> StoreLedger:
        """Return the ledger of accounts named by counterparties, under this key."""
        return StoreLedger(self.database, keys, self._keys)

    def payments(self, keys: LedgerKeys) -> Payments:
        """Return the ledger as people look after it."""
        return Payments(self.database, keys)

    async def figures(self) -> dict[str, Any]:
        """Return the figures that `status` shows; `read_figures` defines the keys."""
        return await read_figures(
            self.database,
            quarantine_max_bytes=self._quarantine_max_bytes,
            refused_by=self.quarantine.refused_by,
        )

    async def purge(
        self,
        now: datetime,
        quarantine_days: float,
        audit_days: float,
        correspondents_days: float = CORRESPONDENTS_DAYS,
        ledger_days: float = LEDGER_DAYS,
        bin_days: float = BIN_DAYS,
        by: str = ACTOR,
    ) -> dict[str, int]:
        """Remove what is past its retention, in slices; return the counts. Raises StoreUnavailable."""
        days = (quarantine_days, audit_days, correspondents_days, ledger_days, bin_days)
        return await purge(self.database, now, *days, by)

    async def is_sealed(self) -> bool:
        """Return whether the records are sealed, so that a gateway without their `secret.key` can't use the store.

        Raises StoreUnavailable.
        """
        async with self.database.reading() as connection:
            return await has_ends(connection)

    async def close(self) -> None:
        """Write the audit rows that wait, then close every connection."""
        await self.audit.close()
        if self._keys is not None:
            self._keys.close()
        await self.database.close()


async def upgrade(url: str | URL, key: Callable[[], bytes]) -> str:
    """Bring a store to this program's schema; return its revision. Raises StoreUnavailable or SchemaOutdated.

    `key` gives the key of the records; it is called where rows have to be chained.
    """
    return await migrate.upgrade(url, key)


async def _check_key(database: Database, key: bytes | None) -> None:
    """Check that the chains' ends are sealed with this key. Raises ForeignStore."""
    if key is None:
        return
    async with database.reading() as connection:
        foreign = await is_foreign(connection, key)
    if foreign:
        raise ForeignStore(
            "secret.key doesn't belong to this store, which was written with another one: put the secret.key of the "
            'store\'s backup, or of another gateway on this store, into data_dir (see "Store and secret.key" in '
            "docs/upgrade.md)"
        )


async def _check_schema(database: Database, url: str | URL, key: bytes | None) -> None:
    """Check that this program can work on the tables; with a key, make them in an empty database.

    Those of a later version are fine where their revision says so: gateways are upgraded one after the other.
    """
    revision = await database.revision()
    if revision is None and key is not None:
        revision = await upgrade(url, lambda: key)
    if revision == HEAD:
        return
    if revision and revision > HEAD:  # revisions are numbered
        if (oldest_head(revision) or revision) <= HEAD:
            return
        raise SchemaOutdated(
            f"the store's schema is {revision}, newer than this program's {HEAD}: install the newer mailwarden again "
            "(`mailwarden db upgrade` only goes forward)"
        )
    raise SchemaOutdated(
        f"the store's schema is {revision or 'empty'}, this program needs {HEAD}: stop the gateway, back the store up "
        "and run `mailwarden db upgrade`"
    )
