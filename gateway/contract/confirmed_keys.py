"""Keys of a sender's confirmation of one mail: by its sender, content and recipients.

The fields Message-ID and Date are their writer's choice: alone they would let through any later mail that repeats them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.contract.mail import Mail
from gateway.message.header.addresses import address_key
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.visible import visible_addresses

#: Octets of a message up to which its content is hashed in the event loop. A larger message is hashed in a thread.
MAX_INLINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ConfirmedKeys:
    """The keys of one mail.

    The recipients in To and Cc share a key, so that one answer counts in all transactions of the mail; each other
    recipient has one.
    """

    by_recipient: Mapping[str, str]  # recipient as in the envelope -> the key that lets the mail go to it
    all: frozenset[str]  # for `confirmations`


async def confirmed_keys(name: str, mail: Mail) -> ConfirmedKeys:
    """Return the keys of this mail. They begin with `name`: one for each use of them.

    The sender is the reverse-path: `From:` can be written by anybody.
    """
    message = mail.message
    short = len(message.raw) <= MAX_INLINE_BYTES
    digest = _content_digest(message) if short else await asyncio.to_thread(_content_digest, message)
    fields = (message.message_id.strip(), (message.header("date") or "").strip())
    named = "\n".join(fields) if fields[0] else mail.key or mail.id
    base = f"{name}\n{address_key(mail.envelope.mail_from)}\n{named}\n{digest}"
    visible = frozenset(map(address_key, visible_addresses(message)))
    by_recipient = {
        address: base if key in visible else f"{base}\n{key}"
        for address, key in ((one.address, address_key(one.address)) for one in mail.envelope.recipients)
    }
    return ConfirmedKeys(by_recipient, frozenset({base, *by_recipient.values()}))


def _content_digest(message: Message) -> str:
    """Return a digest of the subject, the visible recipients, and every part's name and decoded content.

    A server that sends a mail in several transactions may write it anew each time, with other delimiters and encodings.
    """
    whole = hashlib.sha256()
    for piece in _pieces(message):
        whole.update(len(piece).to_bytes(8, "big"))
        whole.update(piece)
    return whole.hexdigest()


def _pieces(message: Message) -> Iterator[bytes]:
    yield from (_octets(address_key(one)) for one in visible_addresses(message))
    for part in message.parts:
        if not _is_unpacked(part):
            yield from map(_octets, (part.path, part.header("subject") or "", *part.names))
            yield part.decoded if part.is_leaf else b""


def _is_unpacked(part: Part) -> bool:
    return part.path != part.carrier


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
