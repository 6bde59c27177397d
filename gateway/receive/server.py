"""The listeners of one worker: accepts sessions on its sockets, and drains them.

The supervisor opens the sockets and hands them in.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping

from gateway.contract import Clock
from gateway.receive.listener import Listener, MessageHandler
from gateway.receive.session import Session
from gateway.receive.session_limits import Capacity, SessionLimits

#: The most connections that wait for a worker during its restart; the kernel may allow fewer (net.core.somaxconn).
BACKLOG = 1024


class Server:
    """Acceptor of sessions on the sockets of one worker."""

    def __init__(self, clock: Clock, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._occupancy = SessionLimits()
        self._servers: list[asyncio.Server] = []

    def configure(self, handler: MessageHandler, listeners: Mapping[str, Listener], capacity: Capacity) -> None:
        """Set the configuration of new sessions; those under way end as they began."""
        self._handler = handler
        self._listeners = dict(listeners)
        self._occupancy.configure(capacity)

    async def listen(self, sockets: Mapping[str, socket.socket], tasks: asyncio.TaskGroup) -> None:
        """Begin to accept. `tasks` outlives every session: a message is finished even if its client has gone."""
        self._occupancy.settle_in(tasks)
        loop = asyncio.get_running_loop()
        for name, sock in sockets.items():
            self._servers.append(await loop.create_server(self._factory(name), sock=sock, backlog=BACKLOG))

    def _factory(self, name: str) -> Callable[[], Session]:
        return lambda: Session(self._listeners[name], self._handler, self._occupancy, self._clock, self._new_id)

    async def drain(self, seconds: float) -> int:
        """Accept no new sessions and let those in flight finish. Returns how many were cut after `seconds`."""
        for server in self._servers:
            server.close()
        return await self._occupancy.drain(seconds)

    @property
    def draining(self) -> bool:
        return self._occupancy.draining

    @property
    def figures(self) -> dict[str, int]:
        return self._occupancy.figures
