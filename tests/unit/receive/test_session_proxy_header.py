"""Connections that begin with a PROXY header: its client is that of the session, and trusted like any other."""

from __future__ import annotations

import ipaddress
import ssl
import struct
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.contract import Client
from gateway.receive import proxy_header
from gateway.receive.session_limits import Capacity
from tests.support.servers.receiver import CAPACITY, OURS, PROXY, STRANGER, RunningServer, Talk, make_listener

Certificate = tuple[ssl.SSLContext, ssl.SSLContext]
OUTSIDE = "192.0.2.7"
MESSAGE = ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA")


def header(address: str, port: int = 40000, *, local: bool = False) -> bytes:
    """Return version 2 of the header."""
    ip = ipaddress.ip_address(address)
    block = ip.packed * 2 + struct.pack("!HH", port, 25)
    start = struct.pack("!BBH", 0x20 if local else 0x21, 0x11 if ip.version == 4 else 0x21, len(block))
    return b"\r\n\r\n\0\r\nQUIT\n" + start + block


def server(capacity: Capacity = CAPACITY, **changes: Any) -> RunningServer:
    return RunningServer(make_listener(proxy_protocol=True, **changes), capacity=capacity)


async def sent(client: Talk, receiving: RunningServer) -> Client:
    """Send a message, and return its client."""
    for command in MESSAGE:
        assert (await client.say(command))[0] in "23"
    assert (await client.say("x: y\r\n.")).startswith("250")
    return receiving.site.got[-1].client


async def test_the_named_client_is_the_one_of_every_message() -> None:
    """It stays so after RSET, EHLO and a message; the proxy's right to name clients doesn't go over to it."""
    async with server() as receiving:
        client = await receiving.client(PROXY)
        await client.send(header(OUTSIDE) + b"EHLO client.example\r\n")
        assert (await client.reply()).startswith("220")
        offers = await client.reply()
        assert "XFORWARD" not in offers
        assert "XCLIENT" not in offers
        assert (await client.say(f"XFORWARD ADDR={OURS}")).startswith("550 5.7.1 XFORWARD is for our proxies only")
        assert (await client.say(f"XCLIENT ADDR={OURS}")).startswith("550 5.7.1 XCLIENT is for our proxies only")
        await client.say("RSET")
        named = Client(OUTSIDE, "client.example", port=40000, proxy=PROXY)
        assert await sent(client, receiving) == named
        await client.say("EHLO client.example")
        assert await sent(client, receiving) == named


async def test_version_1_and_ipv6() -> None:
    async with server() as receiving:
        client = await receiving.client(PROXY)
        await client.send(b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\nEHLO client.example\r\n")
        await client.reply()
        await client.reply()
        assert (await sent(client, receiving)).address == "2001:db8::7"


@pytest.mark.parametrize(("address", "reply"), [(OURS, "250"), (OUTSIDE, "550"), (f"::ffff:{OURS}", "250")])
async def test_trust_is_that_of_the_named_client(address: str, reply: str) -> None:
    """Only a client of our own network may send outwards."""
    async with server(direction="auto") as receiving:
        client = await receiving.client(PROXY)
        await client.send(header(address))
        await client.reply()
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<a@example.com>")
        assert (await client.say("RCPT TO:<b@outside.example>")).startswith(reply)


async def test_the_proxy_itself_is_a_proxy_that_names_nobody() -> None:
    """LOCAL, as for health checks: an untrusted client, which may name one by XFORWARD."""
    async with server() as receiving:
        client = await receiving.client(PROXY)
        await client.send(header(OURS, local=True))
        await client.reply()
        assert "XFORWARD" in await client.say("EHLO client.example")
        found = await sent(client, receiving)
        assert (found.address, found.trusted, found.proxy) == (PROXY, False, "")


@pytest.mark.parametrize("octets", [b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0"])
async def test_a_client_of_whom_the_proxy_knows_nothing_is_no_proxy(octets: bytes) -> None:
    """It may name no client, is of no network of ours, and may not send outwards."""
    async with server(direction="auto") as receiving:
        client = await receiving.client(PROXY)
        await client.send(octets)
        await client.reply()
        offers = await client.say("EHLO client.example")
        assert "XCLIENT" not in offers
        assert "XFORWARD" not in offers
        assert (await client.say(f"XCLIENT ADDR={OURS}")).startswith("550 5.7.1")
        assert (await client.say(f"XFORWARD ADDR={OURS}")).startswith("550 5.7.1")
        found = await sent(client, receiving)
        assert (found.address, found.trusted, found.proxy) == ("", False, PROXY)


async def test_a_proxy_behind_a_balancer_names_its_clients() -> None:
    """A Postfix behind HAProxy: it is known by the header, and its clients by XFORWARD."""
    behind = "127.0.2.9"
    async with server() as receiving:
        client = await receiving.client(PROXY)
        await client.send(header(behind))
        await client.reply()
        assert "XFORWARD" in await client.say("EHLO postfix.example")
        await client.say(f"XFORWARD ADDR={OUTSIDE}")
        found = await sent(client, receiving)
        assert (found.address, found.proxy) == (OUTSIDE, behind)
        found = await sent(client, receiving)
        assert (found.address, found.trusted, found.proxy) == (behind, False, "")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"EHLO client.example\r\n", "PROXY unrecognized signature"),
        (b"\x16\x03\x01\x02\0\x01", "PROXY unrecognized signature"),
        (b"PROXY TCP4 x\r\n", "PROXYv1 address malformed"),
    ],
)
async def test_a_proxy_without_a_valid_header_is_let_go(octets: bytes, why: str) -> None:
    """It gets no greeting, and no command is read."""
    async with server() as receiving:
        with capture_logs() as logs:
            client = await receiving.client(PROXY)
            await client.send(octets)
            assert await client.rest() == b""
        (line,) = (line for line in logs if line["event"] == "proxy.no_header")
        assert (line["listener"], line["proxy"], line["why"]) == ("test", PROXY, why)
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_a_proxy_that_says_nothing_is_let_go_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_header, "HEADER_SECONDS", 0.01)
    async with server() as receiving:
        with capture_logs() as logs:
            assert await (await receiving.client(PROXY)).rest() == b""
        assert [line["why"] for line in logs] == ["no header came within 0.01 seconds"]


