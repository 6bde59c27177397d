"""The search for an archive behind content of another kind.

It is done as 7-Zip and WinRAR do it: by every signature, in one pass. It finds the first place at which a header proves
true, and opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from gateway.understand.openers.archives.sealed_signatures import SEALED_SIGNATURES
from gateway.understand.openers.archives.signatures import OPENED, Signature
from gateway.understand.openers.archives.zip_layout import is_plausible
from gateway.understand.openers.archives.zip_records import END, LOCAL, read_local

#: Octets searched at a time, since the library lists all hits at once.
PIECE_BYTES = 64 * 1024

#: Signatures in one file without a true header behind them; 50 MiB of noise have about 4,000. A file with more was made
#: so that nobody looks to its end.
MAX_CHANCES = 100_000


def is_zip(content: bytes, at: int) -> bool:
    """Return whether a local header with a version, a method and a name that exist stands there."""
    local = read_local(content, at)
    return local is not None and is_plausible(local)


_ZIP = Signature("zip", LOCAL, is_zip)
_SIGNATURES = (*OPENED, *SEALED_SIGNATURES, _ZIP)
_MAGICS = list(dict.fromkeys(one.magic for one in _SIGNATURES))
_OF_MAGIC = [[one for one in _SIGNATURES if one.magic == magic] for magic in _MAGICS]
_AT_START = re.compile(b"|".join(re.escape(one.magic) for one in _SIGNATURES if not one.offset))
_LATER = [one for one in _SIGNATURES if one.offset]
_OVERLAP = max(map(len, _MAGICS)) - 1
_SEARCHER = BytesAhoCorasick(_MAGICS, matchkind=MatchKind.Standard, implementation=Implementation.DFA)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where an archive begins; without a kind, the place where the search was given up."""

    kind: str
    start: int


#: Magics of compound files, TNEF, OneNote and Outlook's folders, which hold files unchanged; their openers give these
#: files, or say that they can't.
_HOLDERS = tuple(map(bytes.fromhex, ("d0cf11e0a1b11ae1", "789f3e22", "e4525c7b8cd8a74daeb15378d02996d3", "2142444e")))
_DATABASE = b"SQLite format 3\0"
#: Octets that every database has in its header and at the start of its first page (SQLite's file format 1.3, 1.6).
_FRACTIONS, _FIRST_PAGES = b"\x40\x20\x20", (b"\x05", b"\x0d")


#: Starts of an empty or a split zip file (APPNOTE 8.5.3): its opener gives the content behind it, or says what is
#: missing.
_ZIP_MARKS = (END, b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")


def search_start(content: bytes) -> int:
    """Return the place where the search begins: behind a container at the start that holds other files unchanged."""
    if begins_archive(content) or content.startswith(_HOLDERS):
        return len(content)
    return _database_bytes(content) if content.startswith(_DATABASE) else 0


def _database_bytes(content: bytes) -> int:
    """Return the size of a SQLite database by its header; 0 where it isn't one, or is longer than the file."""
    page, pages = int.from_bytes(content[16:18], "big"), int.from_bytes(content[28:32], "big")
    size = (page if page > 1 else 65536) * pages
    is_one = content[21:24] == _FRACTIONS and content[100:101] in _FIRST_PAGES
    return size if is_one and page.bit_count() == 1 and (page == 1 or page >= 512) and size <= len(content) else 0


def holds_others(content: bytes) -> bool:
    """Return whether the content is a container in which other files stand unchanged."""
    return search_start(content) > 0


def begins_archive(content: bytes) -> bool:
    """Return whether an archive stands at the start: its own opener reads it, or says that it can't."""
    if content.startswith(_ZIP_MARKS):
        return True
    likely = _LATER if _AT_START.match(content) is None else _SIGNATURES
    return any(content.startswith(one.magic, one.offset) and one.proves(content, 0) for one in likely)


def first_archive(content: bytes, begin: int = 1) -> Candidate | None:
    """Return the first archive that begins at `begin` or behind it.

    The files of a zip archive are skipped, each by its size: the opener for zip finds them wherever they stand.
    """
    chances = 0
    for at, signatures in _hits(content, begin):
        for one in signatures:
            start = at - one.offset
            if start < begin or not one.proves(content, start):
                continue
            if one is not _ZIP:
                return Candidate(one.kind, start)
            begin = _behind_file(content, start)
        chances += 1
        if chances > MAX_CHANCES:
            return Candidate("", at)
    return None


def _behind_file(content: bytes, at: int) -> int:
    """Return the place behind a file of a zip archive, or only behind the magic of its header.

    The file is skipped only where its header tells the true size and the file isn't encrypted.
    """
    local = read_local(content, at)
    if local is None or local.is_encrypted or not local.knows_sizes or local.end + local.packed > len(content):
        return at + len(LOCAL)
    return local.end + local.packed


def _hits(content: bytes, begin: int) -> Iterator[tuple[int, list[Signature]]]:
    """Yield every place of a signature, in order of pieces; within a piece by the signature's end."""
    view = memoryview(content)
    for at in range(begin, len(content), PIECE_BYTES):
        piece = view[at : at + PIECE_BYTES + _OVERLAP]
        for number, start, _ in _SEARCHER.find_matches_as_indexes(piece, overlapping=True):
            if start < PIECE_BYTES:
                yield at + start, _OF_MAGIC[number]
