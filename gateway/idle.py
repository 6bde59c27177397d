"""The store's services for `explain` and release: they answer from the store, if there is one, and write nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from gateway.contract import Account, Correspondence, Correspondents, Counters, Ledger, Pair, Standing, Way


class IdleCounters:
    """Totals as they would be."""

    def __init__(self, real: Counters | None = None) -> None:
        self._real = real

    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """The total with the amount in it."""
        now = await self._real.add(key, 0, at, since=since) if self._real else 0
        return now + amount

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        return await self._real.total(key, since, until) if self._real else 0


class IdleCorrespondents:
    """Without a store everybody is a stranger."""

    def __init__(self, real: Correspondents | None = None) -> None:
        self._real = real

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return await self._real.known(pairs) if self._real else {}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        """Nothing is remembered."""


class IdleLedger:
    """Without a store nothing is known, and nothing blocked."""

    def __init__(self, real: Ledger | None = None) -> None:
        self._real = real

    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing:
        return await self._real.standing(counterparty, accounts) if self._real else Standing({}, 0, 0)

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        return await self._real.blocked(accounts, senders) if self._real else ()

    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        """Nothing is entered."""
