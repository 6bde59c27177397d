"""The store's services for `explain` and release: they answer from the store, if there is one, and write nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from gateway.contract import (
    Account,
    Confirmed,
    Correspondence,
    Correspondents,
    Counters,
    Ledger,
    Pair,
    Pause,
    Pauses,
    Standing,
    Way,
)

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class ReadOnlyCounters:
    """Counters that are read only: totals as they would be."""

    def __init__(self, real: Counters | None = None) -> None:
        self._real = real

    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """Return the total with the amount in it; nothing is counted."""
        return await self.total(key, since or _FIRST, _LAST) + amount

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        return await self._real.total(key, since, until) if self._real else 0


class ReadOnlyCorrespondents:
    """Correspondents that are read only. Without a store everybody is a stranger."""

    def __init__(self, real: Correspondents | None = None) -> None:
        self._real = real

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return await self._real.known(pairs) if self._real else {}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        """Remember nothing."""


class ReadOnlyLedger:
    """A ledger that is read only. Without a store no account is known, and none blocked."""

    def __init__(self, real: Ledger | None = None) -> None:
        self._real = real

    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing:
        return await self._real.standing(counterparty, accounts) if self._real else Standing({}, 0, 0)

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        return await self._real.blocked(accounts, senders) if self._real else ()

    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        """Enter nothing."""


class ReadOnlyPauses:
    """Pauses that are read only."""

    def __init__(self, real: Pauses | None = None) -> None:
        self._real = real

    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        """Return the answer as it would be; nothing is paused."""
        return await self.until(key, at) is None

    async def until(self, key: str, now: datetime) -> datetime | None:
        return await self._real.until(key, now) if self._real else None

    async def list(self, now: datetime) -> Sequence[Pause]:
        return await self._real.list(now) if self._real else ()

    async def lift(self, key: str) -> bool:
        """Return False; nothing is lifted."""
        return False


class ReadOnlyReceipts:
    """Receipts that are read only: nothing is waited for."""

    async def expect(
        self,
        message_id: str,
        person: str,
        mail_id: str,
        domains: Collection[str],
        sent_at: datetime,
        due_at: datetime,
    ) -> None:
        """Wait for nothing."""

    async def answered(self, message_ids: Collection[str], domains: Collection[str]) -> int:
        """Return 0; nothing is forgotten."""
        return 0


class NoAgreements:
    """Agreements without a store: nobody has agreed."""

    async def agreed(self, addresses: Collection[str]) -> set[str]:
        return set()


class ReadOnlyConfirmed:
    """Confirmations that are read only. Without a store nothing is confirmed."""

    def __init__(self, real: Confirmed | None = None) -> None:
        self._real = real

    async def known(self, keys: Collection[str]) -> set[str]:
        return await self._real.known(keys) if self._real else set()

    async def add(self, keys: Collection[str], at: datetime) -> None:
        """Confirm nothing."""
