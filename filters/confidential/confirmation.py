"""Keys of what a sender confirms: one mail, with its text and its attachments, to one recipient. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from gateway.contract import Mail
from gateway.message import Message, address_key


def confirmation_keys(mail: Mail, recipients: Iterable[str]) -> Mapping[str, str]:
    """Return the key of this mail for each recipient.

    The sender is the reverse-path: `From:` can be written by anybody. So can `Message-ID:` and `Date:`, which is why
    the text and the attachments are in the key.
    """
    message = mail.message
    name = f"{message.message_id.strip()}\n{(message.header('date') or '').strip()}" if message.message_id else mail.key
    sender = address_key(mail.envelope.mail_from)
    common = f"confidential.mail\n{sender}\n{name or mail.id}\n{_digest(message)}"
    return {one: f"{common}\n{address_key(one)}" for one in recipients}


def _digest(message: Message) -> str:
    """Return a hash of all subjects, texts and attachments, in the octets that their transfer encodings stand for."""
    found = hashlib.sha256()
    for part in message.parts:
        if "/" in part.path:  # unpacked from an attachment
            continue
        for subject in part.all("subject"):
            _add(found, b"subject", subject.strip().encode("utf-8", "surrogatepass"))
        if part.is_leaf:
            _add(found, b"content", part.decoded)
    return found.hexdigest()


def _add(found: hashlib._Hash, kind: bytes, octets: bytes) -> None:
    """Add octets with their kind and their length, so that two of them are never the same as another one."""
    found.update(kind + b"\0" + len(octets).to_bytes(8, "big"))
    found.update(octets)
