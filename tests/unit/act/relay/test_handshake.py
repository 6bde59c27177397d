"""The beginning of a connection: banner, EHLO, STARTTLS by policy, login."""

from __future__ import annotations

import asyncio
import base64
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.act.relay.connection import UNREACHABLE
from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.relay import Timeouts, Transaction
from gateway.contract import Recipient
from gateway.smtp.reply import Reply
from tests.support.builders.certificates import signed_certificate
from tests.support.servers.receiver import self_signed
from tests.support.servers.scripted_hop import HANG, HANG_UP, OFFERS, Answer
from tests.unit.act.conftest import Certificate, MakeRelay, StartHop

MAIL = Transaction("a@x.test", (Recipient("b@y.test", "inbound"),))
CONTENT = (b"Subject: x\r\n\r\nplain\r\n",)
SENT = {"b@y.test": Reply(250, "2.0.0", "Ok: queued as 1")}
NOT_SENT = {"b@y.test": UNREACHABLE}
WITH_TLS = (*OFFERS, "STARTTLS")


def localhost(hop: NextHop) -> NextHop:
    """Return the next hop by the name in the certificate."""
    return replace(hop, host="localhost")


@pytest.mark.parametrize("banner", ["421 Busy", "554 Go away", "450 Later", HANG_UP, HANG, b"SSH-2.0-OpenSSH\r\n"])
async def test_a_bad_banner_is_temporary(start_hop: StartHop, make_relay: MakeRelay, banner: Answer) -> None:
    """A next hop that doesn't want us says nothing about the message: the client keeps it."""
    server, hop = await start_hop(replies={"banner": banner})
    assert await make_relay().send([hop], MAIL, CONTENT) == NOT_SENT
    assert server.said == []


async def test_nobody_listens(make_relay: MakeRelay, unused_tcp_port: int) -> None:
    """A refused connection, or a name that doesn't exist, is a temporary reply."""
    for hop in (NextHop("smtp", "127.0.0.1", unused_tcp_port), NextHop("smtp", "nowhere.invalid", 25)):
        assert await make_relay().send([hop], MAIL, CONTENT) == NOT_SENT


