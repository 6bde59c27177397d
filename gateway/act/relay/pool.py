"""The connections to one next hop: how many there may be, and which is used next. It never retries anything."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.act.relay.connection import Connection, NextHopTrouble
from gateway.smtp.reply import Reply

#: An idle connection is closed after this long: servers under stress drop theirs after 10 s, and each one that we hold
#: takes a place there.
IDLE_SECONDS = 10.0

#: Messages over one connection. Exchange and Exim stop at a number of their own; a new one now and then also follows a
#: change of address.
MESSAGES_PER_CONNECTION = 100

#: How long a goodbye may take before the connection is dropped: the end of the process waits for it.
CLOSE_SECONDS = 2.0

BUSY = Reply(451, "4.3.2", "Too many messages are under way to the next mail server; please try again later")


class NoPlace(NextHopTrouble):
    """All connections were in use for too long: no sign that the next hop is ill."""


class Pool:
    """At most `size` connections at a time; a message waits for one up to `wait_seconds`."""

    def __init__(self, size: int, wait_seconds: float) -> None:
        self._places = asyncio.Semaphore(size)
        self._wait_seconds = wait_seconds
        self._idle: deque[tuple[float, Connection]] = deque()  # since when, and which; the freshest on the right
        self._sweeper: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, deadline: float) -> AsyncIterator[None]:
        """The right to hold one connection. Raises NoPlace when none comes free in time."""
        if self._places.locked():
            await self._queue(deadline)
        else:
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()

    def idle(self) -> Connection | None:
        """The connection that was used last, if it is still good."""
        while self._idle:
            _, connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.abort()
        return None

    def put_back(self, connection: Connection) -> None:
        """Keep it for the next message if it is good for one, else close it."""
        if not connection.usable or connection.messages >= MESSAGES_PER_CONNECTION:
            connection.quit()
            return
        connection.limit(math.inf)
        loop = asyncio.get_running_loop()
        self._idle.append((loop.time(), connection))
        if self._sweeper is None:
            self._sweeper = loop.call_later(IDLE_SECONDS, self._sweep)

    async def close(self) -> None:
        """Close what is idle, and wait for it."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        connections = [connection for _, connection in self._idle]
        self._idle.clear()
        for connection in connections:
            connection.quit()
        if connections:
            await asyncio.wait([connection.closed for connection in connections], timeout=CLOSE_SECONDS)
        for connection in connections:
            connection.abort()

    async def _queue(self, deadline: float) -> None:
        until = min(asyncio.get_running_loop().time() + self._wait_seconds, deadline)
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError as error:
            raise NoPlace(BUSY, "all connections were in use") from error

    def _sweep(self) -> None:
        """Close those that have been idle for too long; come again while there are others."""
        now = asyncio.get_running_loop().time()
        while self._idle and self._idle[0][0] <= now - IDLE_SECONDS:
            self._idle.popleft()[1].quit()
        wait = self._idle[0][0] + IDLE_SECONDS - now if self._idle else 0.0
        self._sweeper = asyncio.get_running_loop().call_later(wait, self._sweep) if self._idle else None
