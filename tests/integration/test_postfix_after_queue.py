"""docs/deploy/postfix-after-queue.md: Mailwarden as content_filter of a real Postfix, with the page's own text.

Clients connect from addresses of loopback that stand for our own network and for nobody's.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.recipes.machine import INSIDE, OUTSIDE, Machine, Page, RecipePostfix, recipe_gateway
from tests.support.servers.gateway import Gateway
from tests.support.servers.postfix import MAIL_USER, SmtpSink, needs_root

pytestmark = needs_root

PAGE = Page("postfix-after-queue")
POLICY = """\
filters:
  - attachments: {block: [executables], actions: {attachment.executable: reject}}
  - disclaimer: {directions: [outbound]}
"""
DISCLAIMER = b"This e-mail and its attachments are meant for"  # of the shipped one
ALICE, BOB, STRANGER = "alice@example.co.uk", "bob@example.co.uk", "stranger@other.example"


@dataclass(frozen=True)
class Site:
    postfix: RecipePostfix
    gateway: Gateway
    outside: SmtpSink
    port: int

    def traced(self, mail_from: str, subject: str) -> dict[str, Any]:
        """The audit row of the sender's message with this Message-ID."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            for row in self.gateway.ask("trace", words=[mail_from], limit=100)["rows"]:
                if row["message_id"] == message_id(subject):
                    return dict(row)
            time.sleep(0.05)
        raise TimeoutError(f"no trace of {subject}\n{self.postfix.said}")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        outside = stack.enter_context(SmtpSink())
        machine = stack.enter_context(Machine({"smarthost.example.net": outside.port}))
        postfix = RecipePostfix(
            machine=machine,
            main_cf=PAGE.text("/etc/postfix/main.cf", "yours", "added"),
            master=PAGE.text("/etc/postfix/master.cf"),
            ports=(machine.port(25), machine.port(2526)),
            mailboxes=(ALICE, BOB),
            aliases=f'root: {MAIL_USER}\ngone: "|exit 67"\n',
            virtual=f"sales@example.co.uk {ALICE} {BOB}\n",
        )
        gateway = recipe_gateway(machine, PAGE.text("/etc/mailwarden/gateway.yaml"), POLICY)
        stack.enter_context(postfix)
        yield Site(postfix, stack.enter_context(gateway), outside, machine.port(25))


def message_id(subject: str) -> str:
    return f"<{subject.replace(' ', '.')}@sender.example>"


def content(sender: str, to: str, subject: str, name: str = "notes.txt") -> bytes:
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: {message_id(subject)}\r\n"
    date = "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    return f"{head}{date}Content-Type: application/octet-stream; name={name}\r\n\r\nHello.\r\n".encode()


def send(site: Site, client: str, mail_from: str, to: str, octets: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60, source_address=(client, 0)) as session:
        assert session.sendmail(mail_from, [to], octets) == {}


def test_inbound_mail_is_delivered(site: Site) -> None:
    """The octets are identical, and the trail has the outside client."""
    octets = content(STRANGER, BOB, "inbound")
    send(site, OUTSIDE, STRANGER, BOB, octets)
    assert site.postfix.wait_delivered(BOB, "inbound").endswith(b"\r\n" + octets)
    row = site.traced(STRANGER, "inbound")
    assert (row["client"], row["recipients"][0]["direction"]) == (OUTSIDE, "inbound")


def test_internal_mail_passes_it(site: Site) -> None:
    """One of our people writes to another."""
    send(site, INSIDE, ALICE, BOB, content(ALICE, BOB, "internal"))
    site.postfix.wait_delivered(BOB, "internal")
    assert site.traced(ALICE, "internal")["recipients"][0]["direction"] == "internal"


def test_outbound_mail_passes_it(site: Site) -> None:
    """On its way to the rest of the world a disclaimer is added."""
    send(site, INSIDE, ALICE, "x@far.example", content(ALICE, "x@far.example", "outbound"))
    assert_sent_outwards(site, "outbound")


def assert_sent_outwards(site: Site, subject: str) -> None:
    row = site.traced(ALICE, subject)
    assert row["recipients"] == [{"address": "x@far.example", "direction": "outbound", "action": "amend"}]
    site.outside.wait_message(lambda: site.postfix.said, message_id(subject).encode(), DISCLAIMER)


