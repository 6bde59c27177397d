"""A real Postfix before and behind the gateway, as docs/deploy.md has it: the texts in `postfix/` are the tested ones.

Twice: as one instance with both smtpd entries, and as two instances. Clients of any address are played by XCLIENT,
which only these tests allow.
"""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.support.servers.clamd import EICAR, Clamd
from tests.support.servers.gateway import Gateway, with_virus
from tests.support.servers.ports import free_port, wait_port
from tests.support.servers.postfix import Postfix, SmtpSink, needs_root

pytestmark = needs_root

RECIPE = Path(__file__).parent / "postfix"

OUTSIDE = ("192.0.2.7", "mx.other.example")  # RFC 5737: nobody's network
INSIDE = ("10.0.0.5", "pc5.example.co.uk")

ALICE, BOB, JUERGEN = "alice@example.co.uk", "bob@example.co.uk", "jürgen@example.co.uk"
STRANGER = "stranger@other.example"


# --- the site --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    front: Postfix
    behind: Postfix
    gateway: Gateway
    outside: SmtpSink  # where mail for the rest of the world ends
    port: int  # the front's

    def held_by(self, reply: str) -> list[str]:
        """The codes of the entry that a reply names."""
        entry: dict[str, list[str]] | None = self.gateway.ask("held", id=id_in(reply))
        assert entry is not None
        return entry["codes"]

    def traced(self, reply: str) -> dict[str, object]:
        """The audit row of the message that a reply names; it is written within a second or so."""
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            rows: list[dict[str, object]] = self.gateway.ask("trace", words=[id_in(reply)], limit=1)["rows"]
            if rows:
                return rows[0]
            time.sleep(0.05)
        raise TimeoutError(f"no trace of {reply}")


def recipe(name: str, ports: dict[str, int]) -> str:
    """A text of the recipe with free ports in place of its own."""
    text = (RECIPE / name).read_text()
    for standing, port in ports.items():
        text = re.sub(standing, str(port), text)
    return text


def main_cf(text: str) -> dict[str, str]:
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {key.strip(): value.strip() for key, _, value in lines}


