"""Mail from a load balancer and from services in the cloud, through a gateway as a stranger runs it.

HAProxy is real, with the lines of docs/deploy.md and docs/cloud.md; so is the DNS server. A client with a certificate
of the tests' own authority stands in for Microsoft's connector, and a key of the tests' own for Google's.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.key_record import record_text
from gateway.understand.authentication.dkim_keys import key_name
from tests.support.builders.authentication import rsa_key, signed_by
from tests.support.builders.certificates import signed_certificate
from tests.support.servers.gateway import Gateway
from tests.support.servers.haproxy import HAProxy
from tests.support.servers.name_server import NameServer, txt
from tests.support.servers.ports import free_port
from tests.support.servers.receiver import self_signed
from tests.unit.docs.conftest import ROOT

DOCUMENTS = ROOT / "docs/deploy.md", ROOT / "docs/cloud.md"
ID = "72f988bf-86f1-41af-91ab-2d7cd011db47"
#: The services' addresses, in the list of shared networks beside gateway.yaml; and a stranger's.
SERVICE, STRANGER = "127.1.0.1", "127.2.0.1"
SHARED = "as_of: 2026-11-28\nnetworks: {microsoft365: [127.1.0.0/16], google: [127.1.0.0/16]}\n"
OURS = SigningKey("example.co.uk", "google", rsa_key())
MESSAGE = (
    b"From: Ann <ann@example.co.uk>\r\nTo: joe@outside.example\r\nSubject: Hello\r\n"
    b"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@example.co.uk>\r\n\r\nHello Joe\r\n"
)
TENANT = f"X-MS-Exchange-CrossTenant-Id: {ID}\r\n".encode()
ORIGINATOR = b"X-OriginatorOrg: example.onmicrosoft.com\r\n"
REFUSED = b"5.7.1 Nothing proves that this comes from our own"


def recipe(heading: str, language: str) -> str:
    """Return the first code block of a language below a heading of the documents."""
    _, _, below = "\n".join(one.read_text("utf-8") for one in DOCUMENTS).partition(f"\n## {heading}\n")
    found = re.search(rf"^```{language}\n(.*?)^```$", below, re.M | re.S)
    assert found, heading
    return found[1]


@dataclass
class Upstreams:
    gateway: Gateway
    ports: dict[str, int]  # by the name of the listener
    balancer: int
    connector: Path  # the connector's certificate
    delivered: Path

    def received(self) -> str:
        """Return the last delivered message."""
        files = sorted(self.delivered.glob("new/*"), key=lambda file: file.stat().st_mtime_ns)
        return files[-1].read_text()

    def refusals(self) -> list[str]:
        return [line for line in self.gateway.log.read_text().splitlines() if "tenant.unproven" in line]


def listeners(folder: Path, ports: dict[str, int]) -> str:
    """Return the listeners of the three recipes with the tests' addresses, certificate and authority."""
    text = "".join(
        recipe(heading, "yaml").removeprefix("listeners:\n")
        for heading in ("HAProxy in front", "Microsoft 365", "Google Workspace")
    )

    def with_port(found: re.Match[str]) -> str:
        ports[found[1]] = free_port()
        return f"- name: {found[1]}{found[2]}address: 127.0.0.1:{ports[found[1]]}"

    text = re.sub(r"- name: (\S+)(.*?)address: \S+", with_port, text, flags=re.S)
    text = re.sub(r"next_hop: .*", "next_hop: maildir:delivered", text)
    text = text.replace("/etc/mailwarden/tls.pem", f"{folder}/tls.pem").replace("10.0.0.1/32", "127.0.0.1/32")
    return "listeners:\n" + text.replace("{id: ", "{authorities: certificate.pem, id: ").replace(
        " microsoft365:\n", " microsoft365:\n        authorities: certificate.pem\n"
    )


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstreams]:
    folder = tmp_path_factory.mktemp("upstreams")
    self_signed(folder)
    (folder / "tls.pem").write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    (folder / "shared_networks.yaml").write_text(SHARED)
    ports: dict[str, int] = {}
    text, port = listeners(folder, ports), free_port()
    balancing = recipe("HAProxy in front", "haproxy").replace("bind :25", f"bind 127.0.0.1:{port}")
    balancing = re.sub(r"10\.0\.0\.[23]:2525", f"127.0.0.1:{ports['balanced']}", balancing)
    with NameServer([txt(key_name(OURS.selector, OURS.domain), record_text(OURS.key))]) as dns:
        more = f'authentication: {{nameservers: ["127.0.0.1:{dns.port}"]}}\n'
        gateway = Gateway(folder, listeners=text, workers=1, more=more)
        with gateway, HAProxy(folder / "haproxy", balancing, port):
            connector = signed_certificate(folder / "connector", "mail.protection.outlook.com", folder)
            yield Upstreams(gateway, ports, port, connector, folder / "var/delivered")


