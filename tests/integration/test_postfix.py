"""docs/deploy/postfix-before-queue.md: a real Postfix before and behind the gateway, with the page's own text.

Twice: as one instance with both smtpd entries, and as two instances. Clients connect from addresses of loopback that
stand for our own network and for nobody's.
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

import pytest

from tests.support.recipes.machine import INSIDE, OUTSIDE, Machine, Page, RecipePostfix, recipe_gateway
from tests.support.servers.clamd import EICAR, Clamd
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import wait_port
from tests.support.servers.postfix import MAIL_USER, SmtpSink, needs_root

pytestmark = needs_root

PAGE = Page("postfix-before-queue")
MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"

ALICE, BOB, JUERGEN = "alice@example.co.uk", "bob@example.co.uk", "jürgen@example.co.uk"
STRANGER = "stranger@other.example"

DISCLAIMER = b"This e-mail and its attachments are meant for"  # of the shipped one
POLICY = """\
filters:
  - virus: {clamd: "CLAMD"}
  - attachments: {block: [executables, scripts], actions: {attachment.script: reject}}
  - disclaimer: {directions: [outbound]}
"""


# --- the site --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    front: RecipePostfix
    behind: RecipePostfix
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


@pytest.fixture(scope="module", params=["one instance", "two instances"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with ExitStack() as stack:
        clamd = stack.enter_context(Clamd())
        outside = stack.enter_context(SmtpSink())
        machine = stack.enter_context(Machine({"smarthost.example.net": outside.port}))
        front, behind = machine.port(25), machine.port(2526)
        mail_server = RecipePostfix(
            machine=machine,
            main_cf=PAGE.text(MAIN, "yours", "added"),
            master=PAGE.text(MASTER, "in front", "behind"),
            ports=(front, behind),
            mailboxes=(ALICE, BOB, JUERGEN, "postmaster@example.co.uk"),
            aliases=f'root: {MAIL_USER}\ngone: "|exit 67"\n',
            virtual=f"sales@example.co.uk {ALICE} {BOB}\n",
        )
        mx = mail_server
        if request.param == "two instances":
            mail_server.master, mail_server.ports = PAGE.text(MASTER, "behind"), (behind,)
            machine.port(2525)
            shared = {number: port for number, port in machine.ports.items() if number != "25"}
            apart = stack.enter_context(Machine({"smarthost.example.net": outside.port}, ports=shared))
            front = apart.port(25)
            mx = RecipePostfix(
                machine=apart,
                main_cf=PAGE.text(MAIN, "apart", "added"),
                master=PAGE.text(MASTER, "in front"),
                ports=(front,),
            )
            stack.enter_context(mx)
        stack.enter_context(mail_server)
        policy = POLICY.replace("CLAMD", clamd.address)
        gateway = stack.enter_context(recipe_gateway(machine, PAGE.text("/etc/mailwarden/gateway.yaml"), policy))
        _wait_for_offers(gateway.inbound)
        yield Site(mx, mail_server, gateway, outside, front)


def _wait_for_offers(port: int) -> None:
    """SMTPUTF8 is offered as soon as the next hop is known to offer it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        wait_port(port)
        with smtplib.SMTP("127.0.0.1", port) as session:
            session.ehlo()
            if session.has_extn("smtputf8"):
                return
        time.sleep(0.1)
    raise TimeoutError("the gateway has not learned what Postfix offers")


def connect(site: Site, client: str) -> smtplib.SMTP:
    """A session of the client with this address."""
    name = "pc5.example.co.uk" if client == INSIDE else "mx.other.example"
    session = smtplib.SMTP("127.0.0.1", site.port, local_hostname=name, timeout=60, source_address=(client, 0))
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
    """The client is a trusted one, as XFORWARD names it, and the recipient is outside: a disclaimer is added."""
    with connect(site, INSIDE) as session:
        reply = send(session, ALICE, "x@far.example", mail("outwards", sender=ALICE, to="x@far.example"))
    assert reply.startswith("250")
    assert DISCLAIMER in _wait_outside(site, "x@far.example", b"Subject: outwards")
    sent = {"address": "x@far.example", "direction": "outbound", "action": "amend"}
    assert site.traced(reply)["recipients"] == [sent]


