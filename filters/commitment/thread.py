"""Keys of a sender's confirmation for the thread that a mail is in, towards each person in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.contract import Mail
from gateway.message import address_key

#: Characters of a field that are read: `References` of a long thread has as many.
MAX_FIELD = 8_192

_ID = re.compile(r"<[^<>\s]{1,998}>")


def thread_keys(mail: Mail, recipients: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return, for each recipient, the keys by which an earlier confirmation counts for this mail.

    They are made of the first message of the thread, and of the message that this one answers. Whoever writes these
    fields can name any thread: so the keys hold the sender and the recipient too, and nobody else profits.
    """
    return _keys(mail, recipients, {*_ids(mail, "references")[:1], *_ids(mail, "in-reply-to")[:1]})


def keys_to_confirm(mail: Mail, recipients: Iterable[str]) -> frozenset[str]:
    """Return the keys to remember, where the sender confirms this mail: later ones may answer it or its thread."""
    named = {*_ids(mail, "references")[:1], *_ids(mail, "in-reply-to")[:1], *_ids(mail, "message-id")[:1]}
    return frozenset(key for keys in _keys(mail, recipients, named).values() for key in keys)


def _keys(mail: Mail, recipients: Iterable[str], ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
    sender, named = address_key(mail.envelope.mail_from), frozenset(ids)
    return {
        recipient: frozenset(f"commitment.thread\n{sender}\n{address_key(recipient)}\n{one}" for one in named)
        for recipient in recipients
    }


def _ids(mail: Mail, name: str) -> list[str]:
    return [one for field in mail.message.root.fields(name) for one in _ID.findall(field.text[:MAX_FIELD])]
