"""Whose query goes next: so many are under way in a process, and of those one message has its share at most.

The fuller it is, the smaller the share, down to one; what remains free is for those who come next. Each waits in its
message's own queue, and the message that has the fewest under way is served first: no message waits for the rest of
another's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Queries under way in a process, each with a socket of its own for up to five seconds.
QUERIES = 64
#: Of them one message's. Nearly all mail needs fewer: SPF, DMARC, and two or three keys.
QUERIES_OF_A_MESSAGE = 8


@dataclass(slots=True, eq=False)
class Share:
    """One message's part: what it has under way, and what of it waits."""

    under_way: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """`async with turns.turn(share): …` for each query."""

    def __init__(self, in_all: int = QUERIES, of_a_share: int = QUERIES_OF_A_MESSAGE) -> None:
        self._free = in_all
        self._of_a_share = of_a_share
        self._part = in_all // of_a_share  # of what is free and its own a share may have one in so many
        self._queue: dict[Share, None] = {}  # who has something waiting; whoever was served last stands last

    @asynccontextmanager
    async def turn(self, share: Share) -> AsyncIterator[None]:
        """Waits for it as long as its caller does."""
        await self._take(share)
        try:
            yield
        finally:
            self._give_back(share)

    async def _take(self, share: Share) -> None:
        if self._may(share):  # then nobody waits who may too: they were served when it came free
            self._start(share)
            return
        turn = asyncio.get_running_loop().create_future()
        share.waiting.append(turn)
        self._queue[share] = None
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(share, turn)
            else:  # called off in the very moment in which it got it
                self._give_back(share)
            raise

    def _may(self, share: Share) -> bool:
        some = (self._free + share.under_way) // self._part
        return self._free > 0 and share.under_way < max(1, min(self._of_a_share, some))

    def _start(self, share: Share) -> None:
        self._free -= 1
        share.under_way += 1

    def _give_back(self, share: Share) -> None:
        self._free += 1
        share.under_way -= 1
        self._serve()

    def _serve(self) -> None:
        """Where the one with the fewest may not go on, nobody may."""
        while self._queue:
            share = min(self._queue, key=lambda one: one.under_way)
            if not self._may(share):
                return
            turn = share.waiting.popleft()
            del self._queue[share]
            if share.waiting:
                self._queue[share] = None
            if not turn.done():
                self._start(share)
                turn.set_result(None)

    def _leave(self, share: Share, turn: asyncio.Future[None]) -> None:
        if turn in share.waiting:
            share.waiting.remove(turn)
        if not share.waiting:
            self._queue.pop(share, None)
