"""Rules of confirmation: what our senders can confirm by a reply, until when, and which entries are one message.

The configuration that runs decides, as in `release_rules.py`. A mail server splits a message to many recipients into
several transactions, and each that is held is an entry of its own. To its sender they are one message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.act.rules.control_address import ControlAddress
from gateway.act.rules.release_rules import ReleaseRules
from gateway.message.header.addresses import address_key
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.remember.records import CopyState, HeldMessage, kept
from gateway.remember.store import Store
from gateway.smtp.path import split_address

#: Hexadecimal digits of the mark that tells one message of a sender from another.
MARK_CHARACTERS = 20
#: The most entries of one sender that are searched for those of one message, within the time to confirm.
MOST_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class ConfirmationRules:
    control: ControlAddress
    rules: ReleaseRules
    limit: timedelta
    ours: Container[str]  # the organisation's domains

    def may(self, sender: str, codes: Collection[str], direction: str) -> bool:
        """Return whether a copy that these codes hold waits for its sender."""
        ours = direction != "inbound" and split_address(sender)[1] in self.ours
        return ours and self.rules.sender_releases(codes, direction)

    def waiting(self, held: HeldMessage) -> tuple[str, ...]:
        """Return the addresses whose copies wait for their sender, whether or not there is still time."""
        copies = [c for c in held.copies if c.state == "held"]
        return tuple(c.address for c in copies if self.may(held.mail_from, c.codes, c.direction))

    def until(self, received_at: datetime) -> datetime:
        return received_at + self.limit


def mail_mark(id: str, mail_from: str, message: Message) -> str:
    """Return a mark that is the same for all transactions of one message.

    It is made of sender, Message-ID, Date, subject and content, so that nobody who has seen these can slip another
    message under an answer. A message without a Message-ID is marked by its own id, and so stands alone.
    """
    if not message.message_id:
        return id
    said = (address_key(mail_from), kept(message.message_id), (message.header("date") or "").strip(), message.subject)
    digest = hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass"))
    for content_type, octets in _contents(message.root):
        digest.update(f"\0{content_type}\0{len(octets)}\0".encode("utf-8", "surrogatepass"))
        digest.update(octets)
    return digest.hexdigest()[:MARK_CHARACTERS]


def _contents(part: Part) -> Iterator[tuple[str, bytes]]:
    """Yield the leaves' decoded content: boundaries and encodings may differ between transactions."""
    if not part.children:
        yield part.content_type, part.decoded
    for child in part.children:
        yield from _contents(child)


async def entries_of(store: Store, mail: HeldMessage, since: datetime, state: CopyState) -> list[HeldMessage]:
    """Return entries of this sender with the same Message-ID and a copy in this state; oldest first."""
    found = await store.quarantine.list(limit=MOST_ENTRIES, since=since, sender=mail.mail_from, state=state)
    sender = address_key(mail.mail_from)  # where it has a `*`, the list holds other senders too
    return [e for e in found[::-1] if e.message_id == mail.message_id and address_key(e.mail_from) == sender]


async def was_confirmed(store: Store, mail: HeldMessage, since: datetime) -> bool:
    """Return whether the sender has released another entry of the same message."""
    released = await entries_of(store, mail, since, "released")
    return any(c.state == "released" and c.changed_by == e.mail_from for e in released for c in e.copies)
