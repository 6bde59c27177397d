"""STARTTLS (RFC 3207): real handshakes with a certificate of our own, on both loops."""

from __future__ import annotations

import logging
import ssl

import pytest

from tests.support.servers.receiver import PROXY, RunningServer, make_listener

Certificate = tuple[ssl.SSLContext, ssl.SSLContext]


def with_tls(certificate: Certificate) -> RunningServer:
    return RunningServer(make_listener(tls=certificate[0]))


async def test_message_over_tls_is_accepted(certificate: Certificate) -> None:
    """After the handshake a message is taken, and its client is known to have used TLS."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        assert await client.say("STARTTLS") == "220 Ready to start TLS"
        await client.start_tls(certificate[1])
        greeting = await client.say("EHLO second.example")
        assert "STARTTLS" not in greeting
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            assert (await client.say(command))[0] in "23"
        assert (await client.say("Subject: x\r\n\r\nhello\r\n.")).startswith("250 2.0.0 Accepted")
        (got,) = receiving.site.got
        assert (got.client.tls, got.client.helo, got.protocol) == ("TLSv1.3", "second.example", "ESMTPS")
        assert await client.say("QUIT") == "221 2.0.0 Bye"
        assert await client.rest() == b""


async def test_starttls_is_offered_only_with_a_certificate() -> None:
    """STARTTLS is neither offered nor accepted without a certificate."""
    async with RunningServer() as receiving:
        client = await receiving.client()
        await client.reply()
        assert "STARTTLS" not in await client.say("EHLO client.example")
        assert (await client.say("STARTTLS")).startswith("503 5.5.1")


async def test_state_from_before_tls_is_forgotten(certificate: Certificate) -> None:
    """EHLO and a transaction begun in plain text do not survive the handshake (RFC 3207 4.2)."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.say("MAIL FROM:<a@outside.example>")
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        assert (await client.say("RCPT TO:<b@example.com>")).startswith("503 5.5.1 Send MAIL first")
        assert (await client.say("MAIL FROM:<a@outside.example>")).startswith("503 5.5.1 Send EHLO first")


async def test_starttls_twice_is_refused(certificate: Certificate) -> None:
    """Within TLS there is no second STARTTLS."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        await client.say("EHLO client.example")
        assert (await client.say("STARTTLS")).startswith("503 5.5.1 STARTTLS is not offered now")


async def test_client_that_a_proxy_named_in_plain_text_is_forgotten(certificate: Certificate) -> None:
    """The XFORWARD before the handshake counts for nothing after it."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted(PROXY)
        await client.say("XFORWARD ADDR=127.0.1.9 HELO=ours.example")
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        await client.say("EHLO proxy.example")
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            assert (await client.say(command))[0] in "23"
        await client.say("x: y\r\n.")
        (got,) = receiving.site.got
        assert (got.client.address, got.client.proxy, got.client.trusted) == (PROXY, "", False)


async def test_plain_text_behind_starttls_is_dropped(certificate: Certificate) -> None:
    """Commands in the segment of STARTTLS never are obeyed (CVE-2011-0411)."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.send(b"STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<evil@outside.example>\r\n")
        assert await client.reply() == "220 Ready to start TLS"
        await client.start_tls(certificate[1])
        assert (await client.say("MAIL FROM:<a@outside.example>")).startswith("503 5.5.1 Send EHLO first")
        assert (await client.say("EHLO client.example")).startswith("250-")


async def test_half_line_behind_starttls_is_dropped(certificate: Certificate) -> None:
    """The beginning of a command in plain text is not completed by what comes encrypted."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.send(b"STARTTLS\r\nEHLO injec")
        assert await client.reply() == "220 Ready to start TLS"
        await client.start_tls(certificate[1])
        assert (await client.say("ted.example")).startswith("500 5.5.2")


async def test_failed_handshake_ends_the_session(certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    """A client that speaks no TLS is let go, counts no longer, and is no internal error."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.say("STARTTLS")
        await client.send(b"this is no handshake\r\n")
        await client.rest()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)
        assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_client_that_leaves_in_the_handshake_ends_the_session(certificate: Certificate) -> None:
    """A connection that ends before the handshake is over counts no longer."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.say("STARTTLS")
        client.disconnect()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_handshake_that_never_comes_times_out(certificate: Certificate) -> None:
    """The command time-out holds for the handshake as well."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        receiving.session._timeout_duration = 0.2
        await client.say("STARTTLS")
        await client.rest()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_flood_behind_starttls_times_out(certificate: Certificate) -> None:
    """More plain text than is buffered holds no session for ever."""
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        receiving.session._timeout_duration = 0.2
        client.writer.write(b"STARTTLS\r\n" + b"x" * 500_000)
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_client_that_ends_tls_after_the_final_dot_has_handed_the_message_over(certificate: Certificate) -> None:
    """close_notify right after the final dot: the message is dealt with to the end."""
    async with with_tls(certificate) as receiving:
        receiving.site.held = True
        client = await receiving.greeted()
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        await client.say("EHLO client.example")
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            await client.say(command)
        await client.send(b"x: y\r\n.\r\n")
        client.disconnect()
        await receiving.until(lambda: receiving.site.waiting == 1)
        receiving.site.held = False
        await receiving.until(lambda: len(receiving.site.got) == 1)


async def test_large_message_over_tls(certificate: Certificate) -> None:
    """Flow control works through TLS: a message of many buffers arrives whole."""
    body = b"".join(b"%07d %s\r\n" % (n, b"x" * 60) for n in range(10_000))
    async with with_tls(certificate) as receiving:
        client = await receiving.greeted()
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        await client.say("EHLO client.example")
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            await client.say(command)
        await client.send(b"Subject: x\r\n\r\n" + body + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert receiving.site.got[0].content == b"Subject: x\r\n\r\n" + body
