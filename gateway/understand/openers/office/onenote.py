"""OneNote sections ([MS-ONESTORE]): the files and pictures stored in them, and the names of the files.

The stored files are found by their mark, wherever it stands; the section's own structure is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import BytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable

#: Places of names that are looked at; a section in mail has a few files.
MAX_NAMES = 200

_SECTION = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")  # [MS-ONESTORE] 2.3.1, guidFileType
_FORMAT = bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8")  # guidFileFormat of a section that a program saved
_FILE_DATA = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")  # FileDataStoreObject, [MS-ONESTORE] 2.6.13
_A_FILE = BytePattern(_FILE_DATA)
_HEAD_BYTES = 16 + 8 + 4 + 8  # mark, length, two unused numbers

_NAME_PROPERTY = bytes.fromhex("9c1d001c")  # EmbeddedFileName, [MS-ONE] 2.2.20, among the numbers of a property set
_NAME_WITHIN_BYTES = 512  # the values follow the numbers; the set of a file has about ten
_NAME_LENGTH = re.compile(rb"(?=(.[\0\1\2]\0\0)[^\0])", re.DOTALL)  # in octets, the final NUL included


def _fits(content: bytes, declared: Declared) -> bool:
    return content.startswith(_SECTION) or _A_FILE.is_in(content)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    for name in dict.fromkeys(_names(content)):
        budget.take_entry()
        yield Member((name,))
    at = content.find(_FILE_DATA)
    while at >= 0:
        size = int.from_bytes(content[at + 16 : at + 24], "little")
        octets = content[at + _HEAD_BYTES : at + _HEAD_BYTES + size]
        budget.take_entry()
        budget.take(len(octets))
        yield Member((), octets)
        at = content.find(_FILE_DATA, at + 16)
    if content.startswith(_SECTION) and content[48:64] != _FORMAT:
        raise Unreadable("the section is packaged as servers store it, where its files can't be found")


def _names(content: bytes) -> Iterator[str]:
    """Yield the names of embedded files, without working out which stored file has which name."""
    at = content.find(_NAME_PROPERTY)
    for _ in range(MAX_NAMES):
        if at < 0:
            return
        window = content[at + 4 : at + 4 + _NAME_WITHIN_BYTES + 1024]
        for match in _NAME_LENGTH.finditer(window, 0, _NAME_WITHIN_BYTES):
            yield from _name(window[match.start() + 4 : match.start() + 4 + int.from_bytes(match[1], "little")])
        at = content.find(_NAME_PROPERTY, at + 4)


def _name(octets: bytes) -> Iterator[str]:
    """Yield the name, where these octets are one: UTF-16 with one NUL at the end, and with a dot."""
    text = octets.decode("utf-16-le", "replace") if len(octets) % 2 == 0 else ""
    name = text.removesuffix("\0")
    if name != text and "." in name and name.isprintable():
        yield name


ONENOTE = Opener("onenote", _fits, _open)
