"""The order of DNS queries and of scans: a process has a number under way, and each share has a part of it.

A share is a message's queries, or a client's scans. The fuller the process is, the smaller is the part of one share,
down to one; the free rest is for later shares. Queries wait in their share's own queue, and the share with the fewest
under way is served first: no share waits for the rest of another's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Queries under way in a process, each with a socket of its own for up to five seconds.
QUERIES = 64
#: Queries of one message among them. Nearly all mail needs fewer: SPF, DMARC, and two or three keys.
QUERIES_OF_A_MESSAGE = 8


@dataclass(slots=True, eq=False)
class Share:
    """Queries or scans of one message or client: the number that is under way, and those that wait."""

    under_way: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    last: bool = False  # served only when no other share waits that may go on
    most: int | None = None  # the share's own limit to what it has under way

    @property
    def is_idle(self) -> bool:
        return not self.under_way and not self.waiting


class FairQueue:
    """Turns for queries or scans: `async with turns.turn(share): …` for each."""

    def __init__(self, in_all: int = QUERIES, of_a_share: int = QUERIES_OF_A_MESSAGE) -> None:
        self._free = in_all
        self._of_a_share = of_a_share
        self._part = in_all // of_a_share  # a share may have one in so many of the free turns and its own
        self._queue: dict[Share, None] = {}  # the shares with something waiting; the one served last stands last

    @asynccontextmanager
    async def turn(self, share: Share) -> AsyncIterator[None]:
        """Wait for a turn, as long as the caller does, and give it back at the end of the block."""
        await self.take(share)
        try:
            yield
        finally:
            self.give_back(share)

    async def take(self, share: Share) -> None:
        """Wait for a turn, however long. A cancelled caller has none; every other gives its turn back."""
        if self.take_now(share):
            return
        turn = asyncio.get_running_loop().create_future()
        share.waiting.append(turn)
        self._queue[share] = None
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(share, turn)
            else:  # cancelled in the very moment in which it got the turn
                self.give_back(share)
            raise

    def take_now(self, share: Share) -> bool:
        """Take a turn if one is free; return whether one was. Then no share waits that may go on."""
        if not self._may(share):
            return False
        self._start(share)
        return True

    def _may(self, share: Share) -> bool:
        some = (self._free + share.under_way) // self._part
        most = min(self._of_a_share, some, some if share.most is None else share.most)
        return self._free > 0 and share.under_way < max(1, most)

    def _start(self, share: Share) -> None:
        self._free -= 1
        share.under_way += 1

    def give_back(self, share: Share) -> None:
        """End a turn and give it to the next that waits. The share goes behind the others that wait."""
        self._free += 1
        share.under_way -= 1
        if not self._queue:
            return
        if share in self._queue:
            del self._queue[share]
            self._queue[share] = None
        self._serve()

    def _serve(self) -> None:
        while share := self._next():
            turn = share.waiting.popleft()
            del self._queue[share]
            if share.waiting:
                self._queue[share] = None
            if not turn.done():
                self._start(share)
                turn.set_result(None)

    def _next(self) -> Share | None:
        """Return the share with the fewest under way, of those that may go on; a `last` one only after the others."""
        waiting = filter(self._may, self._queue) if self._free else ()
        return min(waiting, key=lambda one: (one.last, one.under_way), default=None)

    def _leave(self, share: Share, turn: asyncio.Future[None]) -> None:
        if turn in share.waiting:
            share.waiting.remove(turn)
        if not share.waiting:
            self._queue.pop(share, None)
