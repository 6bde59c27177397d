"""The sending again of a message of the journal: its octets as they were relayed, below a block of Resent fields.

Bounces go to us and never to the author, who has not sent it this time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, make_msgid

from gateway.act.records import OUTBOX_LIFE
from gateway.contract import Recipient
from gateway.remember.mail_journal.entries import JournalEntry
from gateway.remember.records import OutboxItem


class UnknownRecipient(ValueError):
    """An address that the message was not relayed to."""


def chosen_recipients(entry: JournalEntry, addresses: Sequence[str]) -> tuple[Recipient, ...]:
    """Return the recipients with these addresses, all where none is given. Raises UnknownRecipient."""
    known = {recipient.address.lower(): recipient for recipient in entry.envelope.recipients}
    for address in addresses:
        if address.lower() not in known:
            there = ", ".join(recipient.address for recipient in entry.envelope.recipients)
            raise UnknownRecipient(f"the message was not relayed to {address}; its recipients are {there}")
    chosen = dict.fromkeys(known[address.lower()] for address in addresses) or entry.envelope.recipients
    return tuple(Recipient(one.address, one.direction) for one in chosen)


def resent_fields(recipients: Sequence[Recipient], *, sender: str, hostname: str, now: datetime) -> bytes:
    """Return the block that RFC 5322 3.6.6 asks for. Several recipients are not named to one another."""
    to = f"<{recipients[0].address}>" if len(recipients) == 1 else "undisclosed-recipients:;"
    lines = (
        f"Resent-Date: {format_datetime(now)}",
        f"Resent-From: <{sender}>",
        f"Resent-To: {to}",
        f"Resent-Message-ID: {make_msgid(domain=hostname)}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def resent_item(
    new_id: str, entry: JournalEntry, recipients: tuple[Recipient, ...], *, sender: str, now: datetime
) -> OutboxItem:
    """Return the row of the outbox, to be tried at once."""
    envelope = entry.envelope
    return OutboxItem(
        id=new_id,
        mail_id=entry.mail_id,
        kind="relay",
        mail_from=sender,
        recipients=recipients,
        route=entry.listener,
        queued_at=now,
        next_attempt_at=now,
        expires_at=now + OUTBOX_LIFE,
        body=envelope.body,
        smtputf8=envelope.smtputf8,
    )
