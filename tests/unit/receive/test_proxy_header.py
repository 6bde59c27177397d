"""The PROXY header: both versions, what names no client, and every kind of nonsense."""

from __future__ import annotations

import asyncio
import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.receive import proxy_header
from gateway.receive.proxy_header import HEADER_BYTES, Source, WrongHeader, read_proxy_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4 = ipaddress.ip_address("192.0.2.7").packed + ipaddress.ip_address("198.51.100.1").packed + b"\x9c\x40\0\x19"
IPV6 = ipaddress.ip_address("2001:db8::7").packed * 2 + b"\x9c\x40\0\x19"
TCP4, TCP6 = 0x11, 0x21


def v2(block: bytes = IPV4, family: int = TCP4, *, command: int = 0x21, length: int | None = None) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(block) if length is None else length) + block


async def read(octets: bytes, *, ended: bool = True) -> tuple[Source | None, bytes]:
    """Return what the header names, and what is left behind it."""
    reader = asyncio.StreamReader(limit=2**16)
    reader.feed_data(octets)
    if ended:
        reader.feed_eof()
    return await read_proxy_header(reader), await reader.read() if ended else b""


@pytest.mark.parametrize(
    ("header", "source"),
    [
        (v2(), Source("192.0.2.7", 40000)),
        (v2(IPV6, TCP6), Source("2001:db8::7", 40000)),
        (v2(IPV4 + b"\x05\0\x04id-1"), Source("192.0.2.7", 40000)),
        (v2(IPV4 + b"\x05\xff\xffcut"), Source("192.0.2.7", 40000)),  # no rule reads what follows the addresses
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n", Source("192.0.2.7", 40000)),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", Source("2001:db8::7", 40000)),
        (v2(b"", 0, command=0x20), None),
        (v2(command=0x20), None),  # LOCAL: the balancer's own, whatever it names
        (v2(b"", 0), Source("", 0)),  # a client of whom the balancer knows nothing
        (b"PROXY UNKNOWN\r\n", Source("", 0)),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", Source("", 0)),
    ],
)
async def test_the_client_is_read(header: bytes, source: Source | None) -> None:
    """The octets behind the header stay: TLS or commands."""
    assert await read(header + b"EHLO x\r\n") == (source, b"EHLO x\r\n")


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO client.example\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"PROXY",
        b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 70000 25\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25" + b" " * 70 + b"\r\n",
        b"PROXY TCP4 " + b"1" * 2**17,
        SIGNATURE,
        SIGNATURE[:-1] + b"\r\x21\x11\0\x0c" + IPV4,
        v2(command=0x11),
        v2(command=0x2F),
        v2(family=0x12),  # UDP
        v2(bytes(216), 0x31),  # a Unix socket
        v2(family=0xFF),
        v2(IPV4[:-1]),
        v2(IPV4, length=200),
        v2(IPV4, TCP6),
    ],
)
async def test_anything_else_is_wrong(octets: bytes) -> None:
    with pytest.raises(WrongHeader, match=r"."):
        await read(octets)


@pytest.mark.parametrize(
    ("octets", "fits"), [(HEADER_BYTES - 1, True), (HEADER_BYTES, True), (HEADER_BYTES + 1, False)]
)
async def test_the_size_is_limited(octets: int, fits: bool) -> None:
    """The rest of a larger header isn't read."""
    header = v2(IPV4 + bytes(octets - 16 - len(IPV4)))
    assert len(header) == octets
    if fits:
        assert await read(header) == (Source("192.0.2.7", 40000), b"")
    else:
        with pytest.raises(WrongHeader, match="larger than 4096 octets"):
            await read(header)


async def test_a_header_may_come_in_pieces() -> None:
    """Only octets that came count."""
    header = v2(IPV4 + bytes(HEADER_BYTES - 16 - len(IPV4)))
    reader = asyncio.StreamReader(limit=2**16)
    reading = asyncio.ensure_future(read_proxy_header(reader))
    for start in range(0, len(header), 256):
        reader.feed_data(header[start : start + 256])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await reading == Source("192.0.2.7", 40000)


async def test_a_header_must_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_header, "HEADER_SECONDS", 0.01)
    for begun in (b"", b"PROX", SIGNATURE, v2()[:-1]):
        with pytest.raises(WrongHeader, match="no header came within"):
            await read(begun, ended=False)


async def test_a_connection_without_an_octet_has_no_wrong_header() -> None:
    """A balancer that only looks whether the port is open."""
    with pytest.raises(asyncio.IncompleteReadError):
        await read(b"")


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda tail: SIGNATURE + tail)))
def test_no_octets_do_harm(octets: bytes) -> None:
    """Whatever comes is a client with an address, no client, or a wrong header."""

    async def one() -> None:
        try:
            source, _ = await read(octets)
        except (WrongHeader, asyncio.IncompleteReadError):
            return
        if source:
            ipaddress.ip_address(source.address)
            assert 0 <= source.port < 2**16

    asyncio.run(one())


@given(address=st.ip_addresses(), port=st.integers(0, 2**16 - 1), more=st.binary(max_size=40))
def test_every_client_is_named(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, more: bytes) -> None:
    """Version 2 names any address and port, with any octets behind the addresses."""
    block = address.packed * 2 + struct.pack("!HH", port, 25) + more
    header = v2(block, TCP4 if address.version == 4 else TCP6)
    assert asyncio.run(read(header + b"rest")) == (Source(str(address), port), b"rest")
