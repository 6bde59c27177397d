"""Reports about a message that was sent: of delivery (RFC 3464), and read receipts (RFC 8098). Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.message.model import Message
from gateway.message.part import Part

#: Characters of a report that are read: fields about a thousand recipients.
MAX_CHARACTERS = 262_144

_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_READ = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
#: Types of the copy of the message that a report is about, whole or its header alone.
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})

_ID = re.compile(r"<([^<>\s]{1,998})>")
_FOLD = re.compile(r"\r?\n[ \t]++")
_FIELD = re.compile(r"^([!-9;-~]{1,77})[ \t]*+:([^\r\n]*+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """The report in a message: about which messages, and what became of them, in lower case."""

    actions: frozenset[str]  # of the delivery: "delivered", "failed", "delayed", "relayed", "expanded"
    dispositions: frozenset[str]  # by the reader: "displayed", "deleted", "dispatched", "processed"
    message_ids: frozenset[str]  # without brackets
    recipients: frozenset[str] = frozenset()  # the addresses that the report is about


def report_in(message: Message) -> Report | None:
    """Return the report that a message is; None where it is none."""
    parts = message.root.children
    delivery = [part for part in parts if part.content_type in _DELIVERY]
    read = [part for part in (message.root, *parts) if part.content_type in _READ]
    if not delivery and not read:
        return None
    actions = {value.lower() for part in delivery for value in _values(part, "action")}
    # "manual-action/MDN-sent-manually; displayed/error"
    dispositions = {
        value.rpartition(";")[2].partition("/")[0].strip().lower()
        for part in read
        for value in _values(part, "disposition")
    }
    about = {one for part in read for value in _values(part, "original-message-id") for one in message_ids(value)}
    copies = {one for part in parts for one in _ids_of_copy(part)}
    recipients = {
        value.rpartition(";")[2].strip()  # "rfc822; joe@example.com"
        for part in (*delivery, *read)
        for name in ("final-recipient", "original-recipient")
        for value in _values(part, name)
    }
    return Report(frozenset(actions), frozenset(dispositions), frozenset(about | copies), frozenset(recipients))


def message_ids(text: str) -> list[str]:
    """Return the Message-IDs in a field such as References, without brackets, each once."""
    return list(dict.fromkeys(_ID.findall(text)))


def _ids_of_copy(part: Part) -> Iterator[str]:
    if part.content_type in _MESSAGES and part.children:
        yield from message_ids(part.children[0].header("message-id") or "")
    elif part.content_type in _HEADERS:
        for value in _values(part, "message-id"):
            yield from message_ids(value)


def _values(part: Part, name: str) -> Iterator[str]:
    """Yield the values of the fields of this name in a part that consists of fields."""
    text = _FOLD.sub(" ", part.text[:MAX_CHARACTERS])
    return (value.strip() for found, value in _FIELD.findall(text) if found.lower() == name)
