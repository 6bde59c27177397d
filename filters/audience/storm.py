"""Reply-all storms: counts replies to a crowd for each thread, over all workers, and pauses a thread that becomes one.

Kept are keyed marks, never a subject or a Message-ID. After a pause, ended or lifted, a thread begins at nought.
Mail from outside is counted for itself: a stranger invents threads and recipients, and must silence none of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from filters.audience.settings import Storm
from gateway.contract import Counters, Marks, Pauses

#: What the keys of pauses begin with: other filters may have their own.
PREFIX = "audience"
#: ... and end with, where only mail from outside is paused.
OUTSIDE = "outside"

#: How far back a thread's storms are counted: beyond the longest pause.
REMEMBERED = timedelta(days=30)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Paused:
    """A thread that nobody can answer to all for now."""

    until: datetime
    reason: str


class Storms:
    """The pace of threads."""

    def __init__(self, rules: Sequence[Storm], counters: Counters, pauses: Pauses, marks: Marks) -> None:
        self._rules = rules
        self._counters = counters
        self._pauses = pauses
        self._marks = marks

    async def count(
        self, thread: str, size: int, once: str, at: datetime, *, outside: bool, sender: str = ""
    ) -> Paused | None:
        """Counts one reply to so many people; says whether its thread is paused, perhaps by this very one.

        `once` is the same for all transactions of a mail; `outside`: it comes from there. Whoever lists the pauses
        is told whose reply was the last (`sender`).
        """
        rules = [rule for rule in self._rules if size >= rule.people]
        if not rules or not thread:
            return None
        key = f"{PREFIX}:{self._marks.mark(f'thread {thread}')}"
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
