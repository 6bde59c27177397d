"""One connection to clamd: the INSTREAM command in an IDSESSION, chunk by chunk, and the reading of the answer.

It knows one scan at a time and no time-outs; `clamd` has those. No answer is ever taken for "nothing found".
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.contract import Scan, ScannerTooLarge, ScannerUnavailable

#: Octets in one chunk of INSTREAM: large enough that few system calls carry a message, small enough to copy cheaply.
CHUNK_BYTES = 128 * 1024

#: The most octets of an answer; a real one is a signature name of a few dozen.
ANSWER_BYTES = 4096

#: The most octets of an answer quoted in an error.
QUOTED_BYTES = 200

_ANSWER = re.compile(rb"(?:(\d+): )?stream: (?:OK|(.+) FOUND)\0", re.DOTALL)
_TOO_LARGE = b"INSTREAM size limit exceeded"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of clamd: a host and a TCP port, or the path of a unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""


def parse_address(text: str) -> Address:
    """Read "host:port", "[::1]:port", "/path" or "unix:/path". Raises ValueError with a plain sentence."""
    path = text.removeprefix("unix:")
    if path.startswith("/"):
        return Address(path=path)
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is neither HOST:PORT nor the absolute path of a socket")
    return Address(host=host, port=int(port))


class Closed(ConnectionError):
    """clamd closed the connection before it answered."""


class Session:
    """One connection in clamd's IDSESSION mode; for one scan at a time.

    The connection is a bare socket, not a stream: when clamd answers "too large" and closes, a stream's write error
    would discard the answer that already waits. The loop watches the socket from first to last, which costs one system
    call a session instead of three a scan, and notices at once when clamd closes an idle one (its IdleTimeout, a
    restart).
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self._scans = 0
        self._answer = b""
        self._ended = False  # clamd closed the connection, or it broke
        self._asked = False  # the scan under way was sent to its last octet
        self._waiter: asyncio.Future[None] | None = None
        self._left: tuple[asyncio.TimerHandle, Callable[[], None]] | None = None  # nobody waits for the answer
        self._loop.add_reader(connection, self._readable)

    @classmethod
    async def open(cls, address: Address) -> Session:
        """Connect. Raises OSError."""
        return cls(await _connect(address))

    @property
    def is_stale(self) -> bool:
        """Return whether clamd closed the idle connection, or sent something unasked."""
        return self._ended or bool(self._answer)

    @property
    def is_asked(self) -> bool:
        """Return whether clamd has, or will have, all of a content whose answer has not been read."""
        return self._asked

    def close(self) -> None:
        """Close the connection. A session that was left ends with it."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        if self._left is not None:
            timer, end = self._left
            self._left = None
            timer.cancel()
            end()

    def leave(self, seconds: float, end: Callable[[], None]) -> None:
        """Leave the session open until its answer comes, or for `seconds`; then close it and call `end`."""
        self._left = self._loop.call_later(seconds, self.close), end
        if self._is_answered:
            self.close()

    async def scan(self, content: bytes) -> Scan:
        """Send the octets and read the answer. Raises OSError, ScannerUnavailable or ScannerTooLarge."""
        self._scans += 1
        try:
            await self._send(content)
        except ConnectionError as error:
            self._readable()
            if not (answer := self._answer):
                raise Closed("clamd closed the connection in mid-stream") from error
        else:
            self._asked = True
            answer = await self._receive()
        self._answer, self._asked = b"", False
        return _read(answer, self._scans)

    async def _send(self, content: bytes) -> None:
        start = b"zIDSESSION\0zINSTREAM\0" if self._scans == 1 else b"zINSTREAM\0"
        view = memoryview(content)
        for at in range(0, len(content), CHUNK_BYTES):
            chunk = view[at : at + CHUNK_BYTES]
            end = b"\0\0\0\0" if at + CHUNK_BYTES >= len(content) else b""
            await self._loop.sock_sendall(self._socket, b"".join((start, len(chunk).to_bytes(4, "big"), chunk, end)))
            start = b""
        if start:
            await self._loop.sock_sendall(self._socket, start + b"\0\0\0\0")

    async def _receive(self) -> bytes:
        while not self._is_answered:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if not self._answer:
            raise Closed("clamd closed the connection without an answer")
        return self._answer

    @property
    def _is_answered(self) -> bool:
        """Return whether there is nothing more to wait for: an answer, the end, or too many octets have come."""
        return self._ended or self._answer.endswith(b"\0") or len(self._answer) >= ANSWER_BYTES

    def _readable(self) -> None:
        """Take octets of an answer, or the end of the connection."""
        try:
            octets = self._socket.recv(ANSWER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        self._answer += octets
        if not octets:
            self._ended = True
            self._loop.remove_reader(self._socket)  # the end stays readable: the loop would call again and again
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self._left is not None and self._is_answered:
            self.close()


async def _connect(address: Address) -> socket.socket:
    loop = asyncio.get_running_loop()
    if address.path:
        return await _open(socket.AF_UNIX, address.path)
    failure: OSError | None = None
    for family, _, _, _, target in await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        try:
            return await _open(family, target)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{address.host} has no address")


async def _open(family: int, target: str | tuple[Any, ...]) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        if family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the last chunk must not wait for an ACK
        await asyncio.get_running_loop().sock_connect(connection, target)
    except BaseException:
        connection.close()
        raise
    return connection


def _read(answer: bytes, number: int) -> Scan:
    """Read an answer to the session's scan of that number. Raises ScannerTooLarge or ScannerUnavailable."""
    if _TOO_LARGE in answer:
        raise ScannerTooLarge("more octets than clamd's StreamMaxLength")
    match = _ANSWER.fullmatch(answer)
    if match is None or (match[1] is not None and int(match[1]) != number):
        raise ScannerUnavailable(f"clamd's answer can't be understood: {answer[:QUOTED_BYTES]!r}")
    return Scan(() if match[2] is None else (match[2].decode("ascii", "backslashreplace"),))
