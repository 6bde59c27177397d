"""The PROXY header, with which a load balancer names the client (HAProxy's proxy-protocol.txt, versions 1 and 2).

aiosmtpd reads the header. This module bounds its size, and takes the client's address and port from it, nothing else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiosmtpd.proxy_protocol import AF, PROTO, V2_CMD, get_proxy

#: Seconds for a proxy to send its header. HAProxy sends it first of all; the specification asks for at least 3.
HEADER_SECONDS = 5.0
#: The most octets of a header. Version 1 has at most 107; a client's certificate is the largest that version 2 names.
HEADER_BYTES = 4096


class WrongHeader(ValueError):
    """A connection of a proxy that doesn't begin with a valid header; the text says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """The address and port of the client that a header names."""

    address: str  # "" where the proxy doesn't know it
    port: int


@dataclass(slots=True)
class _Bounded:
    """The beginning of a connection, of which no more is read than a header may have."""

    reader: asyncio.StreamReader
    octets: int = 0

    async def read(self, n: int = -1) -> bytes:
        if self.octets + n > HEADER_BYTES:
            raise WrongHeader(f"the header is larger than {HEADER_BYTES} octets")
        return self._counted(await self.reader.read(n))  # it may come in pieces

    async def readexactly(self, n: int) -> bytes:
        return self._counted(await self.reader.readexactly(n))

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        return await self.reader.readuntil(separator)  # the reader has a limit of its own

    def _counted(self, octets: bytes) -> bytes:
        self.octets += len(octets)
        return octets


async def read_proxy_header(reader: asyncio.StreamReader) -> Source | None:
    """Read the header; return None where the proxy speaks for itself (LOCAL, as for health checks).

    Of UNKNOWN and UNSPEC there is a client, of whom the proxy knows nothing: it is no proxy.

    Raises WrongHeader, and IncompleteReadError where the connection ended without an octet.
    """
    bounded = _Bounded(reader)
    try:
        async with asyncio.timeout(HEADER_SECONDS):
            header = await get_proxy(bounded)
    except TimeoutError:
        raise WrongHeader(f"no header came within {HEADER_SECONDS:g} seconds") from None
    if header.error:
        if not bounded.octets and reader.at_eof():
            raise asyncio.IncompleteReadError(b"", None)
        raise WrongHeader(header.error)
    if header.command == V2_CMD.LOCAL:
        return None
    if header.family == AF.UNSPEC:
        return Source("", 0)
    if header.family not in (AF.INET, AF.INET6) or header.protocol != PROTO.STREAM:
        raise WrongHeader("the header names no client of TCP over IPv4 or IPv6")
    return Source(str(header.src_addr), header.src_port or 0)
