"""`Reader`: a function from octets to texts, run in the sandbox under the message's budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.understand.budget import Budget
from gateway.understand.member import Declared

#: True types of documents that have no reader: their text is unread, and the view says so.
UNREAD_TYPES: Final = frozenset({
    "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-works",
    "application/CDFV2", "application/x-ole-storage", "application/vnd.lotus-wordpro", "application/vnd.wordperfect",
    "application/wordperfect", "application/postscript", "application/epub+zip", "application/x-mswrite",
    "application/onenote", "application/encrypted", "application/vnd.ms-outlook",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of document.

    `fits` is cheap; `read` raises Unreadable and Exhausted after the texts that it could read.
    """

    name: str
    fits: Callable[[bytes, Declared], bool]
    read: Callable[[bytes, Declared, Budget], Iterator[str]]
    is_container: bool = False  # its own XML is among its members, and is no text of its own
