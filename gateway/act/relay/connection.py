"""One connection to a next hop: octets, replies and time-outs, on our own asyncio protocol.

The connection knows no mail transaction (`transaction.py`), no greeting (`handshake.py`) and no pool. Every failure
raises `NextHopTrouble` and leaves the connection closed.
"""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from gateway.act.relay.next_hop import Capabilities
from gateway.smtp.reply import Reply, ReplyReader, UnreadableReply

#: Seconds that the close of a TLS connection is waited for; then the connection is dropped.
TLS_CLOSE_SECONDS = 5.0

UNREACHABLE = Reply(451, "4.4.1", "The next mail server can't be reached; please try again later")
BROKEN_OFF = Reply(451, "4.4.2", "The connection to the next mail server failed; please try again later")

# Seconds. asyncio refuses a handshake time-out of zero; a deadline that has passed gets asyncio's own error.
_LEAST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The time that a next hop may take, in seconds; RFC 5321 4.5.3.2 where no other reason is given."""

    connect_seconds: float = 30.0  # a host that is up answers SYN in far less; Postfix's smtp_connect_timeout
    tls_seconds: float = 60.0  # a handshake is a few round trips and no queue
    banner_seconds: float = 300.0
    command_seconds: float = 300.0
    data_seconds: float = 120.0
    block_seconds: float = 180.0
    final_seconds: float = 600.0  # the next hop may scan and store before it answers


class NextHopTrouble(ConnectionError):
    """A failure of the next hop, which has taken nothing from us. `reply` is for the sender, `detail` for the log."""

    def __init__(self, reply: Reply, detail: str) -> None:
        super().__init__(detail)
        self.reply = reply
        self.detail = detail


class Unanswered(NextHopTrouble):
    """A failure before all the expected replies had come; `replies` are those that had."""

    def __init__(self, replies: Sequence[Reply], detail: str) -> None:
        said = f"; before that it said {replies[-1]}" if replies else ""
        super().__init__(BROKEN_OFF, f"{detail}{said}")
        self.replies = tuple(replies)


class Connection(asyncio.Protocol):
    """A connection made by `handshake.Opener`. One task at a time sends on it and waits for the replies."""

    def __init__(self, timeouts: Timeouts, *, lmtp: bool = False) -> None:
        self.capabilities = Capabilities()
        self.lmtp = lmtp
        self.timeouts = timeouts
        self.messages = 0  # messages sent over the connection
        self.in_transaction = False  # MAIL was sent and no message followed: RSET first
        self.trouble = ""  # why the connection is unusable
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._replies: list[Reply] = []
        self._wanted = 1
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._deadline = math.inf

    # --- callbacks of asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        endpoint = transport.get_extra_info("socket")
        if endpoint is not None and endpoint.family in (socket.AF_INET, socket.AF_INET6):
            # The final dot must not wait for a delayed ACK (RFC 1122 4.2.3.2).
            endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        try:
            self._replies += self._reader.feed(data)
        except UnreadableReply as error:
            self._fail(f"it can't be understood: {error}")
            return
        if len(self._replies) >= self._wanted:
            self._wake()

    def eof_received(self) -> None:
        self._fail("it closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was lost: {exc or 'closed'}")
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    # --- life cycle ---

    @property
    def usable(self) -> bool:
        """Return whether a command may be sent: the connection is open, and the next hop sent nothing out of turn."""
        return not (self.trouble or self._replies or self._reader.pending)

    @property
    def encrypted(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    def limit(self, deadline: float) -> None:
        """Set the time of the loop beyond which no wait goes, until another limit is set; `math.inf` means none."""
        self._deadline = deadline

    def quit(self) -> None:
        """Send QUIT and close, without waiting for the reply."""
        if self._transport is not None and self.usable:
            self._transport.write(b"QUIT\r\n")
            self.trouble = "closed by us"
            self._transport.close()
        else:
            self.abort()

    def abort(self) -> None:
        """Drop the connection now."""
        self._fail("dropped by us")

    def stop(self, detail: str) -> NextHopTrouble:
        """Drop the connection; return the exception to raise."""
        self._fail(detail)
        return NextHopTrouble(BROKEN_OFF, detail)

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Do the TLS handshake after the 220 to STARTTLS. Raises NextHopTrouble, also for plaintext behind the 220."""
        if self._transport is None or not self.usable:
            # The plaintext could be an attacker's, and must not be read as if it had come over TLS (CVE-2021-38371).
            raise self.stop(self.trouble or "it sent plaintext behind its reply to STARTTLS")
        left = max(self._deadline - self._loop.time(), _LEAST_SECONDS)
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=host,
                ssl_handshake_timeout=min(self.timeouts.tls_seconds, left),
                ssl_shutdown_timeout=TLS_CLOSE_SECONDS,
            )
        except OSError as error:
            raise self.stop(f"TLS failed: {error}") from error
        if transport is None:
            raise self.stop("TLS failed: the connection was lost")
        self._transport = transport

    # --- commands and replies ---

    async def banner(self) -> Reply:
        return (await self.group((), 1, self.timeouts.banner_seconds))[0]

    async def command(self, line: bytes, seconds: float | None = None) -> Reply:
        """Send one command; return its reply."""
        return (await self.group((line,), 1, seconds))[0]

    async def group(self, lines: Sequence[bytes], count: int, seconds: float | None = None) -> list[Reply]:
        """Send these lines in one write; return exactly `count` replies.

        Raises NextHopTrouble for trouble, and for a 421 among the replies (RFC 5321 3.8).
        """
        if self._transport is None or self.trouble:
            raise self.stop(self.trouble)
        if lines:
            self._transport.write(b"".join(lines))
        replies = await self.collect(count, seconds or self.timeouts.command_seconds)
        if len(replies) < count:
            raise Unanswered(replies, self.stop(self.trouble).detail)
        for reply in replies:
            if reply.code == 421:
                raise self.stop(f"it answered {reply}")
        # After a 354 the reply to the content may come early: the writer of the content checks for it.
        if self._replies and replies[-1].code != 354:
            raise self.stop(f"it answered {self._replies[0]} out of turn")
        return replies

    async def collect(self, count: int, seconds: float) -> list[Reply]:
        """Return the next `count` replies; fewer where trouble came first."""
        self._wanted = count
        while len(self._replies) < count and not self.trouble:
            await self._wait(seconds)
        replies, self._replies = self._replies[:count], self._replies[count:]
        return replies

    def write(self, octets: bytes) -> None:
        """Write without waiting. Raises NextHopTrouble where the connection is known to be closed."""
        if self._transport is None or self.trouble:
            raise self.stop(self.trouble)
        self._transport.write(octets)

    def early(self) -> Reply | None:
        """Return a reply that came before it was asked for, or None."""
        return self._replies.pop(0) if self._replies else None

    async def drained(self, seconds: float) -> Reply | None:
        """Wait until more may be written; return a reply that came meanwhile. Raises NextHopTrouble."""
        self._wanted = 1
        while self._paused and not self._replies and not self.trouble:
            await self._wait(seconds)
        if self.trouble and not self._replies:
            raise self.stop(self.trouble)
        return self.early()

    async def _wait(self, seconds: float) -> None:
        """Wait until woken. When the time is up the connection has failed."""
        now = self._loop.time()
        until = min(now + seconds, self._deadline)
        self._waiter = self._loop.create_future()
        timer = self._loop.call_at(until, self._time_out, until - now)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _time_out(self, seconds: float) -> None:
        self._fail(f"no answer within {seconds:.3g} s")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, trouble: str) -> None:
        """Mark the connection as unusable and drop it. The first trouble is the one that is reported."""
        self.trouble = self.trouble or trouble
        if self._transport is not None and not self.closed.done():
            self._transport.abort()
        self._wake()
