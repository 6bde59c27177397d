"""The lines of index files as entries, from either end of a file. What is damaged is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from gateway.remember.mail_journal.entries import Damage, DamagedLine, JournalEntry, entry_of_line

#: Octets of an index that are read at once.
BLOCK_BYTES = 1024 * 1024


def oldest_first(index: Path, needle: bytes = b"") -> Iterator[JournalEntry | Damage]:
    """Yield the entries of an index file; lines without the needle are passed over, however they look."""
    with _opened(index) as file:
        yield from (_entry_or_damage(line, index) for line in file if needle in line.lower())


def newest_first(index: Path, needle: bytes = b"") -> Iterator[JournalEntry | Damage | None]:
    """Yield the entries of an index file, from the last to the first; None for each line without the needle."""
    with _opened(index) as file:
        for line in _lines_backwards(file):
            yield _entry_or_damage(line, index) if needle in line.lower() else None


def _opened(index: Path) -> BinaryIO:
    """Open an index file; one that the purge has removed is empty."""
    try:
        return index.open("rb")
    except FileNotFoundError:
        return BytesIO()


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file with their line ends, the last one first."""
    end, rest, line_end = file.seek(0, os.SEEK_END), b"", b""
    while end:
        start = max(0, end - BLOCK_BYTES)
        file.seek(start)
        rest, *lines = (file.read(end - start) + rest).split(b"\n")
        for line in reversed(lines):
            if line or line_end:  # behind the last line end there is nothing, where the file is whole
                yield line + line_end
            line_end = b"\n"
        end = start
    if rest or line_end:
        yield rest + line_end


def _entry_or_damage(line: bytes, index: Path) -> JournalEntry | Damage:
    where = f"{index.parent.name}/{index.name}"
    if not line.endswith(b"\n"):
        return Damage(where, "its last line is incomplete: the process was killed there, or is writing it now")
    try:
        return entry_of_line(line[:-1], index)
    except DamagedLine as error:
        return Damage(where, str(error))
