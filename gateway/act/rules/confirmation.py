"""What our own senders can confirm by a reply, until when, and which held entries are one mail of theirs.

By the configuration that runs, as `release_rules`. A mail server splits a mail to many recipients into several
transactions, and each that is held is an entry of its own: to its sender they are one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.act.rules.control_address import Control
from gateway.act.rules.release import ReleaseRules
from gateway.message.header.addresses import address_key
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.remember.records import CopyState, HeldMessage, kept
from gateway.remember.store import Store
from gateway.smtp.path import split_address

#: Hexadecimal digits that tell one mail of a sender from another.
MARK_CHARACTERS = 20
#: Entries of one sender that are looked through for those of one mail, within the time to confirm.
MOST_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class Confirming:
    control: Control
    rules: ReleaseRules
    limit: timedelta
    ours: Container[str]  # the organisation's domains

    def may(self, sender: str, codes: Collection[str], direction: str) -> bool:
        """Whether a copy that these codes hold waits for its sender."""
        ours = direction != "inbound" and split_address(sender)[1] in self.ours
        return ours and self.rules.sender_releases(codes, direction)

    def waiting(self, held: HeldMessage) -> tuple[str, ...]:
        """The addresses whose copies wait for their sender, whether or not there is still time."""
        copies = [c for c in held.copies if c.state == "held"]
        return tuple(c.address for c in copies if self.may(held.mail_from, c.codes, c.direction))

    def until(self, received_at: datetime) -> datetime:
        return received_at + self.limit


def mail_mark(id: str, mail_from: str, message: Message) -> str:
    """The same for all transactions of one mail: by its sender, Message-ID, Date, subject and content, so that nobody
    who has seen the others slips another message under an answer. One without an id is alone.
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
    """What its leaves hold, decoded: boundaries and encodings may be another in each transaction."""
    if not part.children:
        yield part.content_type, part.decoded
    for child in part.children:
        yield from _contents(child)


async def entries_of(store: Store, mail: HeldMessage, since: datetime, state: CopyState) -> list[HeldMessage]:
    """Entries of this sender with the same Message-ID, and with a copy in this state; oldest first."""
    found = await store.quarantine.list(limit=MOST_ENTRIES, since=since, sender=mail.mail_from, state=state)
    sender = address_key(mail.mail_from)  # where it has a `*`, the list has other senders too
    return [e for e in found[::-1] if e.message_id == mail.message_id and address_key(e.mail_from) == sender]


async def was_confirmed(store: Store, mail: HeldMessage, since: datetime) -> bool:
    """Whether its sender has let another entry of it go."""
    released = await entries_of(store, mail, since, "released")
    return any(c.state == "released" and c.changed_by == e.mail_from for e in released for c in e.copies)
