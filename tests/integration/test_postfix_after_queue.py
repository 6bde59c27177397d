"""Mailwarden as content_filter of a real Postfix, and behind its submission service, as docs/deploy.md has it.

The texts in `postfix/` are the tested ones. Clients of any address are played by XCLIENT, which only these tests allow.
"""

from __future__ import annotations

import re
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import free_port
from tests.support.servers.postfix import Postfix, SmtpSink, needs_root, program

pytestmark = needs_root

RECIPE = Path(__file__).parent / "postfix"
FILTERS = "filters:\n  - attachments: {block: [executables], actions: {attachment.executable: reject}}\n"
ALICE, BOB, STRANGER = "alice@example.co.uk", "bob@example.co.uk", "stranger@other.example"
OUTSIDE, INSIDE = "192.0.2.7", "10.0.0.5"  # RFC 5737: nobody's network; one of ours
ROAMING = "198.51.100.9"  # in no network of ours
#: In place of TLS and a login, which the test's Postfix has not: one client's address is let in.
LOGIN = {
    "smtpd_tls_security_level=encrypt": "smtpd_tls_security_level=none",
    "smtpd_sasl_auth_enable=yes": f"mynetworks={ROAMING}",
    "permit_sasl_authenticated": "permit_mynetworks",
}


@dataclass(frozen=True)
class Site:
    postfix: Postfix
    gateway: Gateway
    outside: SmtpSink
    port: int
    submission: int

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
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    front, submission, inbound, own, back = (free_port() for _ in range(5))
    ports = {"2525": inbound, "2587": own, "2526": back, "smtp": front, "submission": submission}

    def recipe(name: str) -> str:
        text = re.sub(r"(?<=127\.0\.0\.1:)\d+|(?<=127\.0\.0\.1\]:)\d+", port, (RECIPE / name).read_text())
        return re.sub(r"(?m)^\w+(?= +inet)", port, text)

    def port(found: re.Match[str]) -> str:
        return str(ports[found[0]])

    with_login = recipe("submission.master.cf")
    for theirs, ours in LOGIN.items():
        assert theirs in with_login
        with_login = with_login.replace(theirs, ours)
    lines = [x.partition("=") for x in recipe("main.cf").splitlines() if not x.startswith("#")]
    main = {key.strip(): value.strip() for key, _, value in lines}
    with ExitStack() as stack:
        outside = stack.enter_context(SmtpSink())
        main |= {"relayhost": f"[127.0.0.1]:{outside.port}", "smtpd_authorized_xclient_hosts": "127.0.0.1"}
        master = recipe("after_queue.master.cf") + with_login
        postfix = stack.enter_context(Postfix(master, (front, submission, back), main, (ALICE, BOB)))
        started = Gateway(
            tmp_path_factory.mktemp("gateway"),
            filters=FILTERS,
            listeners=recipe("after_queue.gateway.yaml"),
            inbound=inbound,
            workers=1,
        )
        yield Site(postfix, stack.enter_context(started), outside, front, submission)


def message_id(subject: str) -> str:
    return f"<{subject.replace(' ', '.')}@sender.example>"


def content(sender: str, to: str, subject: str, name: str = "notes.txt") -> bytes:
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: {message_id(subject)}\r\n"
    date = "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    return f"{head}{date}Content-Type: application/octet-stream; name={name}\r\n\r\nHello.\r\n".encode()


def send(site: Site, client: str, mail_from: str, to: str, octets: bytes, *, port: int = 0) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", port or site.port, timeout=60) as session:
        session.ehlo()
        assert session.docmd("XCLIENT", f"ADDR={client} NAME=client.example")[0] == 220
        session.ehlo()
        assert session.mail(mail_from)[0] == 250
        assert session.rcpt(to)[0] == 250
        return session.data(octets)


def test_inbound_mail_is_delivered(site: Site) -> None:
    """The octets are identical, and the trail has the outside client."""
    octets = content(STRANGER, BOB, "inbound")
    assert send(site, OUTSIDE, STRANGER, BOB, octets)[0] == 250
    assert site.postfix.wait_delivered(BOB, "inbound").endswith(b"\r\n" + octets)
    row = site.traced(STRANGER, "inbound")
    assert (row["client"], row["recipients"][0]["direction"]) == (OUTSIDE, "inbound")


