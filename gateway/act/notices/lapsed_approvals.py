"""Releases by two people whose second person didn't come in time: the first person is told, and the message stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.act.notices.entry_notices import EntryNotices
from gateway.contract import Clock
from gateway.remember.records import HeldMessage
from gateway.remember.store import Store

#: Time between two looks.
EVERY = timedelta(minutes=1)


class LapsedApprovals:
    def __init__(self, store: Store, notices: EntryNotices, clock: Clock) -> None:
        self._store = store
        self._notices = notices
        self._clock = clock
        self._next: datetime | None = None

    async def tell(self) -> None:
        """End the signatures that are too old, and queue a notice to each person who gave one. Raises StoreUnavailable.

        Several processes at the same time do it once.
        """
        now = self._clock.now()
        if self._next and now < self._next:
            return
        self._next = now + EVERY
        since = self._notices.rules.since(now)
        for id in await self._store.quarantine.lapsed(since):
            if held := await self._store.quarantine.get(id):
                await self._end(held, since, now)

    async def _end(self, held: HeldMessage, since: datetime, now: datetime) -> None:
        old = [c.signature for c in held.copies if c.signature and c.signature.at < since]
        for first in {one.actor: one for one in old}.values():
            addresses = tuple(one.address for one in old if one.actor == first.actor)
            notices = self._notices.approval(held, "lapsed", first, addresses)
            await self._store.quarantine.lapse(held.id, addresses, since=since, at=now, notices=notices)
