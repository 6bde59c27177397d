"""Logins in a session: secrets in the log, trouble and time; and TLS from the first octet, on both loops."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode

import pytest
from structlog.testing import capture_logs

from gateway.receive.listener import Logins
from tests.support.servers.receiver import RunningServer, ScriptedLogins, Talk, make_listener, may_send_as

Certificate = tuple[ssl.SSLContext, ssl.SSLContext]
PLAIN = b64encode(b"\0ann@example.com\0secret").decode()


def submission(certificate: Certificate, check: ScriptedLogins | None = None) -> RunningServer:
    logins = Logins("required", check or ScriptedLogins(), may_send_as)
    return RunningServer(make_listener("outbound", tls=certificate[0], implicit_tls=True, logins=logins))


async def over_tls(receiving: RunningServer, certificate: Certificate) -> Talk:
    client = await receiving.client()
    await client.start_tls(certificate[1])
    assert (await client.reply()).startswith("220 ")
    assert "AUTH PLAIN LOGIN" in await client.say("EHLO client.example")
    return client


async def test_a_client_logs_in_over_implicit_tls(certificate: Certificate) -> None:
    """The check is asked with the client's address, and the message has the login."""
    check = ScriptedLogins()
    async with submission(certificate, check) as receiving:
        client = await over_tls(receiving, certificate)
        assert (await client.say(f"AUTH PLAIN {PLAIN}")).startswith("235 ")
        for command in ("MAIL FROM:<ann@example.com>", "RCPT TO:<b@outside.example>", "DATA"):
            assert (await client.say(command))[0] in "23"
        assert (await client.say("Subject: x\r\n\r\nhello\r\n.")).startswith("250 ")
        (got,) = receiving.site.got
        assert (got.client.login, got.client.tls, got.protocol) == ("ann@example.com", "TLSv1.3", "ESMTPSA")
        assert check.asked == [("ann@example.com", "secret", "127.0.0.1")]
        assert not receiving.session._client.proxy


async def test_a_client_that_speaks_no_tls_is_let_go(certificate: Certificate) -> None:
    """It counts no longer, and none of its octets is a command."""
    async with submission(certificate) as receiving:
        client = await receiving.client()
        await client.send(b"EHLO client.example\r\n")
        assert b"220" not in await client.rest()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)
        (await receiving.client()).reset()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_no_password_is_logged(certificate: Certificate) -> None:
    """Neither that of a refused AUTH, nor lines that a client sends behind it unasked."""
    secret = b64encode(b"my-password").decode()
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        with capture_logs() as logs:
            await client.say(f"AUTH LOGIN {PLAIN}x{secret}")
            await client.say(f"AUTH NTLM {secret}")
            await client.say(secret)
            await client.say(f"x{secret}")
            await client.say("MAIL FROM:<ann@example.com>")
    commands = [line["command"] for line in logs if line["event"] == "refused"]
    assert commands == [
        *("AUTH LOGIN", "AUTH NTLM", "(behind AUTH: not shown)", "(behind AUTH: not shown)"),
        "MAIL FROM:<ann@example.com>",
    ]


async def test_no_password_of_a_misspelt_auth_is_logged(certificate: Certificate) -> None:
    """A blank more, or a mechanism less."""
    spellings = ("AUTH\tPLAIN {}", "AUTH PLAIN\t{}", "AUTH {}", "AUTH  {}", "AUTHPLAIN {}", "auth={}", " AUTH PLAIN {}")
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        with capture_logs() as logs:
            for spelling in spellings:
                assert (await client.say(spelling.format(PLAIN)))[0] == "5"
    assert len(logs) == len(spellings)
    assert PLAIN not in str(logs)


async def test_a_login_vouches_for_no_other(certificate: Certificate) -> None:
    """The next hop would take AUTH= of MAIL for proven by us (RFC 4954 5)."""
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        await client.say(f"AUTH PLAIN {PLAIN}")
        for said in ("", " AUTH=<>", " AUTH=boss@example.com"):
            for command in (f"MAIL FROM:<ann@example.com>{said}", "RCPT TO:<b@outside.example>", "DATA"):
                assert (await client.say(command))[0] in "23"
            await client.say("Subject: x\r\n\r\nhello\r\n.")
        assert [got.envelope.auth for got in receiving.site.got] == [None, "<>", "<>"]


async def test_failed_logins_are_errors_of_the_session(certificate: Certificate) -> None:
    """The session ends behind its last error, as for other commands."""
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        wrong = b64encode(b"\0ann@example.com\0wrong").decode()
        answers = [await client.say(f"AUTH PLAIN {wrong}") for _ in range(21)]
        assert {answer[:9] for answer in answers[:-1]} == {"535 5.7.8"}
        assert answers[-1].startswith("421 4.7.0 Too many errors")


class HangingLogins(ScriptedLogins):
    """Answers never; knows whether a check has been cancelled."""

    cancelled = False

    async def log_in(self, login: str, password: str, client: str) -> str | None:
        self.asked.append((login, password, client))
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return None


async def test_a_client_that_hangs_up_cancels_its_check(certificate: Certificate) -> None:
    """By that the authenticator knows, and counts it."""
    check = HangingLogins()
    async with submission(certificate, check) as receiving:
        client = await over_tls(receiving, certificate)
        await client.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
        await receiving.until(lambda: len(check.asked) == 1)
        client.disconnect()
        await receiving.until(lambda: check.cancelled)


async def test_a_client_that_leaves_in_the_exchange_ends_the_session(certificate: Certificate) -> None:
    """Between challenge and answer."""
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        assert await client.say("AUTH PLAIN") == "334 "
        client.disconnect()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


@pytest.mark.parametrize("argument", ["PLAIN", "LOGIN"])
async def test_a_login_outlives_rset_and_ends_with_the_connection(certificate: Certificate, argument: str) -> None:
    """Another connection has to log in."""
    async with submission(certificate) as receiving:
        client = await over_tls(receiving, certificate)
        await client.say(f"AUTH {argument}")
        if argument == "PLAIN":
            assert (await client.say(PLAIN)).startswith("235 ")
        else:
            await client.say(b64encode(b"ann@example.com").decode())
            assert (await client.say(b64encode(b"secret").decode())).startswith("235 ")
        await client.say("RSET")
        assert (await client.say("MAIL FROM:<ann@example.com>")).startswith("250 ")
        other = await over_tls(receiving, certificate)
        assert (await other.say("MAIL FROM:<ann@example.com>")).startswith("530 5.7.0")
