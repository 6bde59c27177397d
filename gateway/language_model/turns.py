"""Turns of the questions that wait for the language model: the shortest first, so that long ones keep no other waiting.

The module hands out one turn after the other; it knows neither questions nor messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import count


class Turns:
    """One turn at a time. Of those who wait, the one with the smallest size is next; of equals, the first."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @property
    def waiting(self) -> Sequence[int]:
        """The sizes of those who wait."""
        return [size for size, _, turn in self._waiting if not turn.done()]

    async def take(self, size: int) -> None:
        """Wait for the turn, without limit.

        A caller that is cancelled has none; any other must give it back.
        """
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (size, next(self._numbers), turn)
        heappush(self._waiting, entry)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn came at the same moment
                self.give_back()
            elif entry in self._waiting:
                self._waiting.remove(entry)
                heapify(self._waiting)
            raise

    def give_back(self) -> None:
        """Give the turn back: the next one in line has it."""
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():  # cancelled, and its owner hasn't seen it yet
                turn.set_result(None)
                return
        self._taken = False
