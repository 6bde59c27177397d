"""People who have asked one of our senders to stop writing, and the messages of that sender to them since then.

The store keeps counts under keyed hashes of both addresses. A request ends when whoever made it answers as usual:
counts have the number of such ends in their key, so that they begin anew. Where the request was proven to be the
person's, so must be the answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.contract import Counters, KeyedHash

#: Prefix of the keys of counters: other filters have their own.
PREFIX = "asked-to-stop"
#: Time for which ends are counted. It is longer than a request can be remembered.
REMEMBERED = timedelta(days=390)
_TICK = timedelta(microseconds=1)


class RequestsToStop:
    """Requests by pair of sender and person, each an address key."""

    def __init__(self, days: int, counters: Counters, keyed_hash: KeyedHash) -> None:
        self._length = timedelta(days=days)
        self._counters = counters
        self._keyed_hash = keyed_hash

    async def ask(self, sender: str, person: str, at: datetime, once: str, *, proven: bool) -> None:
        """Remember that the person, proven or not, has asked the sender to stop."""
        key = self._key(sender, person)
        await self._counters.add(key, 1, at, once)
        opened = f"{key}:{await self._ends(key, at)}"
        await self._counters.add(opened, 1, at, once)
        if proven:
            await self._counters.add(f"{opened}:proven", 1, at, once)

    async def end(self, sender: str, person: str, at: datetime, once: str, *, proven: bool) -> None:
        """Forget the request of a person who answers the sender as usual. A proven request has a proven end only."""
        key = self._key(sender, person)
        opened = await self._open(key, at)
        if opened and (proven or not await self._total(f"{opened}:proven", at)):
            await self._counters.add(f"{key}:ends", 1, at, once)

    async def count(self, sender: str, person: str, at: datetime, once: str) -> None:
        """Count a message of the sender that has reached the person after the request."""
        key = self._key(sender, person)
        if opened := await self._open(key, at):
            await self._counters.add(f"{opened}:messages", 1, at, once)

    async def messages(self, sender: str, person: str, at: datetime) -> int | None:
        """Return the number of messages since the request; None if the person has not asked."""
        opened = await self._open(self._key(sender, person), at)
        return await self._total(f"{opened}:messages", at) if opened else None

    async def _open(self, key: str, at: datetime) -> str:
        """Return the key of the pair's requests that have not ended; "" if there is none."""
        if not await self._total(key, at):
            return ""
        opened = f"{key}:{await self._ends(key, at)}"
        return opened if await self._total(opened, at) else ""

    async def _ends(self, key: str, at: datetime) -> int:
        return await self._counters.total(f"{key}:ends", at - REMEMBERED, at + _TICK)

    async def _total(self, key: str, at: datetime) -> int:
        return await self._counters.total(key, at - self._length, at + _TICK)

    def _key(self, sender: str, person: str) -> str:
        pair = f"{sender}\n{person}"
        return f"{PREFIX}:{self._keyed_hash.digest(pair)}"