@pytest.mark.parametrize(("to", "direction"), [(BOB, "internal"), ("x@far.example", "outbound")])
def test_mail_of_the_sendmail_command_passes_it(site: Site, to: str, direction: str) -> None:
    """The mail comes to the listener of our own people: Postfix can name no client for it."""
    subject = f"by command {direction}"
    site.postfix.run_sendmail(ALICE, to, content(ALICE, to, subject))
    row = site.traced(ALICE, subject)
    action = "amend" if direction == "outbound" else "relay"
    assert row["recipients"] == [{"address": to, "direction": direction, "action": action}]


def test_an_inbound_reject_is_held(site: Site) -> None:
    """Postfix has said 250 already: our 5xx would make it send a bounce to whoever the sender is said to be."""
    send(site, OUTSIDE, STRANGER, BOB, content(STRANGER, BOB, "program", "setup.exe"))
    row = site.traced(STRANGER, "program")
    assert row["recipients"][0]["action"] == "quarantine"
    assert not any(STRANGER.encode() in one for one in site.outside.messages())


def test_an_outbound_reject_comes_back_to_our_sender(site: Site) -> None:
    """Our sender gets Postfix's report of non-delivery, with our sentence in it."""
    octets = content(ALICE, "x@far.example", "our program", "setup.exe")
    send(site, INSIDE, ALICE, "x@far.example", octets)
    report = site.postfix.wait_delivered(ALICE, "Undelivered Mail Returned to Sender")
    assert b"An attachment is a program or an installer" in report


def test_users_of_the_machine_have_their_mail(site: Site) -> None:
    """Local delivery goes on: from outside to a user, and from the machine's own programs."""
    user = f"{MAIL_USER}@mail.example.co.uk"
    send(site, OUTSIDE, STRANGER, user, content(STRANGER, user, "to a user"))
    site.postfix.wait_local(MAIL_USER, b"Subject: to a user")
    site.postfix.run_sendmail(
        "cron@mail.example.co.uk", "root", content("cron@mail.example.co.uk", "root", "from cron")
    )
    site.postfix.wait_local(MAIL_USER, b"Subject: from cron")


def test_an_alias_is_expanded_once_behind_the_gateway(site: Site) -> None:
    """The trail has the address that the sender wrote, and each person behind it gets one copy."""
    send(site, OUTSIDE, STRANGER, "sales@example.co.uk", content(STRANGER, "sales@example.co.uk", "an offer"))
    for person in (ALICE, BOB):
        site.postfix.wait_delivered(person, "an offer")
        assert sum(b"Subject: an offer" in one for one in site.postfix.delivered(person)) == 1
    assert [one["address"] for one in site.traced(STRANGER, "an offer")["recipients"]] == ["sales@example.co.uk"]


def test_mail_that_cannot_be_delivered_comes_back_as_a_bounce(site: Site) -> None:
    """Postfix's own report reaches a sender of ours without a second check, and an outside one by the smarthost."""
    to = "gone@mail.example.co.uk"
    send(site, OUTSIDE, STRANGER, to, content(STRANGER, to, "to nobody"))
    site.outside.wait_message(lambda: site.postfix.said, STRANGER.encode(), b"Undelivered Mail Returned to Sender")


def test_a_large_message_is_delivered_and_one_above_the_limit_refused(site: Site) -> None:
    """Both programs have one limit, and Postfix's mailboxes have none: with one below it Postfix delivers nothing."""
    octets = content(STRANGER, BOB, "large") + (b"x" * 998 + b"\r\n") * 3_000
    send(site, OUTSIDE, STRANGER, BOB, octets)
    assert site.postfix.wait_delivered(BOB, "large").endswith(octets)
    with smtplib.SMTP("127.0.0.1", site.port) as session:
        session.ehlo()
        assert session.mail(STRANGER, ["SIZE=52428801"])[0] == 552


def test_without_mailwarden_mail_waits_in_the_queue(site: Site) -> None:
    """Postfix has said 250, and delivers as soon as the gateway is back."""
    site.gateway.stop()
    send(site, OUTSIDE, STRANGER, BOB, content(STRANGER, BOB, "waits"))
    site.postfix.wait_said("status=deferred (connect to 127.0.0.1")
    site.gateway.start()
    site.postfix.flush()
    site.postfix.wait_delivered(BOB, "waits")
