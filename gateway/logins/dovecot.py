"""Logins that Dovecot checks, over its auth service's socket: the client's side of its protocol, version 1.

https://doc.dovecot.org/2.4.1/core/developers/design/auth_protocol.html; the same in Dovecot 2.3.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from secrets import randbelow

from gateway.logins.trouble import LoginsUnavailable

#: The most octets of a line, as in Dovecot (AUTH_CLIENT_MAX_LINE_LENGTH).
LINE_BYTES = 8192
#: The most lines before DONE: Dovecot has some ten mechanisms.
HELLO_LINES = 100
#: Connections of a worker at a time. Dovecot waits 2 s before it refuses (auth_failure_delay).
CONNECTIONS = 50

_MAJOR = "1"
_MINOR = "2"


class Dovecot:
    """Dovecot's auth service at a socket. Each login has a connection of its own, and so disturbs no other."""

    def __init__(self, socket: Path) -> None:
        self.name = f"Dovecot at {socket}"
        self.checks = CONNECTIONS
        self._socket = socket

    async def verify(self, login: str, password: str, client: str) -> str | None:
        response = b64encode(f"\0{login}\0{password}".encode()).decode()
        address = [f"rip={client}"] if client else []
        request = ["AUTH", "1", "PLAIN", "service=smtp", "secured", *address, "nologin", f"resp={response}"]
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=LINE_BYTES)
            try:
                await self._greet(reader, writer)
                writer.write(_line(request))
                return _login(await _read(reader), login)
            finally:
                writer.close()
        except OSError as error:
            if isinstance(error, LoginsUnavailable):
                raise
            raise LoginsUnavailable(error.strerror or str(error)) from error

    async def check(self) -> None:
        """Connect, and see that Dovecot takes logins. Raises LoginsUnavailable and OSError."""
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=LINE_BYTES)
        try:
            await self._greet(reader, writer)
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Exchange greetings: Dovecot 2.4 says no more than its version before it has read ours."""
        writer.write(_line(["VERSION", _MAJOR, _MINOR]) + _line(["CPID", str(1 + randbelow(2**31 - 1))]))
        mechanisms = set()
        for _ in range(HELLO_LINES):
            match await _read(reader):
                case ["VERSION", major, *_] if major != _MAJOR:
                    raise LoginsUnavailable(f"it speaks version {major} of the protocol, not {_MAJOR}")
                case ["MECH", name, *_]:
                    mechanisms.add(name.upper())
                case ["DONE", *_]:
                    break
        else:
            raise LoginsUnavailable("it gives no end of its greeting: is this the socket of `auth-client`?")
        if "PLAIN" not in mechanisms:
            raise LoginsUnavailable("it doesn't offer PLAIN: `auth_mechanisms` must have it")


def _line(fields: Sequence[str]) -> bytes:
    return "\t".join(fields).encode() + b"\n"


async def _read(reader: asyncio.StreamReader) -> list[str]:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        raise LoginsUnavailable("it closed the connection") from error
    except asyncio.LimitOverrunError as error:
        raise LoginsUnavailable(f"a line of more than {LINE_BYTES} octets") from error
    return line.decode("utf-8", "replace").removesuffix("\n").split("\t")


def _login(answer: Sequence[str], given: str) -> str | None:
    """Return the login in Dovecot's spelling, or None. Raises LoginsUnavailable."""
    match answer:
        case ["OK", "1", *fields]:
            named = next((one.removeprefix("user=") for one in fields if one.startswith("user=")), given)
            if "\x01" in named:  # an escaped TAB or line end: no login that we could name in a log
                return None
            return named.lower()
        case ["FAIL", "1", *fields]:
            if "temp" in fields or "code=temp_fail" in fields:
                raise LoginsUnavailable("it has trouble of its own: see its log")
            return None
    raise LoginsUnavailable(f"an answer that is none: {answer[0][:40]!r}")
