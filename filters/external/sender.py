"""Who a message says that it is from: the addresses and the name of `From:`, as a person would see them.

It proves nothing. Where the gateway has verified the message, its reading of the addresses is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.contract import Header, Mail

#: Characters of `From:` that are read, and addresses in all: real mail has one, seldom two.
MAX_CHARACTERS = 8192
MAX_ADDRESSES = 10

_ANGLED = re.compile(r"<([^<>\s]{1,512}@[^<>\s@]{1,255})>")
_BARE = re.compile(r"[^<>\s@,;:\"()]{1,255}@[^<>\s@,;:\"()]{1,255}")
_AUTOMATIC = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, slots=True)
class Sender:
    """`addresses` is empty where none can be read; `name` is all that stands beside them."""

    addresses: tuple[str, ...]
    name: str


def sender_of(mail: Mail) -> Sender:
    """By `From:`, whatever the envelope says: lists and forwarders have their own reverse-paths (VERP, SRS)."""
    fields = mail.message.root.fields("from")
    proven = tuple(author.address for author in mail.authentication.authors)
    return Sender(proven or _addresses(fields), _name(fields))


def is_personal(mail: Mail) -> bool:
    """Whether a person seems to have sent it: replies of machines make nobody a correspondent (RFC 3834 5)."""
    automatic = (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().lower() != "no"
    precedence = (mail.message.header("precedence") or "").strip().lower()
    return bool(mail.envelope.mail_from) and not automatic and precedence not in _AUTOMATIC


def _addresses(fields: Sequence[Header]) -> tuple[str, ...]:
    """Undecoded text: an encoded word can't hold an address (RFC 2047 5)."""
    texts = [field.text[:MAX_CHARACTERS] for field in fields]
    found = [address for text in texts for address in _ANGLED.findall(text) or _BARE.findall(text)]
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def _name(fields: Sequence[Header]) -> str:
    """What is shown beside the addresses in angle brackets, decoded."""
    return " ".join(_ANGLED.sub(" ", field.value[:MAX_CHARACTERS]) for field in fields).strip()
