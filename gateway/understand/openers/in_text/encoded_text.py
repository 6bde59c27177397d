"""Files that are packed into text (uuencode, yEnc, BinHex, bare base64), and the forks of a Macintosh's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.message.defect import Defect
from gateway.message.encodings.apple_file import MAGIC as APPLE_MAGIC
from gateway.message.encodings.apple_file import apple_forks
from gateway.message.encodings.binhex import MARKER, binhex_blocks
from gateway.message.encodings.embedded import MAGIC, embedded_files, holds_files, whole_file
from gateway.message.encodings.octets import EncodedFile
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable

#: Octets in which a NUL shows that a file is no text. Such a file isn't searched unless it is declared as text.
SNIFFED_BYTES = 1024

_BINHEX_TYPES = frozenset({"application/mac-binhex40", "application/mac-binhex", "application/binhex"})


def _fits_text(content: bytes, declared: Declared) -> bool:
    if declared.media_type in _BINHEX_TYPES:
        return True
    if b"\0" in content[:SNIFFED_BYTES] and not declared.media_type.startswith("text/"):
        return False
    return holds_files(content)


def _open_text(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    whole = whole_file(content)
    if whole is not None and whole.startswith(MAGIC):
        yield Defect("encoding.undeclared", "It is base64 or digits throughout, which nothing declares", 0)
    found = False
    for member in _members(_files(content, declared), budget):
        found = True
        yield member
    if found:
        yield Defect("body.encoded_file", "The text holds an encoded file", 0)
    elif declared.media_type in _BINHEX_TYPES:
        raise Unreadable("there is no BinHex file in what is declared as one")


def _files(content: bytes, declared: Declared) -> Iterator[EncodedFile]:
    yield from embedded_files(content)
    if declared.media_type in _BINHEX_TYPES and MARKER not in content:
        yield from binhex_blocks(content, announced=False)


def _fits_apple(content: bytes, declared: Declared) -> bool:
    return content.startswith(APPLE_MAGIC)


def _open_apple(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    yield from _members(apple_forks(content), budget)


def _members(files: Iterable[EncodedFile], budget: Budget) -> Iterator[Member]:
    for file in files:
        budget.take_entry()
        budget.take(len(file.octets))
        names = (file.name,) if file.name else ()
        missing = (Defect("container.unreadable", f"encoded text: {file.what}", 0),) if file.what else ()
        yield Member(names, file.octets, defects=missing)


ENCODED_TEXT = Opener("encoded text", _fits_text, _open_text)
APPLE_FILE = Opener("Apple file", _fits_apple, _open_apple)
