"""Clean verdicts of a scanner, kept for a while and shared by all workers: a table in a file of `data_dir`.

The table holds nothing but "this content was clean under these signatures", as a hash and a time. Other octets in the
file, after a crash too, are no hash that anybody asks for: the content is scanned.
"""

from __future__ import annotations

import hashlib
import os
import struct
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger("scanner")

#: The file's name in `data_dir`.
NAME = "clean_verdicts"

#: Mode of the file: only the gateway's user may write verdicts, or read them and so learn about contents.
FILE_MODE = 0o600

#: Places in the table that one hash may take: with eight, few entries are lost before the table is full.
WAYS = 8

#: One entry: 32 octets of a hash, and the second until which it counts.
_ENTRY = struct.Struct("<32sQ8x")
_SET_BYTES = WAYS * _ENTRY.size


class CleanVerdicts:
    """Hashes of contents, each until a time; the oldest of a set gives way.

    There are no locks: an entry that two workers write at the same time is either's, or a mixture that is nobody's
    hash.
    """

    def __init__(self, path: Path, *, entries: int, seconds: int, now: Callable[[], float] = time.time) -> None:
        """Open the table, or make it. Raises OSError."""
        self._sets = max(1, entries // WAYS)
        self._seconds = seconds
        self._now = now
        self._file = _open(path, self._sets * _SET_BYTES)
        weakref.finalize(self, os.close, self._file)

    def has(self, key: bytes) -> bool:
        """Return whether the content was found clean, and not too long ago."""
        octets = os.pread(self._file, _SET_BYTES, self._place(key))
        at = octets.find(key)
        if at < 0 or at % _ENTRY.size or len(octets) - at < _ENTRY.size:
            return False
        until: int = _ENTRY.unpack_from(octets, at)[1]
        now = int(self._now())
        return now < until <= now + self._seconds

    def add(self, key: bytes) -> None:
        """Keep a clean verdict, in the place of its own older one or of the oldest. Raises OSError."""
        entries = self._entries(key)
        place = min(range(WAYS), key=lambda at: (entries[at][0] != key, entries[at][1]))
        until = int(self._now()) + self._seconds
        os.pwrite(self._file, _ENTRY.pack(key, until), self._place(key) + place * _ENTRY.size)

    def _entries(self, key: bytes) -> list[tuple[bytes, int]]:
        octets = os.pread(self._file, _SET_BYTES, self._place(key)).ljust(_SET_BYTES, b"\0")
        return list(_ENTRY.iter_unpack(octets))

    def _place(self, key: bytes) -> int:
        return int.from_bytes(key[:8], "big") % self._sets * _SET_BYTES


def open_verdicts(folder: Path, entries: int, seconds: int) -> CleanVerdicts | None:
    """Return the table in that folder; None where it is switched off or can't be opened: then everything is scanned."""
    if not (entries and seconds):
        return None
    try:
        return CleanVerdicts(folder / NAME, entries=entries, seconds=seconds)
    except OSError as error:
        log.warning("scanner.verdicts_lost", trouble=str(error))
        return None


def verdict_key(scanner: str, version: str, content: bytes) -> bytes:
    """Return a hash of a content, of the scanner that found it clean, and of that scanner's engine and signatures."""
    about = f"{scanner}\0{version}\0".encode()
    return hashlib.sha256(about + hashlib.sha256(content).digest()).digest()


def _open(path: Path, size: int) -> int:
    """Open the file, at least so long; its blocks are allocated, so that no later write meets a full disk."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(file, FILE_MODE)
        os.posix_fallocate(file, 0, size)
    except BaseException:
        os.close(file)
        raise
    return file
