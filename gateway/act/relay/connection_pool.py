"""The connections to one next hop: how many there may be, and which is used next. The pool never retries."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.act.relay.connection import Connection, NextHopTrouble
from gateway.smtp.reply import Reply

#: Seconds until an idle connection is closed. Servers under stress drop theirs after 10 s, and each one that we hold
#: takes a place there.
IDLE_SECONDS = 10.0

#: The most messages over one connection. Exchange and Exim stop at a number of their own; a new connection now and then
#: also follows a change of address.
MESSAGES_PER_CONNECTION = 100

#: Seconds for QUIT before the connection is dropped: the end of the process waits for them.
CLOSE_SECONDS = 2.0

BUSY = Reply(451, "4.3.2", "Too many messages are under way to the next mail server; please try again later")


class NoFreeConnection(NextHopTrouble):
    """All connections were in use for too long. This is no sign of trouble at the next hop."""


class Pool:
    """At most `size` connections at a time; a message waits for one up to `wait_seconds`."""

    def __init__(self, size: int, wait_seconds: float) -> None:
        self._places = asyncio.Semaphore(size)
        self._wait_seconds = wait_seconds
        self._idle: deque[tuple[float, Connection]] = deque()  # (idle since, connection); the freshest on the right
        self._sweeper: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, deadline: float) -> AsyncIterator[None]:
        """Hold the right to one connection. Raises NoFreeConnection when none comes free in time."""
        if self._places.locked():
            await self._queue(deadline)
        else:
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()

    def idle(self) -> Connection | None:
        """Return the connection that was used last, if it is still usable."""
        while self._idle:
            _, connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.abort()
        return None

    def put_back(self, connection: Connection) -> None:
        """Keep the connection for the next message if it is fit for one, else close it."""
        if not connection.usable or connection.messages >= MESSAGES_PER_CONNECTION:
            connection.quit()
            return
        connection.limit(math.inf)
        loop = asyncio.get_running_loop()
        self._idle.append((loop.time(), connection))
        if self._sweeper is None:
            self._sweeper = loop.call_later(IDLE_SECONDS, self._sweep)

    async def close(self) -> None:
        """Close the idle connections, and wait until they are closed."""
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
            raise NoFreeConnection(BUSY, "all connections were in use") from error

    def _sweep(self) -> None:
        """Close connections that have been idle for too long; run again while others are idle."""
        now = asyncio.get_running_loop().time()
        while self._idle and self._idle[0][0] <= now - IDLE_SECONDS:
            self._idle.popleft()[1].quit()
        wait = self._idle[0][0] + IDLE_SECONDS - now if self._idle else 0.0
        self._sweeper = asyncio.get_running_loop().call_later(wait, self._sweep) if self._idle else None