async def test_helo_where_ehlo_is_refused(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """An old server is spoken to without extensions (RFC 5321 3.2)."""
    server, hop = await start_hop(replies={"EHLO": "500 What?"})
    assert await make_relay().send([hop], MAIL, CONTENT) == SENT
    assert server.said == ["EHLO gw.test", "HELO gw.test", "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>", "DATA"]


@pytest.mark.parametrize(
    "replies",
    [
        {"EHLO": "421 Busy"},
        {"EHLO": "450 Later"},
        {"EHLO": "550 No", "HELO": "550 No"},
        {"EHLO": HANG_UP},
        {"EHLO": HANG},
    ],
)
async def test_a_refused_greeting_is_temporary(
    start_hop: StartHop, make_relay: MakeRelay, replies: dict[str, str]
) -> None:
    """EHLO and HELO are about us, not about the message."""
    server, hop = await start_hop(replies=replies)
    assert await make_relay().send([hop], MAIL, CONTENT) == NOT_SENT
    assert "MAIL" not in server.verbs()


async def test_lmtp_knows_no_helo(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A server that refuses LHLO isn't tried with another word."""
    server, hop = await start_hop(scheme="lmtp", replies={"LHLO": "500 What?"})
    assert await make_relay().send([hop], MAIL, CONTENT) == NOT_SENT
    assert server.said == ["LHLO gw.test"]


@pytest.mark.parametrize("tls", ["opportunistic", "required"])
async def test_starttls(start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate, tls: str) -> None:
    """Used where it is offered, and EHLO is said again after it (RFC 3207 4.2)."""
    server, hop = await start_hop(offers=WITH_TLS, tls=certificate.server)
    relay = make_relay(tls_context=certificate.client, timeouts=Timeouts())
    hop = replace(localhost(hop), tls=tls)  # type: ignore[arg-type]
    assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert server.verbs()[:4] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]
    assert (server.encrypted, server.connections) == ([True, True], 1)


async def test_large_messages_go_over_tls_too(
    start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate
) -> None:
    """The blocks wait for the TLS transport as for a plain one."""
    server, hop = await start_hop(offers=WITH_TLS, tls=certificate.server)
    content = b"x" * 4_999_998 + b"\r\n"
    assert await make_relay(timeouts=Timeouts()).send([hop], MAIL, (content,)) == SENT
    assert server.contents == [content + b".\r\n"]


async def test_opportunistic_tls_asks_for_no_name(
    start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate
) -> None:
    """Any certificate is better than none."""
    server, hop = await start_hop(offers=WITH_TLS, tls=certificate.server)
    assert await make_relay(timeouts=Timeouts()).send([hop], MAIL, CONTENT) == SENT
    assert server.encrypted == [True]


async def test_tls_off(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """STARTTLS isn't said, though offered."""
    server, hop = await start_hop(offers=WITH_TLS)
    assert await make_relay().send([replace(hop, tls="off")], MAIL, CONTENT) == SENT
    assert server.encrypted == [False]


@pytest.mark.parametrize("script", [{"replies": {"STARTTLS": "454 4.7.0 Not now"}, "offers": WITH_TLS}, {}])
async def test_starttls_refused_or_not_offered(
    start_hop: StartHop, make_relay: MakeRelay, script: dict[str, object]
) -> None:
    """Opportunistic goes on in plain text; required sends nothing."""
    server, hop = await start_hop(**script)
    assert await make_relay().send([hop], MAIL, CONTENT) == SENT
    assert await make_relay().send([replace(hop, tls="required")], MAIL, CONTENT) == NOT_SENT
    assert server.encrypted == [False]


async def test_a_failed_handshake(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Opportunistic tries once more in plain text; required sends nothing."""
    server, hop = await start_hop(offers=WITH_TLS)  # without a certificate
    assert await make_relay().send([hop], MAIL, CONTENT) == SENT
    assert (server.encrypted, server.connections) == ([False], 2)
    assert await make_relay().send([replace(hop, tls="required")], MAIL, CONTENT) == NOT_SENT


async def test_the_certificate_must_be_for_the_host(
    start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate
) -> None:
    """A host with a wrong name or an unknown issuer doesn't get the message if the policy is `required`."""
    server, hop = await start_hop(offers=WITH_TLS, tls=certificate.server)
    required = replace(hop, tls="required")
    trusting = make_relay(tls_context=certificate.client, timeouts=Timeouts())
    assert await trusting.send([required], MAIL, CONTENT) == NOT_SENT
    assert await make_relay(timeouts=Timeouts()).send([localhost(required)], MAIL, CONTENT) == NOT_SENT
    assert "MAIL" not in server.verbs()
    assert await trusting.send([localhost(required)], MAIL, CONTENT) == SENT


async def test_a_private_authority_is_enough(
    start_hop: StartHop, make_relay: MakeRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands among the system's authorities, without the fields that strict verification asks of one."""
    self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed_certificate(tmp_path / "hop", "localhost", tmp_path))
    _, hop = await start_hop(offers=WITH_TLS, tls=context)
    relay = make_relay(timeouts=Timeouts())
    assert await relay.send([replace(localhost(hop), tls="required")], MAIL, CONTENT) == SENT


async def test_plaintext_behind_the_220_is_not_read(
    start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate
) -> None:
    """The connection is closed: text before the handshake could be an attacker's (CVE-2021-38371)."""
    injected = b"220 Ready\r\n250-hop.test\r\n250 SIZE 1\r\n"
    server, hop = await start_hop(offers=WITH_TLS, tls=certificate.server, replies={"STARTTLS": injected})
    relay = make_relay(tls_context=certificate.client)
    assert await relay.send([replace(localhost(hop), tls="required")], MAIL, CONTENT) == NOT_SENT
    assert server.verbs() == ["EHLO", "STARTTLS"]


async def test_smtps(start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate) -> None:
    """TLS from the first octet, and always verified."""
    server, hop = await start_hop(scheme="smtps", tls=certificate.server)
    relay = make_relay(tls_context=certificate.client, timeouts=Timeouts())
    assert await relay.send([localhost(hop)], MAIL, CONTENT) == SENT
    assert await relay.send([hop], MAIL, CONTENT) == NOT_SENT
    assert (server.encrypted, server.verbs()[:2]) == ([True], ["EHLO", "MAIL"])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("mechanisms", "replies", "said"),
    [
        ("LOGIN PLAIN", {}, [f"AUTH PLAIN {encoded(chr(0) + 'me' + chr(0) + 'geheim')}"]),
        (
            "LOGIN",
            {"AUTH": "334 VXNlcm5hbWU6", encoded("me"): "334 UGFzc3dvcmQ6", encoded("geheim"): "235 Welcome"},
            ["AUTH LOGIN", encoded("me"), encoded("geheim")],
        ),
    ],
)
async def test_login(
    start_hop: StartHop,
    make_relay: MakeRelay,
    certificate: Certificate,
    secret: str,
    mechanisms: str,
    replies: dict[str, str],
    said: list[str],
) -> None:
    """PLAIN, else LOGIN, over verified TLS; the password is the file's first line."""
    server, hop = await start_hop(offers=(*WITH_TLS, f"AUTH {mechanisms}"), tls=certificate.server, replies=replies)
    relay = make_relay(tls_context=certificate.client, timeouts=Timeouts())
    assert await relay.send([replace(localhost(hop), login="me", password_file=secret)], MAIL, CONTENT) == SENT
    assert server.said[3 : 3 + len(said)] == said


async def test_no_password_without_verified_tls(
    start_hop: StartHop, make_relay: MakeRelay, certificate: Certificate, secret: str
) -> None:
    """Not over plain text, and not to a stranger's certificate, whatever `tls` says."""
    plain, hop = await start_hop(offers=(*OFFERS, "AUTH PLAIN"))
    stranger, other = await start_hop(offers=(*WITH_TLS, "AUTH PLAIN"), tls=certificate.server)
    for where in (hop, other):
        relay = make_relay(tls_context=certificate.client)
        assert await relay.send([replace(where, login="me", password_file=secret)], MAIL, CONTENT) == NOT_SENT
    assert not [line for line in (*plain.said, *stranger.said) if line.startswith("AUTH")]


@pytest.mark.parametrize(
    ("offer", "reply", "file"),
    [("AUTH PLAIN", "535 5.7.8 Wrong", None), ("AUTH GSSAPI", "235 Ok", None), ("AUTH PLAIN", "235 Ok", "/nowhere")],
)
async def test_a_failed_login_is_temporary(
    start_hop: StartHop,
    make_relay: MakeRelay,
    certificate: Certificate,
    secret: str,
    offer: str,
    reply: str,
    file: str | None,
) -> None:
    """A wrong password is the administrator's business: the client keeps the message."""
    server, hop = await start_hop(offers=(*WITH_TLS, offer), tls=certificate.server, replies={"AUTH": reply})
    relay = make_relay(tls_context=certificate.client, timeouts=Timeouts())
    hop = replace(localhost(hop), login="me", password_file=file or secret)
    assert await relay.send([hop], MAIL, CONTENT) == NOT_SENT
    assert "MAIL" not in server.verbs()


async def test_a_cancelled_opening_closes_the_connection(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """While the banner is waited for, too."""
    server, hop = await start_hop(replies={"banner": HANG})
    sending = asyncio.ensure_future(make_relay(timeouts=Timeouts()).send([hop], MAIL, CONTENT))
    while not server.connections:
        await asyncio.sleep(0.001)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