def test_internal_mail_passes_it(site: Site) -> None:
    """One of our people writes to another."""
    assert send(site, INSIDE, ALICE, BOB, content(ALICE, BOB, "internal"))[0] == 250
    site.postfix.wait_delivered(BOB, "internal")
    assert site.traced(ALICE, "internal")["recipients"][0]["direction"] == "internal"


def test_outbound_mail_passes_it(site: Site) -> None:
    """On its way to the rest of the world."""
    assert send(site, INSIDE, ALICE, "x@far.example", content(ALICE, "x@far.example", "outbound"))[0] == 250
    assert_sent_outwards(site, "outbound")


def assert_sent_outwards(site: Site, subject: str) -> None:
    row = site.traced(ALICE, subject)
    assert row["recipients"] == [{"address": "x@far.example", "direction": "outbound", "action": "relay"}]
    ends = time.monotonic() + 60
    while not any(message_id(subject).encode() in one for one in site.outside.messages()):
        assert time.monotonic() < ends, site.postfix.said
        time.sleep(0.05)


@pytest.mark.parametrize(("to", "direction"), [(BOB, "internal"), ("x@far.example", "outbound")])
def test_mail_of_the_sendmail_command_passes_it(site: Site, to: str, direction: str) -> None:
    """The mail comes to the listener of our own people: Postfix can name no client for it."""
    subject = f"by command {direction}"
    command = [program("sendmail"), "-C", str(site.postfix.config), "-i", "-f", ALICE, to]
    octets = content(ALICE, to, subject).replace(b"\r\n", b"\n")
    done = subprocess.run(command, input=octets, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    row = site.traced(ALICE, subject)
    assert row["recipients"] == [{"address": to, "direction": direction, "action": "relay"}]


def test_an_inbound_reject_is_held(site: Site) -> None:
    """Postfix has said 250 already: our 5xx would make it send a bounce to whoever the sender is said to be."""
    assert send(site, OUTSIDE, STRANGER, BOB, content(STRANGER, BOB, "program", "setup.exe"))[0] == 250
    row = site.traced(STRANGER, "program")
    assert row["recipients"][0]["action"] == "quarantine"
    assert not any(STRANGER.encode() in one for one in site.outside.messages())


def test_an_outbound_reject_comes_back_to_our_sender(site: Site) -> None:
    """Our sender gets Postfix's report of non-delivery, with our sentence in it."""
    octets = content(ALICE, "x@far.example", "our program", "setup.exe")
    assert send(site, INSIDE, ALICE, "x@far.example", octets)[0] == 250
    report = site.postfix.wait_delivered(ALICE, "Undelivered Mail Returned to Sender")
    assert b"An attachment is a program or an installer" in report


# --- the submission service, before the queue ------------------------------------------------------------------------


def test_a_roaming_sender_sends_outwards(site: Site) -> None:
    """Any client address may send: Postfix has let the sender in, and the listener offers no XFORWARD."""
    octets = content(ALICE, "x@far.example", "roaming")
    code, said = send(site, ROAMING, ALICE, "x@far.example", octets, port=site.submission)
    assert (code, said[:18]) == (250, b"2.0.0 Accepted as ")
    assert_sent_outwards(site, "roaming")


def test_a_roaming_senders_program_is_rejected_at_once(site: Site) -> None:
    """The mail program shows our sentence."""
    octets = content(ALICE, BOB, "roaming program", "setup.exe")
    code, said = send(site, ROAMING, ALICE, BOB, octets, port=site.submission)
    assert code == 550, said
    assert said.startswith(b"5.7.1 An attachment is a program or an installer")


def test_without_mailwarden_the_client_keeps_its_mail() -> None:
    """Postfix, before its queue, can't begin the transaction: a temporary reply at RCPT."""
    port = free_port()
    master = re.sub(r"(?m)^smtp(?= +inet)", str(port), (RECIPE / "front.master.cf").read_text())
    master = master.replace("127.0.0.1:2525", f"127.0.0.1:{free_port()}")
    with Postfix(master, (port,), mailboxes=(BOB,)), smtplib.SMTP("127.0.0.1", port, timeout=60) as session:
        session.ehlo()
        session.mail(STRANGER)
        assert session.rcpt(BOB) == (451, b"4.3.0 Error: queue file write error")
