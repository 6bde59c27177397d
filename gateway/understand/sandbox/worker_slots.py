"""Turns of the messages that wait for a sandbox process: round robin over the clients; no client has every process.

The module counts places and hands them out; it knows neither sandbox processes nor messages. A client is any name that
its messages are given.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque


class WorkerSlots:
    """Hands out `places` places. One is always left for the other clients, where there are several places."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._most = max(places - 1, 1)  # for one client
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    async def take(self, client: str) -> None:
        """Wait for a place, without limit.

        A caller that is cancelled has no place; any other must give it back.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        self._call()
        try:
            await asyncio.shield(turn)  # so that the code below can see whether the turn had come
        except asyncio.CancelledError:
            if turn.done():
                self.give_back(client)
            else:
                self._forget(client, turn)
            raise

    def give_back(self, client: str) -> None:
        """Give a place back: the next client in turn gets it.

        A client whose turn is over stands behind all that wait.
        """
        self._free += 1
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
        if client in self._waiting:
            self._waiting[client] = self._waiting.pop(client)
        self._call()

    def _call(self) -> None:
        """Give the free places to the clients whose turn it is."""
        while self._free and (client := self._next()) is not None:
            self._free -= 1
            self._taken[client] += 1
            turn = self._waiting[client][0]
            turn.set_result(None)
            self._forget(client, turn)
            if client in self._waiting:
                self._waiting[client] = self._waiting.pop(client)

    def _next(self) -> str | None:
        return next((client for client in self._waiting if self._taken[client] < self._most), None)

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        turns = self._waiting[client]
        turns.remove(turn)
        if not turns:
            del self._waiting[client]
