"""One SMTP connection: the transport, command lines in, replies out, and the limits of a session.

A subclass of aiosmtpd's SMTP, which does the transport and STARTTLS. `session` has the commands.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from asyncio import StreamReader, StreamReaderProtocol, sslproto
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from gateway.contract import Clock
from gateway.receive.listener import Listener, MessageHandler
from gateway.receive.session_limits import SessionLimits
from gateway.receive.transaction import Transaction
from gateway.smtp import replies
from gateway.smtp.reply import Reply

log = structlog.get_logger("receive")

#: The most octets of a command line. RFC 5321 4.5.3.1.4 gives 512; MAIL with all our parameters needs about 1,700.
COMMAND_BYTES = 2048
#: Octets that wait to be read: the transport is paused at twice this.
CHUNK_BYTES = 64 * 1024
#: The most characters of a refused command in the log.
NOTED_CHARACTERS = 200
#: Seconds for a client to fetch our last replies; closing waits for that, and a client might never read.
LINGER_SECONDS = 10.0
#: First words of other protocols, as Postfix's smtpd_forbidden_commands; BDAT's octets would be read as commands.
_FOREIGN = frozenset(
    {"GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE", "USER", "PROXY", "BDAT"}
)


class Connection(SMTP):
    """The server's side of one connection. `Session` adds the commands."""

    def __init__(
        self,
        listener: Listener,
        handler: MessageHandler,
        occupancy: SessionLimits,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        # Not super().__init__: it walks handler and session with `inspect` for every connection (15 % of the time).
        loop = asyncio.get_running_loop()
        StreamReaderProtocol.__init__(
            self, StreamReader(limit=CHUNK_BYTES, loop=loop), client_connected_cb=self._cb_client_connected, loop=loop
        )
        self.loop = loop
        self.event_handler = None
        self.hostname = listener.hostname
        self.enable_SMTPUTF8 = True
        self.tls_context = listener.tls
        self._timeout_duration = listener.limits.command_seconds
        self._timeout_handle = None
        self._tls_handshake_okay = True
        self._tls_protocol = None
        self._original_transport = None
        self._handler_coroutine = None
        self._handle_hooks: dict[str, Any] = {}
        self.session = None
        self.envelope = None
        self.transport = None

        self._listener = listener
        self._handler = handler
        self._occupancy = occupancy
        self._clock = clock
        self._new_id = new_id
        self._limits = listener.limits
        self._transaction = Transaction()
        self._closing = False
        self._cut: asyncio.TimerHandle | None = None
        self._encrypted = False
        self._in_content = False  # the client is sending a message, not commands
        self._commands = 0
        self._last_line = ""  # the command that a refusal in the log is about
        self._errors = 0
        self._handshake: asyncio.Future[None] | None = None  # of a listener with TLS from the first octet
        self._secret = False  # the client may be sending a password where we don't expect one

    # --- the connection ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session; again when TLS begins: everything learned before is forgotten (RFC 3207 4.2)."""
        first = self.transport is None
        if first:
            peer = transport.get_extra_info("peername") or ("", 0)
            self._peer = str(peer[0])
            self._client = self._own_client = self._listener.access.connecting(self._peer, int(peer[1]))
            self._admission = self._occupancy.arrived(self, self._peer, self._spared(self._client.trusted))
            self._ends_at = self.loop.time() + self._limits.session_seconds
        self._extended = False
        self._helo = ""
        super().connection_made(transport)
        if first and self._listener.implicit_tls:
            self._handshake = self._begin_tls()  # at once, so that no octet is read as a command
        if not first:
            self._encrypted = True
            tls = transport.get_extra_info("ssl_object")
            self._client = self._own_client = replace(self._own_client, helo="", tls=(tls and tls.version()) or "TLS")

    def connection_lost(self, error: Exception | None) -> None:
        self._occupancy.left(self)
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """Keep a half-closed connection open for the replies to what it sent; aiosmtpd would drop the message."""
        self._reader.feed_eof()
        return not self._encrypted

    def _spared(self, trusted: bool) -> bool:
        """Return whether no limit for one client applies: proxies and our own network carry many people's mail."""
        return trusted or self._listener.access.is_proxy(self._peer)

    def _set_rset_state(self) -> None:
        """Forget the transaction, and the client that a proxy named for it (Postfix too forgets XFORWARD then)."""
        self._transaction = Transaction()
        if self._client.proxy:
            self._client = self._own_client
            self._occupancy.named(self, "", spared=True)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the time-out. A timer that ends before it stays, and `_timeout_cb` sets it anew: timers cost time."""
        self._times_out_at = self.loop.time() + (duration or self._timeout_duration)
        timer = self._timeout_handle
        if timer is None or timer.cancelled() or timer.when() > self._times_out_at:
            super()._reset_timeout(duration)

    def _timeout_cb(self) -> None:
        left = self._times_out_at - self.loop.time()
        if left > 0:
            super()._reset_timeout(left)
        else:
            self._say_and_close(replies.TIMED_OUT)

    def _overdue(self) -> bool:
        """Close the session if it has used up its time: a client that trickles never runs into a time-out.

        Returns whether it was closed.
        """
        if self.loop.time() <= self._ends_at:
            return False
        self._say_and_close(replies.SESSION_TOO_LONG)
        return True

    def drain(self) -> None:
        """Close when idle; else after the transaction under way."""
        if not self._transaction.begun:
            self._say_and_close(replies.SHUTTING_DOWN)

    def _say_and_close(self, reply: Reply) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self._closing = True
            if reply is not replies.BYE and reply is not replies.SHUTTING_DOWN:
                self._note_refusal(reply)
            self._writer.write(reply.lines())
            self._close()

    def _close(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
            self._cut = self.loop.call_later(LINGER_SECONDS, cast(asyncio.Transport, self.transport).abort)

    async def push(self, status: str | Reply) -> None:  # type: ignore[override]
        self._writer.write(status.lines() if isinstance(status, Reply) else status.encode() + b"\r\n")
        await self._writer.drain()

    async def _handle_client(self) -> None:
        try:
            if self._handshake is not None:
                await self._implicit_tls(self._handshake)
            if self._admission is not None:
                self._say_and_close(self._admission)
                return
            await self.push(f"220 {self.hostname} ESMTP Mailwarden")
            while not self._closing:
                line = await self._read_line()
                if line is not None:
                    await self._obey(line)
        except (asyncio.IncompleteReadError, ConnectionError):
            log.debug("session.cut", client=self._client.address)
        finally:
            self._close()
            if self._tls_protocol is not None and not self._encrypted:
                self.connection_lost(None)  # after a failed handshake nobody else calls this

    async def _encrypt(self) -> None:
        """Do STARTTLS. aiosmtpd drops what the client sent behind it in plain text (CVE-2011-0411)."""
        with suppress(TLSSetupException):
            await self.smtp_STARTTLS("")
        if not self._encrypted:
            raise ConnectionAbortedError("no TLS handshake")

    def _begin_tls(self) -> asyncio.Future[None]:
        """Put TLS between the transport and this protocol, as aiosmtpd does for STARTTLS; return its handshake."""
        handshake = self.loop.create_future()
        assert self.tls_context is not None
        protocol = sslproto.SSLProtocol(self.loop, self, self.tls_context, handshake, server_side=True)
        transport = cast(asyncio.Transport, self.transport)
        self._tls_protocol, self._original_transport = protocol, transport
        transport.set_protocol(protocol)
        self.transport = protocol._app_transport
        protocol.connection_made(transport)
        return handshake

    async def _implicit_tls(self, handshake: asyncio.Future[None]) -> None:
        try:
            await handshake
        except OSError as error:
            raise ConnectionAbortedError("no TLS handshake") from error

    async def _read_line(self, too_long: Reply = replies.LINE_TOO_LONG) -> bytes | None:
        """Return one command line without its CRLF; None where the line was answered here."""
        try:
            line: bytes = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            await self._discard_line()
            line = b"\n" * (COMMAND_BYTES + 1)
        self._reset_timeout()
        if len(line) > COMMAND_BYTES:
            await self._refuse(too_long)
        elif not line.endswith(b"\r\n"):
            await self._refuse(replies.BARE_LF_COMMAND)
        else:
            return line[:-2]
        return None

    # StreamReader has no call to ask what it holds, nor to take octets back; aiosmtpd too reaches into its buffer.

    def _input_waits(self) -> bool:
        """Return whether the client has sent more than was read."""
        return bool(self._reader._buffer)  # type: ignore[attr-defined]

    def _give_back(self, octets: bytes) -> None:
        """Put octets back in front of the unread ones."""
        self._reader._buffer[:0] = octets  # type: ignore[attr-defined]

    def _suspend_timeout(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    async def _discard_line(self) -> None:
        while True:
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                await self._reader.readexactly(error.consumed)
            else:
                return

    async def _obey(self, line: bytes) -> None:
        self._commands += 1
        if self._overdue():
            return
        if self._commands > self._limits.commands_per_session:
            self._say_and_close(replies.TOO_MANY_COMMANDS)
            return
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        verb, _, argument = text.partition(" ")
        verb = verb.upper() if verb.isascii() else ""
        self._last_line = self._noted(verb, text)
        if verb in _FOREIGN or (line and not line[:1].isalpha()):
            self._say_and_close(replies.NOT_IMPLEMENTED_CLOSING if verb == "BDAT" else replies.OTHER_PROTOCOL)
            return
        command = self._command(verb)
        if command is None:
            await self._refuse(replies.UNKNOWN_COMMAND)
            return
        try:
            await command(argument.strip(" "))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise
        except Exception:
            log.exception("session.error", client=self._client.address, command=verb)
            self._set_rset_state()
            if self._in_content:  # the rest of the content would be read as commands
                self._say_and_close(replies.INTERNAL)
            else:
                await self.push(replies.INTERNAL)
        if self._occupancy.draining and not self._transaction.begun:
            self._say_and_close(replies.SHUTTING_DOWN)

    def _noted(self, verb: str, text: str) -> str:
        """Return a line as the log may have it: no password stands in AUTH, nor in lines sent behind a refused one."""
        self._secret = verb == "AUTH" or (self._secret and self._command(verb) is None)
        if verb == "AUTH":
            return " ".join(text[:NOTED_CHARACTERS].split(" ")[:2])
        return "(behind AUTH: not shown)" if self._secret else text[:NOTED_CHARACTERS]

    @abstractmethod
    def _command(self, verb: str) -> Callable[[str], Awaitable[None]] | None:
        """Return the function of a command; None for a command that doesn't exist."""

    async def _refuse(self, reply: Reply) -> None:
        """Send a reply that counts as the client's error."""
        self._errors += 1
        if self._errors > self._limits.errors_per_session:
            self._say_and_close(replies.TOO_MANY_ERRORS)
        else:
            self._note_refusal(reply)
            await self.push(reply)

    def _note_refusal(self, reply: Reply) -> None:
        """Log a refusal, like Postfix's `NOQUEUE: reject`: “You bounced my mail” must find its line in the log."""
        sender = self._transaction.mail_from
        log.info(
            "refused",
            listener=self._listener.name,
            client=self._client.address,
            helo=self._helo,
            **({} if sender is None else {"mail_from": sender}),
            command=self._listener.access.without_token(self._last_line),
            reply=str(reply),
        )
