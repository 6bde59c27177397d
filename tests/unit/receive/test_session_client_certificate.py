"""A client's TLS certificate: its names are with the message if it was verified, and a wrong one ends the handshake."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.builders.certificates import signed_certificate
from tests.support.servers.receiver import OURS, PROXY, RunningServer, Talk, make_listener, self_signed

NAME = "mail.protection.outlook.com"


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path, Path]:
    """Return a server's context that asks for a certificate, the folder of its authority, and another authority's."""
    ours, other = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("other")
    server, _ = self_signed(ours)
    self_signed(other)
    server.verify_mode = ssl.CERT_OPTIONAL
    server.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as the gateway's own
    server.load_verify_locations(ours / "certificate.pem")
    return server, ours, other


def client_context(ours: Path, certificate: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ours / "certificate.pem"))
    if certificate:
        context.load_cert_chain(certificate)
    return context


async def begun(receiving: RunningServer, address: str = OURS) -> Talk:
    client = await receiving.greeted(address)
    await client.say("STARTTLS")
    return client


@pytest.mark.parametrize("shown", [True, False])
async def test_the_names_are_with_the_message(
    asking: tuple[ssl.SSLContext, Path, Path], tmp_path: Path, shown: bool
) -> None:
    """Without a certificate there are none; the session goes on, and RSET forgets nothing."""
    server, ours, _ = asking
    async with RunningServer(make_listener(tls=server)) as receiving:
        client = await begun(receiving)
        await client.start_tls(client_context(ours, signed_certificate(tmp_path, NAME, ours) if shown else None))
        await client.say("EHLO client.example")
        await client.say("RSET")
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            assert (await client.say(command))[0] in "23"
        await client.say("x: y\r\n.")
        (got,) = receiving.site.got
        assert got.certificate_names == ({NAME} if shown else set())


async def test_another_authoritys_certificate_ends_the_handshake(
    asking: tuple[ssl.SSLContext, Path, Path], tmp_path: Path
) -> None:
    """The log has the reason."""
    server, ours, other = asking
    async with RunningServer(make_listener(tls=server)) as receiving:
        client = await begun(receiving)
        with capture_logs() as logs:
            await client.start_tls(
                client_context(ours, signed_certificate(tmp_path, NAME, other))
            )  # TLS 1.3: told afterwards
            await client.rest()
            await receiving.until(lambda: receiving.server.figures["sessions"] == 0)
        (line,) = (line for line in logs if line["event"] == "session.no_tls")
        assert "certificate verify failed" in line["why"]
        assert line["client"] == OURS


async def test_networks_that_strangers_share_are_limited_like_strangers(
    asking: tuple[ssl.SSLContext, Path, Path],
) -> None:
    """A client there may send outwards once it has proven its tenant; it is not our own network."""
    async with RunningServer(make_listener("outbound", tls=asking[0], shared=True)) as receiving:
        client = await receiving.greeted(OURS)
        assert receiving.session._client.trusted
        assert not receiving.session._spared(receiving.session._client)
        assert (await client.say("MAIL FROM:<a@example.com>")).startswith("250")
        assert not make_listener(shared=True).access.connecting(PROXY, 1).trusted
