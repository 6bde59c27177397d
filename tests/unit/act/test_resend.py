"""Mail that is sent again: to whom, from whom, and its block of Resent fields (RFC 5322 3.6.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from gateway.act.resend import UnknownRecipient, chosen_recipients, resent_fields, resent_item
from gateway.contract import Envelope, Recipient
from gateway.remember.mail_journal.entries import JournalEntry, Place

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BOB = Recipient("Bob@example.co.uk", "inbound", "SUCCESS", "rfc822;bob")
ANN = Recipient("ann@example.co.uk", "internal")
ENTRY = JournalEntry(
    id="e1",
    at=NOW,
    mail_id="m1",
    envelope=Envelope("eve@outside.example", (BOB, ANN), "8BITMIME", smtputf8=True, ret="FULL", envid="1", auth="x"),
    listener="inbound",
    client=None,
    message_id="<1@x>",
    personal=False,
    size_bytes=10,
    above_bytes=0,
    place=Place(Path("x"), b"", 0, 0, "", b""),
)


def test_all_recipients_or_those_that_are_named() -> None:
    """Without what their client had asked for: the reports would go to us."""
    bob, ann = Recipient("Bob@example.co.uk", "inbound"), Recipient("ann@example.co.uk", "internal")
    assert chosen_recipients(ENTRY, []) == (bob, ann)
    assert chosen_recipients(ENTRY, ["bob@EXAMPLE.co.uk", "Bob@example.co.uk"]) == (bob,)


def test_nobody_else_gets_it() -> None:
    with pytest.raises(UnknownRecipient, match=r"not relayed to joe@x; its recipients are Bob@example\.co\.uk, ann@"):
        chosen_recipients(ENTRY, ["joe@x"])


@pytest.mark.parametrize(
    ("recipients", "to"), [((BOB,), "Bob@example.co.uk"), ((BOB, ANN), "undisclosed-recipients:;")]
)
def test_the_block_stands_on_top(recipients: tuple[Recipient, ...], to: str) -> None:
    """Several recipients aren't named to one another: some may have been blind copies."""
    block = resent_fields(recipients, sender="postmaster@example.co.uk", hostname="gw.example.co.uk", now=NOW)
    read = message_from_bytes(block + b"Received: x\r\n\r\nHello", policy=default)
    assert list(read.keys()) == ["Resent-Date", "Resent-From", "Resent-To", "Resent-Message-ID", "Received"]
    assert read["Resent-To"] == to
    assert read["Resent-From"] == "postmaster@example.co.uk"
    assert read["Resent-Date"].datetime == NOW  # type: ignore[attr-defined]
    assert block.count(b"\r\n") == block.count(b"\n") == 4


def test_the_row_of_the_outbox() -> None:
    """Bounces come to us; the route is that of the listener which took the message."""
    item = resent_item("new", ENTRY, (BOB,), sender="postmaster@example.co.uk", now=NOW)
    assert item.mail_from == "postmaster@example.co.uk"
    assert (item.mail_id, item.route, item.kind) == ("m1", "inbound", "relay")
    assert (item.next_attempt_at, item.attempts) == (NOW, 0)
    assert (item.body, item.smtputf8, item.ret, item.envid, item.auth) == ("8BITMIME", True, None, None, None)