@pytest.fixture(scope="module", params=["one instance", "two instances"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    front, gateway, behind = free_port(), free_port(), free_port()
    ports = {r"(?<=127\.0\.0\.1:)2525": gateway, r"(?<=127\.0\.0\.1:)2526": behind, r"(?m)^smtp(?= +inet)": front}
    listeners = recipe("gateway.yaml", ports)
    front_entry, behind_entry = recipe("front.master.cf", ports), recipe("behind.master.cf", ports)
    main = main_cf(recipe("main.cf", ports)) | {"smtpd_authorized_xclient_hosts": "127.0.0.1"}
    with ExitStack() as stack:
        clamd = stack.enter_context(Clamd())
        outside = stack.enter_context(SmtpSink())
        main["relayhost"] = f"[127.0.0.1]:{outside.port}"
        mailboxes = (ALICE, BOB, JUERGEN, "postmaster@example.co.uk")
        if request.param == "one instance":
            mail_server = Postfix(front_entry + behind_entry, (front, behind), main, mailboxes)
            mx = stack.enter_context(mail_server)
        else:
            mail_server = stack.enter_context(Postfix(behind_entry, (behind,), main, mailboxes, "mail.test"))
            ours = {"relay_domains": "example.co.uk example.com"}
            mx = stack.enter_context(Postfix(front_entry, (front,), main | ours, name="mx.test"))
        folder = tmp_path_factory.mktemp("gateway")
        started = Gateway(folder, filters=with_virus(clamd.address), listeners=listeners, inbound=gateway)
        stack.enter_context(started)
        _wait_for_offers(gateway)
        yield Site(mx, mail_server, started, outside, front)


def _wait_for_offers(port: int) -> None:
    """SMTPUTF8 is offered as soon as the next hop is known to offer it."""
    for _ in range(200):
        wait_port(port)
        with smtplib.SMTP("127.0.0.1", port) as session:
            session.ehlo()
            if session.has_extn("smtputf8"):
                return
    raise TimeoutError("the gateway has not learned what Postfix offers")


def connect(site: Site, client: tuple[str, str]) -> smtplib.SMTP:
    """A session that Postfix takes for one with this client."""
    session = smtplib.SMTP("127.0.0.1", site.port, local_hostname=client[1], timeout=60)
    session.ehlo()
    code, said = session.docmd("XCLIENT", f"ADDR={client[0]} NAME={client[1]}")
    assert code == 220, said
    session.ehlo()
    return session


def send(
    session: smtplib.SMTP, mail_from: str, to: str, content: bytes, mail: list[str] | None = None, rcpt: str = ""
) -> str:
    """One transaction: the last reply."""
    path = f"FROM:<{mail_from}> {' '.join(mail or [])}".rstrip()
    for command in (f"MAIL {path}", f"RCPT TO:<{to}> {rcpt}".rstrip()):
        session.send(command.encode() + b"\r\n")
        code, said = session.getreply()
        if code != 250:
            return f"{code} {said.decode()}"
    code, said = session.data(content)
    return f"{code} {said.decode()}"


def id_in(reply: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", reply)
    assert found, reply
    return found[0]


def mail(subject: str, body: bytes = b"Hello.\r\n", sender: str = STRANGER, to: str = BOB, more: bytes = b"") -> bytes:
    head = (
        f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Wed, 25 Nov 2026 09:00:00 +0000\r\n"
        f"Message-ID: <{subject.replace(' ', '.')}@other.example>\r\n"
    )
    return head.encode() + more + b"\r\n" + body


def with_attachment(subject: str, name: str, content: str) -> bytes:
    more = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    part = (
        f'--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return mail(subject, f"{part}{content}\r\n--b--\r\n".encode(), more=more)


def parsed(content: bytes) -> Message:
    return BytesParser().parsebytes(content)


# --- what is relayed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "parameters"),
    [
        ("plain", b"Hello.\r\n", []),
        ("dots", b".\r\n..\r\n. x\r\nend\r\n.\r\n", []),
        ("blanks and a long line", b"x \t \r\n\r\n" + b"y" * 1500 + b"\r\n\r\n\r\n", []),
        ("8bit", "Grüße, 日本語.\r\n".encode(), ["BODY=8BITMIME"]),
        ("unlabelled octets", bytes(range(0x80, 0x100)) + b"\r\n", ["BODY=8BITMIME"]),
    ],
)
def test_a_mail_is_delivered_with_identical_octets(site: Site, name: str, body: bytes, parameters: list[str]) -> None:
    """The mailbox has the client's content behind the fields that were added."""
    content = mail(f"identical {name}", body)
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, BOB, content, parameters)
    assert reply.startswith("250 2.0.0 Accepted as ")
    assert site.behind.wait_delivered(BOB, f"identical {name}").endswith(b"\r\n" + content)


def test_a_big_mail_is_delivered_with_identical_octets(site: Site) -> None:
    """Eight megabytes in many blocks."""
    content = mail("big", b"".join(b"%07d " % n * 9 + b"\r\n" for n in range(110_000)))
    with connect(site, OUTSIDE) as session:
        assert send(session, STRANGER, BOB, content).startswith("250")
    assert site.behind.wait_delivered(BOB, "big").endswith(b"\r\n" + content)


def test_smtputf8_goes_through(site: Site) -> None:
    """An address and a subject in UTF-8 (RFC 6531)."""
    content = mail("grüße", sender="søren@other.example", to=JUERGEN)
    with connect(site, OUTSIDE) as session:
        reply = send(session, "søren@other.example", JUERGEN, content, ["SMTPUTF8", "BODY=8BITMIME"])
    assert reply.startswith("250")
    assert site.behind.wait_delivered(JUERGEN, "grüße").endswith(b"\r\n" + content)
    assert site.traced(reply)["from"] == "søren@other.example"


def test_our_own_people_send_outwards_through_it(site: Site) -> None:
    """The client is a trusted one, as XFORWARD names it, and the recipient is outside."""
    with connect(site, INSIDE) as session:
        reply = send(session, ALICE, "x@far.example", mail("outwards", sender=ALICE, to="x@far.example"))
    assert reply.startswith("250")
    _wait_outside(site, "x@far.example", b"Subject: outwards")
    sent = {"address": "x@far.example", "direction": "outbound", "action": "relay"}
    assert site.traced(reply)["recipients"] == [sent]


# --- DSN -------------------------------------------------------------------------------------------------------------


def test_notify_success_is_reported_by_the_postfix_behind(site: Site) -> None:
    """NOTIFY, ORCPT, RET and ENVID (RFC 3461) come through the front and the gateway."""
    with connect(site, OUTSIDE) as session:
        reply = send(
            session,
            STRANGER,
            BOB,
            mail("with a receipt"),
            ["RET=HDRS", "ENVID=receipt-1"],
            "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob+40example.co.uk",
        )
    assert reply.startswith("250")
    site.behind.wait_delivered(BOB, "with a receipt")
    report = _wait_outside(site, STRANGER, b"receipt-1")
    assert b"Action: delivered" in report
    assert b"Original-Recipient: rfc822;bob@example.co.uk" in report
    assert b"Original-Envelope-Id: receipt-1" in report


def test_notify_goes_on_to_the_world(site: Site) -> None:
    """Outwards the last hop is asked, which offers DSN."""
    with connect(site, INSIDE) as session:
        content = mail("receipt wanted", sender=ALICE, to="y@far.example")
        send(session, ALICE, "y@far.example", content, ["ENVID=receipt-2"], "NOTIFY=SUCCESS,FAILURE")
    got = _wait_outside(site, "y@far.example", b"Subject: receipt wanted")
    assert b"ENVID=receipt-2" in got
    assert b"NOTIFY=SUCCESS,FAILURE" in got


def _wait_outside(site: Site, to: str, text: bytes, seconds: float = 30) -> bytes:
    """The message to somebody outside that has this text, with smtp-sink's lines about its envelope."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for content in site.outside.messages():
            if b"X-Rcpt-Args: <" + to.encode() in content and text in content:
                return content
        time.sleep(0.05)
    raise TimeoutError(f"nothing with {text!r} for {to}\n{site.behind.said}")


# --- what is held ----------------------------------------------------------------------------------------------------


def test_eicar_is_quarantined(site: Site) -> None:
    """Found by a real clamd; nothing of it reaches the mailbox, and nobody outside is told."""
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, BOB, with_attachment("eicar", "a.com.txt", EICAR.decode()))
    assert reply.startswith("250")
    assert site.held_by(reply) == ["virus.found"]
    assert not [one for one in site.behind.delivered(BOB) if parsed(one)["Subject"] == "eicar"]


def test_an_executable_is_quarantined_and_its_recipient_told(site: Site) -> None:
    """The notice comes through the Postfix behind, from the null sender, and names the entry."""
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, ALICE, with_attachment("a program", "setup.exe", "MZ"))
    assert reply.startswith("250")
    assert site.held_by(reply) == ["attachment.executable"]
    notice = site.behind.wait_delivered(ALICE, "A message to you was held")
    assert notice.startswith(b"Return-Path: <>\r\n")
    assert id_in(reply) in notice.decode()


# --- who the client is -----------------------------------------------------------------------------------------------


def test_xforward_names_the_real_client(site: Site) -> None:
    """The gateway's trail and Received field have the client, and the gateway names it to the Postfix behind."""
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, BOB, mail("who is it"))
    assert site.traced(reply)["client"] == "192.0.2.7"
    site.behind.wait_said("client=mx.other.example[192.0.2.7]")
    fields = parsed(site.behind.wait_delivered(BOB, "who is it")).get_all("Received") or []
    assert "(mx.other.example [192.0.2.7])" in fields[1]
    assert id_in(reply) in fields[1]


def test_an_outside_client_cannot_relay_through_the_front(site: Site) -> None:
    """Postfix refuses it at RCPT."""
    with connect(site, OUTSIDE) as session:
        assert send(session, STRANGER, "x@far.example", mail("relay")).startswith("554 5.7.1")


def test_an_outside_client_cannot_relay_through_the_gateway(site: Site) -> None:
    """Even where the proxy lets it: the client that XFORWARD names is the one that counts, not the proxy's address."""
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound) as session:
        session.ehlo()
        assert session.docmd("XFORWARD", "NAME=mx.other.example ADDR=192.0.2.7")[0] == 250
        assert send(session, ALICE, "x@far.example", mail("relay")).startswith("550 5.7.1")


def test_a_proxy_that_names_nobody_cannot_relay(site: Site) -> None:
    """Though its own address is in the trusted networks."""
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound) as session:
        session.ehlo()
        assert send(session, ALICE, "x@far.example", mail("relay")).startswith("550 5.7.1")


def test_an_unknown_recipient_is_refused_at_rcpt(site: Site) -> None:
    """The gateway asks the Postfix behind; the client is told before it sends the message."""
    with connect(site, OUTSIDE) as session:
        assert send(session, STRANGER, "nobody@example.co.uk", mail("unknown")).startswith("550 5.1.1")
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound) as session:
        session.ehlo()
        session.docmd("XFORWARD", "ADDR=192.0.2.7")
        assert session.docmd("MAIL", f"FROM:<{STRANGER}>")[0] == 250
        code, said = session.rcpt("nobody@example.co.uk")
    assert (code, said[:5]) == (550, b"5.1.1")
