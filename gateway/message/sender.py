"""Who a message says that it is from: the addresses and the name of `From:`, as a person would see them.

It proves nothing. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.message.model import Header

#: Characters of `From:` that are read, and addresses in all: real mail has one, seldom two.
MAX_CHARACTERS = 8192
MAX_ADDRESSES = 10

_ANGLED = re.compile(r"<([^<>\s]{1,512}@[^<>\s@]{1,255})>")
_BARE = re.compile(r"[^<>\s@,;:\"()]{1,255}@[^<>\s@,;:\"()]{1,255}")


@dataclass(frozen=True, slots=True)
class Sender:
    """`addresses` is empty where none can be read; `name` is all that stands beside them."""

    addresses: tuple[str, ...]
    name: str


def sender_of(fields: Sequence[Header], proven: tuple[str, ...] = ()) -> Sender:
    """Of the fields `From:`, or `Reply-To:`; `proven` addresses are taken where there are some."""
    return Sender(proven or _addresses(fields), _name(fields))


def _addresses(fields: Sequence[Header]) -> tuple[str, ...]:
    """Undecoded text: an encoded word can't hold an address (RFC 2047 5)."""
    texts = [field.text[:MAX_CHARACTERS] for field in fields]
    found = [address for text in texts for address in _ANGLED.findall(text) or _BARE.findall(text)]
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def _name(fields: Sequence[Header]) -> str:
    """What is shown beside the addresses in angle brackets, decoded."""
    return " ".join(_ANGLED.sub(" ", field.value[:MAX_CHARACTERS]) for field in fields).strip()
