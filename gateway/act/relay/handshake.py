"""The opening of a connection to a next hop: connect, banner, EHLO or LHLO, STARTTLS by policy, AUTH.

A failure here concerns the next hop and not the message, so the sender always gets a temporary reply (law 1), for a 5xx
too.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.act.relay.connection import TLS_CLOSE_SECONDS, UNREACHABLE, Connection, NextHopTrouble, Timeouts
from gateway.act.relay.next_hop import Capabilities, NextHop, parse_capabilities
from gateway.smtp.reply import Reply


class TlsTrouble(NextHopTrouble):
    """TLS was tried and failed."""


class ConnectionOpener:
    """Opener of connections under our host name.

    `tls_context` verifies; None means the system's certification authorities.
    """

    def __init__(self, hostname: str, timeouts: Timeouts, tls_context: ssl.SSLContext | None = None) -> None:
        self._hostname = hostname
        self._timeouts = timeouts
        self._given_context = tls_context

    @cached_property
    def _verifying(self) -> ssl.SSLContext:
        """Private authorities seldom have all that RFC 5280 asks for; Python asks from 3.13 on, and no MTA does."""
        context = self._given_context or ssl.create_default_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    @cached_property
    def _unverified(self) -> ssl.SSLContext:
        """Encryption against passive listeners only; opportunistic TLS checks no names (RFC 7435)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def connect(self, hop: NextHop, deadline: float) -> Connection:
        """Return a connection ready for MAIL, by the loop's time `deadline` at the latest. Raises NextHopTrouble."""
        try:
            return await self._connect(hop, deadline, encrypt=hop.tls != "off")
        except TlsTrouble:
            if hop.verified:
                raise
            # Opportunistic TLS: a next hop with broken TLS is treated like one that offers none (RFC 7435).
            return await self._connect(hop, deadline, encrypt=False)

    async def _connect(self, hop: NextHop, deadline: float, *, encrypt: bool) -> Connection:
        connection = await self._dial(hop, deadline)
        connection.limit(deadline)
        try:
            await self._greet(connection, hop, encrypt)
        except NextHopTrouble as trouble:
            connection.abort()
            trouble.reply = UNREACHABLE
            raise
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _dial(self, hop: NextHop, deadline: float) -> Connection:
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = {}
        if hop.scheme == "smtps":
            tls = {"ssl": self._verifying, "server_hostname": hop.host, "ssl_shutdown_timeout": TLS_CLOSE_SECONDS}
        until = min(loop.time() + self._timeouts.connect_seconds, deadline)
        try:
            async with asyncio.timeout_at(until):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._timeouts, lmtp=hop.scheme == "lmtp"), hop.host, hop.port, **tls
                )
        except TimeoutError as error:
            raise NextHopTrouble(UNREACHABLE, "no connection in time") from error
        except OSError as error:
            raise NextHopTrouble(UNREACHABLE, f"no connection: {error}") from error
        return connection

    async def _greet(self, connection: Connection, hop: NextHop, encrypt: bool) -> None:
        _expect(connection, await connection.banner(), 220, "its banner")
        await self._hello(connection)
        if encrypt and hop.scheme != "smtps":
            await self._start_tls(connection, hop)
        if hop.login:
            await _log_in(connection, hop)

    async def _hello(self, connection: Connection) -> None:
        """Send EHLO, or HELO where EHLO is refused for good (RFC 5321 3.2); note the capabilities."""
        word = "LHLO" if connection.lmtp else "EHLO"
        reply = await connection.command(f"{word} {self._hostname}\r\n".encode())
        connection.capabilities = parse_capabilities(reply.text)
        if reply.permanent and not connection.lmtp:
            reply = await connection.command(f"HELO {self._hostname}\r\n".encode())
            connection.capabilities = Capabilities()
        _expect(connection, reply, 250, "its answer to our greeting")

    async def _start_tls(self, connection: Connection, hop: NextHop) -> None:
        if not connection.capabilities.starttls:
            if hop.verified:
                raise connection.stop("it offers no STARTTLS, which is required")
            return
        reply = await connection.command(b"STARTTLS\r\n")
        if reply.code != 220:
            if hop.verified:
                raise connection.stop(f"it refused STARTTLS, which is required: {reply}")
            return
        try:
            await connection.start_tls(self._verifying if hop.verified else self._unverified, hop.host)
        except NextHopTrouble as trouble:
            raise TlsTrouble(trouble.reply, trouble.detail) from trouble
        # RFC 3207 4.2: capabilities offered in plain text must be forgotten and asked again.
        await self._hello(connection)


async def _log_in(connection: Connection, hop: NextHop) -> None:
    """Log in by AUTH PLAIN or LOGIN (RFC 4616).

    TLS is verified here: `NextHop.verified` holds for every hop with a login.
    """
    try:
        password = _first_line(hop.password_file)
    except (OSError, UnicodeError) as error:
        raise connection.stop(f"the password file can't be read: {error}") from error
    offered = connection.capabilities.auth
    if "PLAIN" in offered:
        reply = await connection.command(b"AUTH PLAIN " + _base64(f"\0{hop.login}\0{password}"))
    elif "LOGIN" in offered:
        reply = await connection.command(b"AUTH LOGIN\r\n")
        for answer in (hop.login, password):
            _expect(connection, reply, 334, "its answer to AUTH LOGIN")
            reply = await connection.command(_base64(answer))
    else:
        raise connection.stop("it offers neither AUTH PLAIN nor AUTH LOGIN")
    _expect(connection, reply, 235, "its answer to our login")


def _first_line(path: str) -> str:
    """Return the first line of a file, read anew for each connection: a changed password needs no restart."""
    return Path(path).read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode()) + b"\r\n"


def _expect(connection: Connection, reply: Reply, code: int, what: str) -> None:
    if reply.code != code:
        raise connection.stop(f"{what} was {reply}")
