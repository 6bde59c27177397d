"""docs/deploy/dovecot-lmtp.md: a real Dovecot behind Postfix and behind the gateway, with the page's own text.

The domain example.co.uk goes by Postfix to Dovecot, example.com straight from the gateway. Dovecot checks the logins of
the submission service of docs/deploy/postfix-before-queue.md.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support.recipes.machine import (
    INSIDE,
    OUTSIDE,
    Machine,
    Page,
    RecipePostfix,
    recipe_gateway,
    with_listener,
)
from tests.support.recipes.unpacked import Server, dovecot, has_dovecot_24
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import wait_until
from tests.support.servers.postfix import SmtpSink, needs_root

pytestmark = [needs_root, pytest.mark.skipif(not has_dovecot_24(), reason="Debian 12 has Dovecot 2.3")]

PAGE, POSTFIX = Page("dovecot-lmtp"), Page("postfix-before-queue")
MAIN, GATEWAY = "/etc/postfix/main.cf", "/etc/mailwarden/gateway.yaml"
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
    postfix: RecipePostfix
    dovecot: Server
    gateway: Gateway
    outside: SmtpSink

    @property
    def machine(self) -> Machine:
        return self.postfix.machine

    @property
    def said(self) -> str:
        return self.postfix.said + self.dovecot.said

    def wait_delivered(self, mailbox: str, text: str) -> bytes:
        """Return the message with this text in a mailbox of Dovecot's."""
        folder = self.machine.root / "var/mail/virtual" / mailbox / "Maildir/new"

        def found() -> bytes:
            contents = [file.read_bytes() for file in folder.iterdir()] if folder.exists() else []
            return next((one for one in contents if text.encode() in one), b"")

        return wait_until(found, lambda: self.said).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def wait_outside(self, *texts: bytes) -> None:
        """Wait until a message with these texts has gone to the world."""
        self.outside.wait_message(lambda: self.said, *texts)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        outside = stack.enter_context(SmtpSink())
        machine = stack.enter_context(Machine({"smarthost.example.net": outside.port}))
        machine.certify("/etc/ssl/private/mail.example.co.uk.pem")
        mailboxes = dovecot(machine, PAGE, {ALICE: "secret", BOB: "word"})
        main_cf = POSTFIX.text(MAIN, "yours", "added", "for submission") + PAGE.text(MAIN, "Postfix delivers")
        postfix = RecipePostfix(
            machine=machine,
            main_cf=main_cf,
            master=POSTFIX.text("/etc/postfix/master.cf", "in front", "behind", "for submission"),
            ports=(machine.port(25), machine.port(2526), machine.port(587)),
            mailboxes=(ALICE, BOB, "carol@example.co.uk", "carol@example.com"),  # Dovecot has no Carol
            virtual=f"sales@example.co.uk {ALICE}\n",
        )
        text = with_listener(POSTFIX.text(GATEWAY), POSTFIX.text(GATEWAY, "one more of `listeners`"))
        gateway = recipe_gateway(machine, text + PAGE.text(GATEWAY, "Mailwarden delivers"), POLICY)
        stack.enter_context(postfix)
        stack.enter_context(mailboxes)
        yield Site(postfix, mailboxes, stack.enter_context(gateway), outside)


def content(sender: str, to: str, subject: str, name: str = "notes.txt") -> bytes:
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
    ident = f"Message-ID: <{subject.replace(' ', '.')}@x.example>\r\n"
    date = "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    return f"{head}{ident}{date}Content-Type: text/plain; name={name}\r\n\r\nHello.\r\n.dot\r\n".encode()


def connect(site: Site, client: str) -> smtplib.SMTP:
    session = smtplib.SMTP("127.0.0.1", site.machine.port(25), timeout=60, source_address=(client, 0))
    session.ehlo()
    return session


def submit(site: Site, password: str) -> smtplib.SMTP:
    """A session of Alice's, from an address outside: with TLS and her login."""
    session = smtplib.SMTP("127.0.0.1", site.machine.port(587), timeout=60, source_address=(OUTSIDE, 0))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session.starttls(context=context)
    session.login(ALICE, password)
    return session


@pytest.mark.parametrize("to", [ALICE, BOB])
def test_inbound_mail_is_in_dovecots_mailbox(site: Site, to: str) -> None:
    """By both ways the sender's octets stand behind the fields of the servers."""
    octets = content(STRANGER, to, "inbound")
    with connect(site, OUTSIDE) as session:
        session.sendmail(STRANGER, [to], octets)
    assert site.wait_delivered(to, "Subject: inbound").endswith(b"\r\n" + octets)
    if to == ALICE:
        site.postfix.wait_said(f"to=<{ALICE}>, relay=mail.example.co.uk[private/dovecot-lmtp]")


