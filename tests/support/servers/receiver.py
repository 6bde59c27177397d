"""The receiving side: real sessions on a loopback socket, a scripted site behind them, and a client.

A client's own address tells who it is: all of 127/8 is on loopback, so a test can be a stranger, one of ours or a
proxy.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gateway.logins.trouble import LoginBlocked, LoginsUnavailable
from gateway.receive.client import Access
from gateway.receive.connection import Connection
from gateway.receive.listener import Limits, Listener, Offers
from gateway.receive.server import Server
from gateway.receive.session_limits import Capacity
from gateway.receive.transaction import Received
from gateway.smtp import replies
from gateway.smtp.reply import Reply

HOSTNAME = "gw.example.co.uk"
DOMAINS = frozenset({"example.co.uk", "example.com"})
STRANGER, OURS, PROXY = "127.0.0.1", "127.0.1.1", "127.0.2.1"
ACCESS = Access(
    direction="inbound",
    domains=DOMAINS,
    home_domain="example.co.uk",
    proxies=(ipaddress.ip_network("127.0.2.0/24"),),
    trusted_networks=(ipaddress.ip_network("127.0.1.0/24"),),
)
#: As shipped, but for the message: a test of the limit shouldn't have to send 50 MiB.
LIMITS = Limits(
    message_bytes=2**20,
    recipients=500,
    received_headers=100,
    commands_per_session=1000,
    errors_per_session=20,
    command_seconds=300,
    data_seconds=600,
    session_seconds=3600,
)
CAPACITY = Capacity(connections=1000, connections_per_client=50, bytes_in_flight=2**26)
#: No test waits longer for anything: it fails instead.
PATIENCE_SECONDS = 60


def make_listener(
    direction: Literal["inbound", "outbound", "auto"] = "inbound", limits: Limits = LIMITS, **changes: Any
) -> Listener:
    given = {key: changes.pop(key) for key in ("foreign_senders", "control") if key in changes}
    access = replace(ACCESS, direction=direction, **given)
    return replace(Listener("test", HOSTNAME, access, limits), **changes)


@dataclass
class ScriptedHandler:
    """Keeps what it is given and answers as it is told (`receive.listener.MessageHandler`)."""

    reply: Reply | Exception | None = None  # None: accepted
    refused: Mapping[str, Reply | Exception] = field(default_factory=dict)  # recipient -> what verify says
    behind: Offers = field(default_factory=Offers)
    held: bool = False  # accept waits until this is False
    got: list[Received] = field(default_factory=list)
    waiting: int = 0
    verified: list[str] = field(default_factory=list)

    async def accept(self, received: Received) -> Reply:
        self.waiting += 1
        while self.held:
            await asyncio.sleep(0.001)
        self.waiting -= 1
        if isinstance(self.reply, Exception):
            raise self.reply
        if self.reply is None or self.reply.ok:
            self.got.append(received)
        return self.reply or replies.accepted(received.id)

    async def verify(self, listener: str, recipient: str) -> Reply | None:
        self.verified.append(recipient)
        answer = self.refused.get(recipient)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def offers(self, listener: str) -> Offers:
        return self.behind


class ScriptedLogins:
    """Knows ann@example.com, whose password is `secret`; `away` and `blocked` can't be checked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    async def log_in(self, login: str, password: str, client: str) -> str | None:
        self.asked.append((login, password, client))
        if login == "away":
            raise LoginsUnavailable("it is away")
        if login == "blocked":
            raise LoginBlocked("too many")
        return login.lower() if (login.lower(), password) == ("ann@example.com", "secret") else None


def may_send_as(login: str, address: str) -> bool:
    return login == address.lower()


class StillClock:
    """The time of day stands still; `monotonic` is unused here."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


@dataclass
class RunningServer:
    """`async with RunningServer(listener, site) as receiving`: one worker's server with one listener."""

    listener: Listener = field(default_factory=make_listener)
    site: ScriptedHandler = field(default_factory=ScriptedHandler)
    capacity: Capacity = CAPACITY

    async def __aenter__(self) -> RunningServer:
        numbers = itertools.count(1)
        self.server = Server(StillClock(), lambda: f"id-{next(numbers)}")
        self.server.configure(self.site, {self.listener.name: self.listener}, self.capacity)
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = sock.getsockname()[1]
        self.tasks = await asyncio.TaskGroup().__aenter__()
        await self.server.listen({self.listener.name: sock}, self.tasks)
        self.clients: list[Talk] = []
        return self

    async def __aexit__(self, *_: object) -> None:
        self.site.held = False
        for client in self.clients:
            client.disconnect()
        await self.server.drain(PATIENCE_SECONDS)
        await self.tasks.__aexit__(None, None, None)

    async def client(self, address: str = STRANGER, *, receive_bytes: int | None = None) -> Talk:
        """Return a client that has connected and read nothing yet."""
        sock = socket.socket()
        if receive_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.bind((address, 0))
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=sock)
        self.clients.append(Talk(reader, writer))
        return self.clients[-1]

    async def greeted(self, address: str = STRANGER) -> Talk:
        """Return a client that has said EHLO."""
        client = await self.client(address)
        await client.reply()
        assert (await client.say("EHLO client.example")).startswith("250")
        return client

    async def in_data(self, address: str = STRANGER, sender: str = "a@outside.example") -> Talk:
        """Return a client that may send its message now."""
        client = await self.greeted(address)
        for command in (f"MAIL FROM:<{sender}>", "RCPT TO:<b@example.com>", "DATA"):
            reply = await client.say(command)
            assert reply[0] in "23", reply
        return client

    @property
    def session(self) -> Connection:
        """The only one, from the inside."""
        (session,) = self.server._occupancy._sessions
        assert isinstance(session, Connection)
        return session

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await asyncio.sleep(0.002)


@dataclass
class Talk:
    """A client's side of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    half_closed: bool = False

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.writer.drain()

    async def line(self) -> str:
        """One line; "" when the connection has been closed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return (await self.reader.readline()).decode().removesuffix("\r\n")
            except ConnectionError:
                return ""

    async def reply(self) -> str:
        """One reply; lines parted by LF."""
        lines = [await self.line()]
        while lines[-1][3:4] == "-":
            lines.append(await self.line())
        return "\n".join(lines)

    async def say(self, command: str) -> str:
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    async def rest(self) -> bytes:
        """All that still comes until the server closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def start_tls(self, context: ssl.SSLContext) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.writer.start_tls(context, server_hostname="localhost")

    def half_close(self) -> None:
        self.writer.write_eof()
        self.half_closed = True

    def disconnect(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Gone without a word: RST, where `disconnect` is no more than a half-close to the other side."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the server's context with a certificate for "localhost", and that of a client that trusts it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))
