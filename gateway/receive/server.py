"""The listeners of one worker: sessions counted and capped, octets in flight, the drain.

Sockets are opened by the supervisor and handed in. Limits that hold for the whole gateway are given here as this
worker's share.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from gateway.contract import Clock
from gateway.receive import replies
from gateway.receive.connection import Connection
from gateway.receive.listener import Listener, Site
from gateway.receive.reply import Reply
from gateway.receive.session import Session
from gateway.receive.transaction import Received

log = structlog.get_logger("receive")

#: Connections that wait for a worker that is being restarted; the kernel may allow fewer (net.core.somaxconn).
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Capacity:
    """This worker's share of the gateway's limits."""

    connections: int
    connections_per_client: int
    bytes_in_flight: int  # of content being read or judged


class Server:
    """Accepts sessions on the sockets of one worker."""

    def __init__(self, clock: Clock, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._sessions: dict[Connection, str] = {}  # -> the client it counts for; "" = for nobody
        self._clients: Counter[str] = Counter()
        self._bytes: dict[Connection, int] = {}
        self._in_flight = 0
        self._settling: set[Connection] = set()  # their message is being judged or relayed
        self._gone: set[Connection] = set()  # ... and their connection has ended since
        self._servers: list[asyncio.Server] = []
        self._tasks: asyncio.TaskGroup | None = None
        self._idle = asyncio.Event()
        self.draining = False

    # --- life --------------------------------------------------------------------------------------------------------

    def configure(self, site: Site, listeners: Mapping[str, Listener], capacity: Capacity) -> None:
        """What new sessions go by; those under way end as they began."""
        self._site = site
        self._listeners = dict(listeners)
        self._capacity = capacity

    async def listen(self, sockets: Mapping[str, socket.socket], tasks: asyncio.TaskGroup) -> None:
        """Begin to accept. `tasks` outlives every session: a message is finished though its client has gone."""
        self._tasks = tasks
        loop = asyncio.get_running_loop()
        for name, sock in sockets.items():
            self._servers.append(await loop.create_server(self._factory(name), sock=sock, backlog=BACKLOG))

    def _factory(self, name: str) -> Callable[[], Session]:
        return lambda: Session(self._listeners[name], self._site, self, self._clock, self._new_id)

    async def drain(self, seconds: float) -> int:
        """No new sessions; the ones in flight finish. Returns how many were cut after `seconds`."""
        self.draining = True
        for server in self._servers:
            server.close()
        for session in list(self._sessions):
            session.drain()
        self._idle.clear()
        if self._sessions:
            try:
                await asyncio.wait_for(self._idle.wait(), seconds)
            except TimeoutError:
                log.warning("drain.cut", sessions=len(self._sessions))
        return len(self._sessions)

    # --- sessions ----------------------------------------------------------------------------------------------------

    def arrived(self, session: Connection, address: str, spared: bool) -> Reply | None:
        """Count a new session; the reply that turns it away, or None."""
        self._sessions[session] = ""
        if self.draining:
            return replies.SHUTTING_DOWN
        if len(self._sessions) > self._capacity.connections:
            return replies.TOO_MANY_CONNECTIONS
        return self.named(session, address, spared)

    def named(self, session: Connection, address: str, spared: bool) -> Reply | None:
        """Count the session for the client that it now is known to be for."""
        self._uncount(session)
        if spared or not address:
            return None
        customer = _customer(address)
        self._sessions[session] = customer
        self._clients[customer] += 1
        over = self._clients[customer] > self._capacity.connections_per_client
        return replies.TOO_MANY_FROM_CLIENT if over else None

    def left(self, session: Connection) -> None:
        """The connection has ended. It counts until its message is settled: to send and run is no way round a limit."""
        if session in self._settling:
            self._gone.add(session)
        else:
            self._forget(session)

    def _forget(self, session: Connection) -> None:
        self._uncount(session)
        self._sessions.pop(session, None)
        if self.draining and not self._sessions:
            self._idle.set()

    def _uncount(self, session: Connection) -> None:
        address = self._sessions.get(session, "")
        if address:
            self._sessions[session] = ""
            self._clients[address] -= 1
            if not self._clients[address]:
                del self._clients[address]

    # --- content -----------------------------------------------------------------------------------------------------

    def in_flight(self, session: Connection, octets: int) -> None:
        """Set how many octets of content a session holds now; 0 = none any more."""
        self._in_flight += octets - (self._bytes.pop(session, 0))
        if octets:
            self._bytes[session] = octets

    def let_go(self, session: Connection) -> None:
        """The session holds no content any more; a message that is still being settled is."""
        if session not in self._settling:
            self.in_flight(session, 0)

    def crowded(self, session: Connection) -> bool:
        """Whether this session has to drop its content. One that is alone never has."""
        return self._capacity.bytes_in_flight < self._in_flight != self._bytes.get(session)

    @property
    def full(self) -> bool:
        return self._in_flight >= self._capacity.bytes_in_flight

    @property
    def figures(self) -> dict[str, int]:
        return {"sessions": len(self._sessions), "bytes_in_flight": self._in_flight}

    async def settle(self, session: Connection, site: Site, received: Received) -> Reply:
        """Judge and act in a task of its own: a client that disconnects does not stop a message half-way."""
        assert self._tasks is not None
        task = self._tasks.create_task(_reply_of(site, received))
        self._settling.add(session)
        task.add_done_callback(lambda _: self._settled(session))
        return await asyncio.shield(task)

    def _settled(self, session: Connection) -> None:
        self._settling.discard(session)
        self.in_flight(session, 0)
        if session in self._gone:
            self._gone.discard(session)
            self._forget(session)


def _customer(address: str) -> str:
    """Whom a connection counts for: of IPv6 the /64, whose addresses one customer has for the taking (RFC 6177)."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))


async def _reply_of(site: Site, received: Received) -> Reply:
    try:
        return await site.accept(received)
    except Exception:
        # Unknown trouble is temporary (law 1): the client keeps the message.
        log.exception("message.error", id=received.id)
        return replies.internal(received.id)