def test_postfixs_aliases_are_in_use_where_it_delivers(site: Site) -> None:
    """The mail to sales@ is Alice's."""
    with connect(site, OUTSIDE) as session:
        session.sendmail(STRANGER, ["sales@example.co.uk"], content(STRANGER, "sales@example.co.uk", "an offer"))
    site.wait_delivered(ALICE, "Subject: an offer")


def test_mail_out_has_the_disclaimer(site: Site) -> None:
    """From our own network."""
    with connect(site, INSIDE) as session:
        session.sendmail(ALICE, [FAR], content(ALICE, FAR, "outbound"))
    site.wait_outside(b"Subject: outbound", DISCLAIMER)


@pytest.mark.parametrize("to", [ALICE, BOB])
def test_a_rejected_message_is_refused_to_the_client(site: Site, to: str) -> None:
    """It reaches Dovecot by neither way."""
    with connect(site, OUTSIDE) as session, pytest.raises(smtplib.SMTPDataError, match="An attachment is a program"):
        session.sendmail(STRANGER, [to], content(STRANGER, to, "program", "setup.exe"))


def test_whom_dovecot_does_not_know(site: Site) -> None:
    """Straight from the gateway the client gets Dovecot's reply; by Postfix, its sender a bounce."""
    with connect(site, OUTSIDE) as session:
        session.mail(STRANGER)
        code, said = session.rcpt("carol@example.com")
        assert (code, said[:5]) == (550, b"5.1.1")
    with connect(site, OUTSIDE) as session:
        session.sendmail(STRANGER, ["carol@example.co.uk"], content(STRANGER, "carol@example.co.uk", "to Carol"))
    site.wait_outside(b"Undelivered Mail Returned to Sender", b"User doesn't exist")


def test_a_large_message_is_delivered(site: Site) -> None:
    """By both ways to one recipient each."""
    for to in (ALICE, BOB):
        octets = content(STRANGER, to, "large") + (b"x" * 998 + b"\r\n") * 2_000
        with connect(site, OUTSIDE) as session:
            session.sendmail(STRANGER, [to], octets)
        assert site.wait_delivered(to, "Subject: large").endswith(octets)


# --- submission ------------------------------------------------------------------------------------------------------


def test_a_roaming_sender_sends_with_a_login(site: Site) -> None:
    """From an address in no network of ours; Dovecot checks the password."""
    with submit(site, "secret") as session:
        session.mail(ALICE)
        session.rcpt(FAR)
        code, said = session.data(content(ALICE, FAR, "roaming"))
    assert (code, said[:18]) == (250, b"2.0.0 Accepted as ")
    site.wait_outside(b"Subject: roaming", DISCLAIMER)


def test_a_roaming_senders_program_is_rejected_at_once(site: Site) -> None:
    """The mail program shows our sentence."""
    with submit(site, "secret") as session, pytest.raises(smtplib.SMTPDataError, match="An attachment is a program"):
        session.sendmail(ALICE, [BOB], content(ALICE, BOB, "roaming program", "setup.exe"))


def test_nobody_submits_without_a_login(site: Site) -> None:
    """With none, or with a wrong password."""
    with pytest.raises(smtplib.SMTPAuthenticationError):
        submit(site, "guess")
    with smtplib.SMTP("127.0.0.1", site.machine.port(587), timeout=60, source_address=(OUTSIDE, 0)) as session:
        session.ehlo()
        assert session.mail(ALICE)[0] == 530


# --- what fails ------------------------------------------------------------------------------------------------------


def test_without_dovecot_or_the_gateway_nothing_is_lost(site: Site) -> None:
    """Straight from the gateway the client keeps its mail; by Postfix it waits in the queue."""
    site.dovecot.__exit__()
    with connect(site, OUTSIDE) as session, pytest.raises(smtplib.SMTPDataError) as refused:
        session.sendmail(STRANGER, [BOB], content(STRANGER, BOB, "again later"))
    assert refused.value.smtp_code == 451
    with connect(site, OUTSIDE) as session:
        session.sendmail(STRANGER, [ALICE], content(STRANGER, ALICE, "waits"))
    site.postfix.wait_said("status=deferred")
    site.gateway.stop()
    with connect(site, OUTSIDE) as session:
        session.mail(STRANGER)
        assert session.rcpt(ALICE) == (451, b"4.3.0 Error: queue file write error")
    site.dovecot.__enter__()
    site.postfix.flush()
    site.wait_delivered(ALICE, "Subject: waits")