def test_an_alias_is_expanded_behind_the_gateway(site: Site) -> None:
    """Both people behind it have the mail once, and the trail has the address that the sender wrote."""
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, "sales@example.co.uk", mail("an offer"))
    assert reply.startswith("250")
    for person in (ALICE, BOB):
        site.behind.wait_delivered(person, "an offer")
        assert len([one for one in site.behind.delivered(person) if parsed(one)["Subject"] == "an offer"]) == 1
    assert [one["address"] for one in site.traced(reply)["recipients"]] == ["sales@example.co.uk"]


def test_users_of_the_machine_have_their_mail(site: Site) -> None:
    """Local delivery goes on: from outside to a user, and from the machine's own programs."""
    with connect(site, OUTSIDE) as session:
        to = f"{MAIL_USER}@mail.example.co.uk" if site.front is site.behind else ALICE
        assert send(session, STRANGER, to, mail("to a user")).startswith("250")
    site.behind.run_sendmail("cron@mail.example.co.uk", "root", mail("from cron"))
    site.behind.wait_local(MAIL_USER, b"Subject: from cron")
    if site.front is site.behind:
        site.behind.wait_local(MAIL_USER, b"Subject: to a user")


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


def _wait_outside(site: Site, to: str, text: bytes) -> bytes:
    """The message to somebody outside that has this text, with smtp-sink's lines about its envelope."""
    return site.outside.wait_message(lambda: site.behind.said, b"X-Rcpt-Args: <" + to.encode(), text)


# --- what is held ----------------------------------------------------------------------------------------------------


def test_a_rejected_message_is_refused_to_the_client(site: Site) -> None:
    """Before the queue nobody has said 250 yet; the sentence is the gateway's."""
    with connect(site, OUTSIDE) as session:
        reply = send(session, STRANGER, BOB, with_attachment("a script", "run.vbs", "x"))
    assert reply.startswith("550 5.7.1 An attachment is a script"), reply


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
    assert site.traced(reply)["client"] == OUTSIDE
    site.behind.wait_said(f"client=unknown[{OUTSIDE}]")
    fields = parsed(site.behind.wait_delivered(BOB, "who is it")).get_all("Received") or []
    assert f"from mx.other.example ([{OUTSIDE}])" in fields[1]
    assert id_in(reply) in fields[1]


def test_an_outside_client_cannot_relay_through_the_front(site: Site) -> None:
    """Postfix refuses it at RCPT."""
    with connect(site, OUTSIDE) as session:
        assert send(session, STRANGER, "x@far.example", mail("relay")).startswith("554 5.7.1")


def test_an_outside_client_cannot_relay_through_the_gateway(site: Site) -> None:
    """Even where the proxy lets it: the client that XFORWARD names is the one that counts, not the proxy's address."""
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound) as session:
        session.ehlo()
        assert session.docmd("XFORWARD", f"NAME=mx.other.example ADDR={OUTSIDE}")[0] == 250
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
        session.docmd("XFORWARD", f"ADDR={OUTSIDE}")
        assert session.docmd("MAIL", f"FROM:<{STRANGER}>")[0] == 250
        code, said = session.rcpt("nobody@example.co.uk")
    assert (code, said[:5]) == (550, b"5.1.1")


# --- what fails ------------------------------------------------------------------------------------------------------


def test_mail_that_cannot_be_delivered_comes_back_as_a_bounce(site: Site) -> None:
    """The Postfix behind has accepted it: its report goes to our sender's mailbox, past the gateway."""
    to = "gone@mail.example.co.uk"
    with connect(site, INSIDE) as session:
        assert send(session, ALICE, to, mail("to nobody", sender=ALICE, to=to)).startswith("250")
    assert b"to nobody" in site.behind.wait_delivered(ALICE, "Undelivered Mail Returned to Sender")


def test_a_larger_message_than_the_gateway_takes_is_refused_at_once(site: Site) -> None:
    """Both programs have one limit."""
    with connect(site, OUTSIDE) as session:
        assert session.esmtp_features["size"] == "52428800"
        assert send(session, STRANGER, BOB, b"", ["SIZE=52428801"]).startswith("552 5.3.4")


def test_without_mailwarden_the_client_keeps_its_mail(site: Site) -> None:
    """Postfix can't begin the transaction: a temporary reply at RCPT."""
    site.gateway.stop()
    with connect(site, OUTSIDE) as session:
        session.mail(STRANGER)
        assert session.rcpt(BOB) == (451, b"4.3.0 Error: queue file write error")
