"""docs/deploy/exim.md: a real Exim hands all mail to the gateway and takes it back, with the page's own text.

It is Debian's Exim in Debian's configuration. Clients connect from addresses of loopback that stand for our own network
and for nobody's.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.recipes.machine import INSIDE, OUTSIDE, Machine, Page, recipe_gateway
from tests.support.recipes.unpacked import SERVERS_ADDRESS, Server, exim, run
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import wait_until
from tests.support.servers.postfix import SmtpSink, needs_root

pytestmark = needs_root

PAGE = Page("exim")
POLICY = """\
filters:
  - attachments: {block: [executables], actions: {attachment.executable: reject}}
  - disclaimer: {directions: [outbound]}
"""
DISCLAIMER = b"This e-mail and its attachments are meant for"  # of the shipped one
ALICE, BOB = "alice@example.co.uk", "bob@example.com"
STRANGER, FAR = "stranger@other.example", "x@far.example"


@dataclass(frozen=True)
class Site:
    exim: Server
    gateway: Gateway
    outside: SmtpSink

    @property
    def port(self) -> int:
        return self.exim.machine.port(25)

    def traced(self, subject: str) -> list[dict[str, Any]]:
        """Return the recipients of the message in the audit trail."""
        words = [message_id(subject)]
        rows = wait_until(lambda: self.gateway.ask("trace", words=words, limit=1)["rows"], lambda: self.exim.said)
        found: list[dict[str, Any]] = rows[0]["recipients"]
        return found

    def mailbox(self, user: str) -> bytes:
        file = self.exim.machine.path(f"/var/mail/{user}")
        return file.read_bytes() if file.exists() else b""

    def wait_delivered(self, user: str, text: str) -> None:
        wait_until(lambda: text.encode() in self.mailbox(user), lambda: self.exim.said)

    def wait_outside(self, *texts: bytes) -> None:
        """Wait until a message with these texts has gone to the world."""
        self.outside.wait_message(lambda: self.exim.said, *texts)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        outside = stack.enter_context(SmtpSink(host=SERVERS_ADDRESS))
        machine = stack.enter_context(Machine({"smarthost.example.net": outside.port}))
        server = exim(machine, PAGE)
        gateway = recipe_gateway(machine, PAGE.text("/etc/mailwarden/gateway.yaml"), POLICY)
        stack.enter_context(gateway)
        yield Site(stack.enter_context(server), gateway, outside)


def message_id(subject: str) -> str:
    return f"<{subject.replace(' ', '.')}@sender.example>"


def content(sender: str, to: str, subject: str, name: str = "notes.txt") -> bytes:
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: {message_id(subject)}\r\n"
    date = "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nGrüße.\r\n"
    part = f"--b\r\nContent-Type: text/plain; name={name}\r\n\r\nHello.\r\n--b--\r\n"
    return f"{head}{date}{text}{part}".encode()


def send(site: Site, client: str, sender: str, to: str, octets: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60, source_address=(client, 0)) as session:
        session.sendmail(sender, [to], octets)


def test_inbound_mail_is_delivered_as_it_came(site: Site) -> None:
    """Behind the fields of the servers the mailbox has the sender's octets."""
    octets = content(STRANGER, BOB, "inbound")
    send(site, OUTSIDE, STRANGER, BOB, octets)
    site.wait_delivered("bob", "Subject: inbound")
    assert octets.replace(b"\r\n", b"\n") in site.mailbox("bob")
    assert site.traced("inbound") == [{"address": BOB, "direction": "inbound", "action": "relay"}]


def test_internal_mail_passes_the_gateway(site: Site) -> None:
    """One of our people writes to another."""
    send(site, INSIDE, ALICE, BOB, content(ALICE, BOB, "internal"))
    site.wait_delivered("bob", "Subject: internal")
    assert site.traced("internal")[0]["direction"] == "internal"


def test_outbound_mail_has_the_disclaimer(site: Site) -> None:
    """From our own network, and by the command of the machine's programs."""
    send(site, INSIDE, ALICE, FAR, content(ALICE, FAR, "outbound"))
    site.wait_outside(b"Subject: outbound", DISCLAIMER)
    octets = content("www-data@mail.example.co.uk", FAR, "by command").replace(b"\r\n", b"\n")
    run(site.exim.machine, "/usr/sbin/exim4", "-i", "-f", "www-data@mail.example.co.uk", FAR, content=octets)
    site.wait_outside(b"Subject: by command", DISCLAIMER)


def test_nobody_outside_sends_outwards(site: Site) -> None:
    """Exim refuses at RCPT, on both of its ports and whatever the sender is said to be."""
    for port in (site.port, site.exim.machine.port(2526)):
        with smtplib.SMTP("127.0.0.1", port, source_address=(OUTSIDE, 0)) as session:
            session.ehlo()
            session.mail(ALICE)
            assert session.rcpt(FAR)[0] == 550


def test_an_unknown_recipient_is_refused_at_rcpt(site: Site) -> None:
    """The router of the recipe doesn't make every address a good one."""
    with smtplib.SMTP("127.0.0.1", site.port, source_address=(OUTSIDE, 0)) as session:
        session.ehlo()
        session.mail(STRANGER)
        assert session.rcpt("nobody.such@example.co.uk")[0] == 550


def test_an_inbound_reject_is_held(site: Site) -> None:
    """Exim has said 250 already, and must not send a bounce to whoever the sender is said to be."""
    send(site, OUTSIDE, STRANGER, BOB, content(STRANGER, BOB, "program", "setup.exe"))
    assert site.traced("program")[0]["action"] == "quarantine"
    assert not any(STRANGER.encode() in one for one in site.outside.messages())


def test_an_outbound_reject_comes_back_to_our_sender(site: Site) -> None:
    """Exim's bounce has the gateway's sentence and the whole message, and isn't rejected in its turn."""
    send(site, INSIDE, ALICE, FAR, content(ALICE, FAR, "our program", "setup.exe"))
    site.wait_delivered("alice", "An attachment is a program or an installer")
    assert b"Subject: our program" in site.mailbox("alice")


def test_a_large_message_is_delivered_and_one_above_the_limit_refused(site: Site) -> None:
    """Both programs have one limit."""
    with smtplib.SMTP("127.0.0.1", site.port) as session:
        session.ehlo()
        assert session.esmtp_features["size"] == "52428800"
        assert session.mail(STRANGER, ["SIZE=52428801"])[0] == 552
    octets = content(STRANGER, BOB, "large").replace(b"Hello.", b"\r\n".join([b"x" * 998] * 3_000))
    send(site, OUTSIDE, STRANGER, BOB, octets)
    site.wait_delivered("bob", "Subject: large")


def test_without_the_gateway_mail_waits_in_the_queue(site: Site) -> None:
    """Exim has said 250, and delivers at the next queue run when the gateway is back."""
    site.gateway.stop()
    send(site, OUTSIDE, STRANGER, BOB, content(STRANGER, BOB, "waits"))
    site.exim.wait_said("== bob@example.com R=mailwarden T=mailwarden defer")
    site.gateway.start()
    run(site.exim.machine, "/usr/sbin/exim4", "-qff")
    site.wait_delivered("bob", "Subject: waits")