def sent(
    port: int,
    message: bytes,
    sender: str = "ann@example.co.uk",
    recipient: str = "joe@outside.example",
    *,
    client: str = SERVICE,
    tls: bool = False,
    certificate: Path | None = None,
) -> tuple[int, bytes]:
    """Send a message from an address, and return the last reply."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60, source_address=(client, 0)) as smtp:
        smtp.ehlo("client.example")
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if certificate:
                context.load_cert_chain(certificate)
            smtp.starttls(context=context)
            smtp.ehlo("client.example")
        smtp.mail(sender)
        code, reply = smtp.rcpt(recipient)
        return smtp.data(message) if code == 250 else (code, reply)


# --- HAProxy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_the_recipe_for_haproxy_names_the_client(upstreams: Upstreams, tls: bool) -> None:
    """The client's address is in the trace, not HAProxy's; STARTTLS goes through."""
    code, _ = sent(upstreams.balancer, MESSAGE, "joe@outside.example", "bob@example.com", client="127.3.0.9", tls=tls)
    assert code == 250
    received = upstreams.received()
    assert "Received: from client.example ([127.3.0.9])" in received
    assert ("with ESMTPS" in received) == tls


def test_haproxy_finds_the_gateways_alive(upstreams: Upstreams) -> None:
    """Its health checks, which name no client, are answered, and no line of the log is about them."""
    log = upstreams.gateway.log.read_text()
    assert "proxy.no_header" not in log
    assert "refused" not in log.replace("tenant.unproven", "")
    assert "DOWN" not in (upstreams.gateway.folder / "haproxy/log").read_text()


# --- Microsoft 365 ---------------------------------------------------------------------------------------------------


def test_a_connector_of_our_tenant_may_send(upstreams: Upstreams) -> None:
    """With its certificate, the tenant's id and a domain of the tenant."""
    out, connector = upstreams.ports["microsoft365-out"], upstreams.connector
    assert sent(out, TENANT + ORIGINATOR + MESSAGE, tls=True, certificate=connector)[0] == 250
    into = upstreams.ports["microsoft365-in"]
    people = ("joe@outside.example", "bob@example.com")
    assert sent(into, TENANT + MESSAGE, *people, tls=True, certificate=connector)[0] == 250
    assert sent(into, TENANT + MESSAGE, *people, client=STRANGER, tls=True, certificate=connector)[0] == 250


@pytest.mark.parametrize(
    ("header", "tls", "shown", "why"),
    [
        (TENANT + ORIGINATOR, False, False, "the client showed no certificate of mail.protection.outlook.com"),
        (TENANT + ORIGINATOR, True, False, "the client showed no certificate of mail.protection.outlook.com"),
        (ORIGINATOR, True, True, "X-MS-Exchange-CrossTenant-Id is missing"),
        (TENANT.replace(b"72f9", b"0000") + ORIGINATOR, True, True, "X-MS-Exchange-CrossTenant-Id is 0000"),
        (TENANT + b"X-OriginatorOrg: stranger.example\r\n", True, True, "X-OriginatorOrg is stranger.example"),
    ],
)
def test_another_tenant_may_not(upstreams: Upstreams, header: bytes, tls: bool, shown: bool, why: str) -> None:
    """The reply says so much, and the log why."""
    certificate = upstreams.connector if shown else None
    code, reply = sent(upstreams.ports["microsoft365-out"], header + MESSAGE, tls=tls, certificate=certificate)
    assert (code, reply.startswith(REFUSED)) == (550, True)
    assert why in upstreams.refusals()[-1]


# --- Google Workspace ------------------------------------------------------------------------------------------------

#: The fields of Google's signatures: those that stand there, and some once more, so that none can be added.
GOOGLE_SIGNS = b"to:subject:message-id:date:from:mime-version:from:to:cc:subject:date:message-id:reply-to".split(b":")


def test_mail_that_google_signed_for_us_may_be_sent(upstreams: Upstreams) -> None:
    """From Google's networks alone; what is not signed is refused."""
    out = upstreams.ports["google-out"]
    assert sent(out, signed_by(OURS, MESSAGE, names=GOOGLE_SIGNS))[0] == 250
    code, reply = sent(out, MESSAGE)
    assert (code, reply.startswith(REFUSED)) == (550, True)
    assert "it has no DKIM signature of ours" in upstreams.refusals()[-1]
    assert sent(out, signed_by(OURS, MESSAGE, names=GOOGLE_SIGNS), client=STRANGER)[0] == 503  # MAIL was refused
