"""Reply-all storms: counts of replies to a crowd for each thread, over all workers, and pauses of threads.

The store keeps keyed hashes, never a subject or a Message-ID. After a pause, ended or lifted, the count of a thread
starts again at 0. Mail from outside is counted separately: strangers can invent threads and recipients, and must not
silence any of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from filters.audience.settings import Storm
from gateway.contract import Counters, KeyedHash, Pauses

#: Prefix of the keys of pauses: other filters may have their own.
PREFIX = "audience"
#: End of the key of a pause that holds for mail from outside only.
OUTSIDE = "outside"

#: Time for which a thread's storms are counted; it is longer than the longest pause.
REMEMBERED = timedelta(days=30)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Paused:
    """A thread in which nobody can reply to all for now."""

    until: datetime
    reason: str


class Storms:
    """Counts of replies, and pauses of threads."""

    def __init__(self, rules: Sequence[Storm], counters: Counters, pauses: Pauses, keyed_hash: KeyedHash) -> None:
        self._rules = rules
        self._counters = counters
        self._pauses = pauses
        self._keyed_hash = keyed_hash

    async def count(
        self, thread: str, size: int, once: str, at: datetime, *, outside: bool, sender: str = ""
    ) -> Paused | None:
        """Count one reply to `size` people, and return its thread's pause if there is one.

        The pause may be begun by this very reply. `once` is the same for all transactions of a mail. `outside` is True
        for mail from outside. The list of pauses shows `sender` as the author of the last reply.
        """
        rules = [rule for rule in self._rules if size >= rule.people]
        if not rules or not thread:
            return None
        key = f"{PREFIX}:{self._keyed_hash.digest(f'thread {thread}')}"
        if until := await self._pauses.until(key, at):
            return Paused(until, f"The thread {key} is paused")
        if outside:
            key += f":{OUTSIDE}"
            if until := await self._pauses.until(key, at):
                return Paused(until, f"The thread {key} is paused for mail from outside")
        before = await self._counters.total(f"{key}:storms", at - REMEMBERED, at + _TICK)
        for rule in rules:
            since = at - timedelta(minutes=rule.minutes)
            counted = await self._counters.add(f"{key}:{before}:{rule.people}", 1, at, once=once, since=since)
            if counted >= rule.replies:
                return await self._pause(key, rule, at, sender)
        return None

    async def _pause(self, key: str, rule: Storm, at: datetime, sender: str) -> Paused:
        until = at + timedelta(hours=rule.pause_hours)
        reason = f"{rule.replies} replies to {rule.people} people or more within {rule.minutes} minutes"
        last = f", the last from {sender}" if sender else ""
        if await self._pauses.pause(key, until, at, reason + last):
            await self._counters.add(f"{key}:storms", 1, at)
        return Paused(until, f"{reason}: the thread is paused as {key}")
