"""One SMTP connection: the transport, command lines in, replies out, and the limits of a session.

A subclass of aiosmtpd's SMTP, which does the transport and STARTTLS. `session` has the commands.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from asyncio import StreamReader, StreamReaderProtocol, sslproto
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from gateway.contract import Client, Clock
from gateway.receive.certificate import host_names
from gateway.receive.listener import Listener, MessageHandler
from gateway.receive.proxy_header import WrongHeader, read_proxy_header
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
#: AUTH with a mechanism. Where there is none, the next word may be a password.
_AUTH = re.compile(r"(?i:AUTH (?:PLAIN|LOGIN))(?: |\Z)|(?i:AUTH) [A-Z0-9_-]{1,20}(?: |\Z)")
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
        self._named_helo = ""  # what a proxy named by XCLIENT
        self._certificate_names: frozenset[str] = frozenset()
        self._in_content = False  # the client is sending a message, not commands
        self._commands = 0
        self._last_line = ""  # the command that a refusal in the log is about
        self._errors = 0
        self._logged_in = False  # by AUTH, to us
        self._secret = False  # the client may be sending a password where we don't expect one

    # --- the connection ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session; again when TLS begins: everything learned before is forgotten (RFC 3207 4.2)."""
        first = self.transport is None
        if first:
            peer = transport.get_extra_info("peername") or ("", 0)
            self._peer = str(peer[0])
            self._client = self._own_client = self._listener.access.connecting(self._peer, int(peer[1]))
            self._names_clients = self._listener.access.is_proxy(self._peer)  # whoever speaks here is a proxy
            self._admission = self._occupancy.arrived(self, self._peer, self._spared(self._client))
            self._ends_at = self.loop.time() + self._limits.session_seconds
        self._extended = False
        self._helo = ""
        super().connection_made(transport)
        if not first:
            self._encrypted = True
            tls = transport.get_extra_info("ssl_object")
            self._client = self._own_client = replace(self._own_client, helo="", tls=(tls and tls.version()) or "TLS")
            self._certificate_names = host_names((tls and tls.getpeercert()) or {})

    def connection_lost(self, error: Exception | None) -> None:
        self._occupancy.left(self)
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """Keep a half-closed connection open for the replies to what it sent; aiosmtpd would drop the message."""
        self._reader.feed_eof()
        return not self._encrypted

    def _spared(self, client: Client) -> bool:
        """Return whether no limit for one client applies: proxies and our own network carry many people's mail."""
        return (client.trusted and not self._listener.shared) or (self._names_clients and not client.proxy)

    def _count_own(self) -> Reply | None:
        """Count the session for its own client; return the reply that turns it away, or None."""
        return self._occupancy.named(self, self._own_client.address, self._spared(self._own_client))

    def _set_rset_state(self) -> None:
        """Forget the transaction, and the client that a proxy named for it (Postfix too forgets XFORWARD then)."""
        self._transaction = Transaction()
        if self._client is not self._own_client:
            self._client = self._own_client
            self._count_own()

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
            if self._admission is not None:
                self._say_and_close(self._admission)
                return
            await self._begin()
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

    async def _begin(self) -> None:
        """Do what comes before the first command: PROXY header, TLS, greeting."""
        if self._listener.proxy_protocol and self._names_clients:
            await self._read_proxy_header()
        if self._listener.implicit_tls and not self._closing:
            await self._encrypt_at_once()
        if not self._closing:
            await self._greet()

    async def _greet(self) -> None:
        await self.push(f"220 {self.hostname} ESMTP Mailwarden")

    async def _read_proxy_header(self) -> None:
        """Take the client from the PROXY header of a proxy's connection; close it where there is no valid header."""
        try:
            source = await read_proxy_header(self._reader)
        except WrongHeader as wrong:
            log.warning("proxy.no_header", listener=self._listener.name, proxy=self._peer, why=str(wrong))
            self._closing = True
            return
        if source is None:
            return
        client = self._listener.access.balanced(self._own_client, source.address, source.port, self._peer)
        self._client = self._own_client = client
        self._names_clients = not client.proxy
        if self._names_clients:
            self._peer = client.address
        refusal = self._count_own()
        if refusal is not None:
            self._say_and_close(refusal)

    async def _encrypt_at_once(self) -> None:
        """Do the TLS handshake, whose beginning may have come with the PROXY header."""
        plain, early = self.transport, self._taken_back()
        assert plain is not None
        assert self.tls_context is not None
        done = self.loop.create_future()
        self._tls_protocol = sslproto.SSLProtocol(self.loop, self, self.tls_context, done, server_side=True)
        self._original_transport = plain
        plain.set_protocol(self._tls_protocol)
        self.transport = self._tls_protocol._app_transport
        self._tls_protocol.connection_made(plain)
        while early:
            space = self._tls_protocol.get_buffer(len(early))
            taken = min(len(space), len(early))
            space[:taken], early = early[:taken], early[taken:]
            self._tls_protocol.buffer_updated(taken)
        try:
            await done
        except OSError as error:
            self._note_no_tls(error)
            raise ConnectionAbortedError("no TLS handshake") from error

    def _note_no_tls(self, error: BaseException | None) -> None:
        log.info("session.no_tls", listener=self._listener.name, client=self._client.address, why=str(error))

    async def _encrypt(self) -> None:
        """Do STARTTLS. aiosmtpd drops what the client sent behind it in plain text (CVE-2011-0411)."""
        try:
            await self.smtp_STARTTLS("")
        except TLSSetupException as error:
            self._note_no_tls(error.__cause__)
        if not self._encrypted:
            raise ConnectionAbortedError("no TLS handshake")

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

    def _taken_back(self) -> bytes:
        """Return what the client has sent more than was read; nobody reads it any more."""
        octets = bytes(self._reader._buffer)  # type: ignore[attr-defined]
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        return octets

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
        if named := _AUTH.match(text):
            return named[0].rstrip(" ")
        if text.lstrip().upper().startswith("AUTH"):
            self._secret = True
            return "AUTH (not as it should be: not shown)"
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
