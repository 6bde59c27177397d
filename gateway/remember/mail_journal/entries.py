"""The entries of the journal: a line of JSON in an index file for each message, whose octets lie in a file beside it.

The line is not encrypted. It has the envelope, the time and the Message-ID, as the audit trail has them; the subject
and the rest of the message are encrypted, and the line is sealed with them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.contract import Client, Envelope, Recipient

#: Suffixes of the two files of a segment.
INDEX = ".index"
OCTETS = ".mail"

#: The place of an entry in the order of the journal: its time and id.
Order = tuple[datetime, str]

_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: a line has no line end but its own


@dataclass(frozen=True, slots=True)
class RelayedMessage:
    """A message as a next hop took it, and its recipients there."""

    mail_id: str  # ours, as in the log and the audit trail
    envelope: Envelope  # with those recipients alone that the next hop took
    listener: str
    client: Client | None
    content: Sequence[bytes]  # in pieces: a large message isn't copied
    message_id: str
    personal: bool  # labelled so by its sender
    above_bytes: int = 0  # octets of our own fields on top; 0 where nobody knows

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.content))


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an entry's octets, and the line that is sealed with them."""

    index: Path
    line: bytes  # without its line end
    offset: int
    length: int
    key: str
    nonce: bytes


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A message of the journal, without its octets."""

    id: str  # of this entry: a message that was relayed in several versions has several
    at: datetime
    mail_id: str
    envelope: Envelope
    listener: str
    client: Client | None
    message_id: str
    personal: bool
    size_bytes: int
    above_bytes: int
    place: Place

    @property
    def order(self) -> Order:
        return self.at, self.id


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in the journal that can't be read, which is named and left out."""

    where: str
    sentence: str


class DamagedLine(ValueError):
    """A line of an index that the gateway has not written so."""


def line_of_entry(
    id: str, at: datetime, message: RelayedMessage, *, key: str, nonce: bytes, offset: int, length: int
) -> bytes:
    """Return the line of an entry, without its line end. Empty values are left out."""
    e = message.envelope
    values = {
        "id": id,
        "at": at.isoformat(),
        "mail": message.mail_id,
        "from": e.mail_from,
        "to": [[r.address, r.direction, r.notify, r.orcpt] for r in e.recipients],
        "parameters": _without_empty(
            {"body": e.body, "smtputf8": e.smtputf8, "ret": e.ret, "envid": e.envid, "auth": e.auth}
        ),
        "listener": message.listener,
        "client": message.client and _without_empty(asdict(message.client)),
        "message_id": message.message_id,
        "personal": message.personal,
        "bytes": message.size_bytes,
        "above": message.above_bytes,
        "key": key,
        "nonce": nonce.hex(),
        "offset": offset,
        "length": length,
    }
    return _encode(values).encode("ascii")


def entry_of_line(line: bytes, index: Path) -> JournalEntry:
    """Return the entry of a line. Raises DamagedLine."""
    try:
        read: dict[str, Any] = json.loads(line)
        recipients = tuple(Recipient(*one) for one in read["to"])
        entry = JournalEntry(
            id=str(read["id"]),
            at=datetime.fromisoformat(read["at"]),
            mail_id=str(read["mail"]),
            envelope=Envelope(str(read["from"]), recipients, **read["parameters"]),
            listener=str(read["listener"]),
            client=Client(**read["client"]) if read["client"] else None,
            message_id=str(read["message_id"]),
            personal=bool(read["personal"]),
            size_bytes=int(read["bytes"]),
            above_bytes=int(read["above"]),
            place=Place(
                index,
                line,
                int(read["offset"]),
                int(read["length"]),
                str(read["key"]),
                bytes.fromhex(read["nonce"]),
            ),
        )
        entry.at.astimezone()  # a time without a zone, or out of range, can't be compared with others
        if entry.at.tzinfo is None or not all(isinstance(r.address, str) for r in recipients):
            raise DamagedLine("a line of the index is damaged")
    except (ValueError, KeyError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        raise DamagedLine("a line of the index is damaged") from error
    return entry


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
