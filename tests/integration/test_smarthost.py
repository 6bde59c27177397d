"""docs/deploy/smarthost.md: a real Postfix hands outgoing mail to the gateway, with the page's own text.

The smarthost is a scripted one, with a certificate and a login, which refuses one recipient.
"""

from __future__ import annotations

import asyncio
import base64
import smtplib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Thread

import pytest

from tests.support.recipes.machine import INSIDE, OUTSIDE, Machine, Page, RecipePostfix, recipe_gateway
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import wait_until
from tests.support.servers.postfix import needs_root
from tests.support.servers.scripted_hop import OFFERS, ScriptedHop

pytestmark = needs_root

PAGE = Page("smarthost")
POLICY = """\
filters:
  - attachments: {block: [executables, scripts], actions: {attachment.script: reject}}
  - disclaimer: {directions: [outbound]}
"""
DISCLAIMER = b"This e-mail and its attachments are meant for"  # of the shipped one
ALICE, BOB, FAR, GONE = "alice@example.co.uk", "bob@example.com", "x@far.example", "gone@far.example"


@dataclass(frozen=True)
class Site:
    postfix: RecipePostfix
    gateway: Gateway
    smarthost: ScriptedHop

    def send(self, to: str, subject: str, name: str = "notes.txt", client: str = INSIDE) -> None:
        """Alice sends, or somebody outside."""
        sender = ALICE if client == INSIDE else FAR
        content = (
            f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Wed, 25 Nov 2026 09:00:00 +0000\r\n"
            f"Message-ID: <{subject.replace(' ', '.')}@example.co.uk>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n"
            f"--b\r\nContent-Type: application/octet-stream; name={name}\r\n\r\nx\r\n--b--\r\n"
        )
        with smtplib.SMTP("127.0.0.1", self.postfix.ports[0], timeout=60, source_address=(client, 0)) as session:
            session.sendmail(sender, [to], content.encode())

    def wait_sent(self, subject: str) -> bytes:
        """Return the message that the smarthost has taken."""
        wanted = f"Subject: {subject}".encode()
        (content,) = wait_until(
            lambda: [one for one in self.smarthost.contents if wanted in one], lambda: self.postfix.said
        )
        return content


@contextmanager
def running(hop: ScriptedHop) -> Iterator[int]:
    """Run the scripted server in a thread; its port."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(hop.start(), loop).result(30).port
        asyncio.run_coroutine_threadsafe(hop.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        machine = stack.enter_context(Machine())
        smarthost = ScriptedHop(
            offers=(*OFFERS, "STARTTLS", "AUTH PLAIN"),
            replies={f"RCPT TO:<{GONE}>": "550 5.1.1 Nobody has this address"},
            tls=machine.certify("/etc/mailwarden/tls.pem"),
        )
        machine.servers["smarthost.example.net"] = stack.enter_context(running(smarthost))
        machine.write("/etc/mailwarden/smarthost.password", "secret\n")
        postfix = RecipePostfix(
            machine=machine,
            main_cf=PAGE.text("/etc/postfix/main.cf", "yours", "added"),
            master="",
            ports=(machine.port(25),),
            mailboxes=(ALICE, BOB),
        )
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv(
            "SSL_CERT_FILE", str(machine.path("/etc/mailwarden/certificate.pem"))
        )  # in place of the system's authorities
        gateway = recipe_gateway(machine, PAGE.text("/etc/mailwarden/gateway.yaml"), POLICY)
        stack.enter_context(postfix)
        yield Site(postfix, stack.enter_context(gateway), smarthost)


def test_mail_out_has_the_disclaimer_and_goes_encrypted_with_the_login(site: Site) -> None:
    """The smarthost's certificate was verified, else nothing would have come."""
    site.send(FAR, "outbound")
    assert DISCLAIMER in site.wait_sent("outbound")
    assert set(site.smarthost.encrypted) == {True}
    login = base64.b64encode(b"\0mailwarden\0secret").decode()
    assert f"AUTH PLAIN {login}" in site.smarthost.said


def test_mail_in_and_between_our_mailboxes_is_delivered_as_before(site: Site) -> None:
    """Neither passes the gateway."""
    site.send(ALICE, "in", client=OUTSIDE)
    site.postfix.wait_delivered(ALICE, "in")
    site.send(BOB, "between us")
    site.postfix.wait_delivered(BOB, "between us")


def test_what_the_gateway_rejects_comes_back_as_a_bounce(site: Site) -> None:
    """The sender reads the gateway's sentence."""
    site.send(FAR, "a script", "run.vbs")
    report = site.postfix.wait_delivered(ALICE, "Undelivered Mail Returned to Sender")
    assert b"An attachment is a script" in report


def test_what_the_smarthost_refuses_comes_back_as_a_bounce(site: Site) -> None:
    """The sender reads the smarthost's sentence."""
    site.send(GONE, "to nobody")
    site.postfix.wait_said("said: 550 5.1.1 Nobody has this address")


def test_what_is_held_is_told_to_its_sender(site: Site) -> None:
    """The notice goes to the mail server, not to the smarthost."""
    site.send(FAR, "a program", "setup.exe")
    site.postfix.wait_delivered(ALICE, "A message from you was held")
    assert not any(f"RCPT TO:<{ALICE}>" in line for line in site.smarthost.said)


def test_without_the_gateway_mail_waits_at_the_mail_server(site: Site) -> None:
    """It goes out as soon as the gateway is back."""
    site.gateway.stop()
    site.send(FAR, "waits")
    site.postfix.wait_said("status=deferred (connect to 127.0.0.1")
    site.gateway.start()
    site.postfix.flush()
    site.wait_sent("waits")