async def test_who_only_looks_at_the_port_is_not_logged() -> None:
    async with server() as receiving:
        with capture_logs() as logs:
            client = await receiving.client(PROXY)
            client.half_close()
            assert await client.rest() == b""
        assert {line["log_level"] for line in logs} <= {"debug"}


@pytest.mark.parametrize("address", [STRANGER, OURS])
@pytest.mark.parametrize("octets", [header(OURS), b"PROXY TCP4 127.0.1.9 127.0.0.1 40000 25\r\n"])
async def test_a_header_of_anybody_else_is_refused(address: str, octets: bytes) -> None:
    """The connection ends, and names nobody."""
    async with server() as receiving:
        client = await receiving.client(address)
        with capture_logs() as logs:
            await client.send(octets + b"EHLO client.example\r\n")
            assert (await client.rest()).endswith(b"521 5.5.1 This is an SMTP server; closing the connection\r\n")
        assert logs[-1]["client"] == address


async def test_others_need_no_header() -> None:
    """A listener may take balanced and direct connections."""
    async with server() as receiving:
        client = await receiving.greeted(STRANGER)
        assert (await sent(client, receiving)).address == STRANGER


async def test_without_the_setting_a_header_is_refused() -> None:
    async with RunningServer(make_listener()) as receiving:
        client = await receiving.client(PROXY)
        await client.send(b"PROXY TCP4 127.0.1.9 127.0.0.1 40000 25\r\n")
        assert (await client.rest()).endswith(b"521 5.5.1 This is an SMTP server; closing the connection\r\n")


async def test_the_named_client_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of connections counts for it, not for the proxy; a message and RSET don't end that."""
    async with server(Capacity(1000, 1, 2**26)) as receiving:
        first = await receiving.client(PROXY)
        await first.send(header(OUTSIDE))
        await first.reply()
        await first.say("EHLO client.example")
        await sent(first, receiving)
        await first.say("RSET")
        second, other = await receiving.client(PROXY), await receiving.client(PROXY)
        await second.send(header(OUTSIDE))
        assert (await second.reply()).startswith("421 4.7.0 Too many connections from your host")
        await other.send(header("192.0.2.8"))
        assert (await other.reply()).startswith("220")


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxied", [True, False])
async def test_the_header_comes_before_tls(certificate: Certificate, proxied: bool) -> None:
    """On a listener whose TLS begins at once, the header is in plain text."""
    async with server(tls=certificate[0], implicit_tls=True) as receiving:
        client = await receiving.client(PROXY if proxied else STRANGER)
        if proxied:
            await client.send(header(OUTSIDE))
        await client.start_tls(certificate[1])
        assert (await client.reply()).startswith("220")
        assert "STARTTLS" not in await client.say("EHLO client.example")
        found = await sent(client, receiving)
        address, proxy = (OUTSIDE, PROXY) if proxied else (STRANGER, "")
        assert (found.address, found.proxy, found.tls) == (address, proxy, "TLSv1.3")


async def test_the_handshake_may_come_in_one_segment_with_the_header(certificate: Certificate) -> None:
    """The octets that were read with the header are the beginning of the handshake."""
    async with server(tls=certificate[0], implicit_tls=True) as receiving:
        client = await receiving.client(PROXY)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = certificate[1].wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        await client.send(header(OUTSIDE) + outgoing.read())
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(await client.reader.read(2**16))
        await client.send(outgoing.read())
        greeting = b""
        while not greeting:
            try:
                greeting = tls.read()
            except ssl.SSLWantReadError:
                incoming.write(await client.reader.read(2**16))
        assert greeting.startswith(b"220 ")


async def test_who_speaks_no_tls_is_let_go(certificate: Certificate) -> None:
    """The log says why; the session counts no longer."""
    async with server(tls=certificate[0], implicit_tls=True) as receiving:
        with capture_logs() as logs:
            client = await receiving.client(PROXY)
            await client.send(header(OUTSIDE) + b"EHLO client.example\r\n" * 20)
            assert b"220" not in await client.rest()
            await receiving.until(lambda: receiving.server.figures["sessions"] == 0)
        (line,) = (line for line in logs if line["event"] == "session.no_tls")
        assert line["client"] == OUTSIDE


async def test_the_named_client_stays_after_starttls(certificate: Certificate) -> None:
    """Else the client could name another one then, as if it were the proxy."""
    async with server(tls=certificate[0]) as receiving:
        client = await receiving.client(PROXY)
        await client.send(header(OUTSIDE))
        await client.reply()
        await client.say("EHLO client.example")
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        assert "XFORWARD" not in await client.say("EHLO client.example")
        assert (await sent(client, receiving)).address == OUTSIDE
