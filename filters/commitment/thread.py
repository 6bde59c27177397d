"""Keys of a sender's confirmation: for one mail in all its transactions, and for the thread that it is in. Pure."""

from __future__ import annotations

import re

from gateway.contract import Mail
from gateway.message import address_key

#: Characters of a field that are read: `References` of a long thread has as many.
MAX_FIELD = 8_192

_ID = re.compile(r"<[^<>\s]{1,998}>")


def mail_key(mail: Mail) -> str:
    """Return the key of this mail, by the reverse-path: `From:` can be written by anybody."""
    message = mail.message
    name = f"{message.message_id.strip()}\n{(message.header('date') or '').strip()}" if message.message_id else ""
    return f"commitment.mail\n{address_key(mail.envelope.mail_from)}\n{name or mail.key or mail.id}"


def thread_keys(mail: Mail) -> frozenset[str]:
    """Return the keys of the mail's thread for this sender.

    They are made of its own Message-ID, of the first message of the thread, and of the message that it answers.
    """
    first = _ids(mail, "references")[:1]
    named = {*first, *_ids(mail, "in-reply-to")[:1], *_ids(mail, "message-id")[:1]}
    sender = address_key(mail.envelope.mail_from)
    return frozenset(f"commitment.thread\n{sender}\n{one}" for one in named)


def _ids(mail: Mail, name: str) -> list[str]:
    return [one for field in mail.message.root.fields(name) for one in _ID.findall(field.text[:MAX_FIELD])]
