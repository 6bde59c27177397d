"""The sessions of one worker together: their number, in all and by client, and the octets that they hold.

This module counts, caps and settles messages; it opens no socket and reads nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import structlog

from gateway.receive.listener import MessageHandler
from gateway.receive.transaction import Received
from gateway.smtp import replies
from gateway.smtp.reply import Reply

log = structlog.get_logger("receive")


@dataclass(frozen=True, slots=True)
class Capacity:
    """The share of one worker in the gateway's limits."""

    connections: int
    connections_per_client: int
    bytes_in_flight: int  # of content being read or judged


class CountedSession(Protocol):
    """A session in its part that is counted."""

    def drain(self) -> None:
        """Close when idle; else after the transaction under way."""


class SessionLimits:
    """The sessions of one worker."""

    def __init__(self) -> None:
        self._sessions: dict[CountedSession, str] = {}  # -> the client that it counts for; "" means none
        self._clients: Counter[str] = Counter()
        self._bytes: dict[CountedSession, int] = {}
        self._in_flight = 0
        self._settling: set[CountedSession] = set()  # their message is being judged or relayed
        self._gone: set[CountedSession] = set()  # ... and their connection has ended since
        self._tasks: asyncio.TaskGroup | None = None
        self._empty = asyncio.Event()
        self.draining = False

    def configure(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def settle_in(self, tasks: asyncio.TaskGroup) -> None:
        """Set the task group in which messages are settled: it outlives every session."""
        self._tasks = tasks

    async def drain(self, seconds: float) -> int:
        """Turn new sessions away and let the others finish. Returns how many are left after `seconds`."""
        self.draining = True
        for session in list(self._sessions):
            session.drain()
        self._empty.clear()
        if self._sessions:
            try:
                await asyncio.wait_for(self._empty.wait(), seconds)
            except TimeoutError:
                log.warning("drain.cut", sessions=len(self._sessions))
        return len(self._sessions)

    # --- sessions ----------------------------------------------------------------------------------------------------

    def arrived(self, session: CountedSession, address: str, spared: bool) -> Reply | None:
        """Count a new session; return the reply that turns it away, or None."""
        self._sessions[session] = ""
        if self.draining:
            return replies.SHUTTING_DOWN
        if len(self._sessions) > self._capacity.connections:
            return replies.TOO_MANY_CONNECTIONS
        return self.named(session, address, spared)

    def named(self, session: CountedSession, address: str, spared: bool) -> Reply | None:
        """Count the session for the client now known; return the reply that turns it away, or None."""
        self._uncount(session)
        if spared or not address:
            return None
        customer = _customer(address)
        self._sessions[session] = customer
        self._clients[customer] += 1
        over = self._clients[customer] > self._capacity.connections_per_client
        return replies.TOO_MANY_FROM_CLIENT if over else None

    def left(self, session: CountedSession) -> None:
        """Forget a session whose connection has ended, once its message is settled.

        The session counts until then: a client can't evade a limit by disconnecting after the final dot.
        """
        if session in self._settling:
            self._gone.add(session)
        else:
            self._forget(session)

    def _forget(self, session: CountedSession) -> None:
        self._uncount(session)
        self._sessions.pop(session, None)
        if self.draining and not self._sessions:
            self._empty.set()

    def _uncount(self, session: CountedSession) -> None:
        address = self._sessions.get(session, "")
        if address:
            self._sessions[session] = ""
            self._clients[address] -= 1
            if not self._clients[address]:
                del self._clients[address]

    # --- content -----------------------------------------------------------------------------------------------------

    def in_flight(self, session: CountedSession, octets: int) -> None:
        """Set how many octets of content a session holds now; 0 means none any more."""
        self._in_flight += octets - (self._bytes.pop(session, 0))
        if octets:
            self._bytes[session] = octets

    def let_go(self, session: CountedSession) -> None:
        """Note that the session holds no content any more, unless its message is still being settled."""
        if session not in self._settling:
            self.in_flight(session, 0)

    def crowded(self, session: CountedSession) -> bool:
        """Return whether this session has to drop its content. A session that is alone never has to."""
        return self._capacity.bytes_in_flight < self._in_flight != self._bytes.get(session)

    @property
    def full(self) -> bool:
        return self._in_flight >= self._capacity.bytes_in_flight

    @property
    def figures(self) -> dict[str, int]:
        return {"sessions": len(self._sessions), "bytes_in_flight": self._in_flight}

    async def settle(self, session: CountedSession, handler: MessageHandler, received: Received) -> Reply:
        """Judge and act in a task of its own: a client that disconnects does not stop a message half-way."""
        assert self._tasks is not None
        task = self._tasks.create_task(_reply_of(handler, received))
        self._settling.add(session)
        task.add_done_callback(lambda _: self._settled(session))
        return await asyncio.shield(task)

    def _settled(self, session: CountedSession) -> None:
        self._settling.discard(session)
        self.in_flight(session, 0)
        if session in self._gone:
            self._gone.discard(session)
            self._forget(session)


def _customer(address: str) -> str:
    """Return the client that a connection counts for: its address, or its IPv6 /64: one customer's (RFC 6177)."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))


async def _reply_of(handler: MessageHandler, received: Received) -> Reply:
    try:
        return await handler.accept(received)
    except Exception:
        # An unknown error is temporary (law 1): the client keeps the message.
        log.exception("message.error", id=received.id)
        return replies.internal(received.id)
