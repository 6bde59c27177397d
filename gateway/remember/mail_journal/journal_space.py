"""The room that the journal may still take: its own limit, and what the disk must keep for others.

A process knows what it has written itself, and counts the files of all processes now and then. So the limit holds to
within RECOUNT_BYTES for each process that writes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from gateway.remember.mail_journal.segments import sizes_of

#: Octets that a process writes, and seconds that pass, before it counts again.
RECOUNT_BYTES = 16 * 1024 * 1024
RECOUNT_SECONDS = 10.0
#: Octets that the journal leaves free on its disk: the store often lies there too, and held mail must have room.
LEFT_FREE_BYTES = 1024 * 1024 * 1024
#: Octets that must be free before a full journal takes mail again: a twentieth of the limit, room for a large message
#: at least, and never more than half of the limit. With less it would fill up again every few seconds.
ROOM_AGAIN_BYTES = 64 * 1024 * 1024

_GIB = 2**30


class JournalSpace:
    """The room in one folder, as one process sees it. A full journal stays full until a count finds room in it."""

    def __init__(self, folder: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._counted_at: float | None = None
        self._own_bytes = 0  # written here since the files were counted
        self._used_bytes = 0
        self._free_bytes = 0
        self._full = ""

    def count(self, max_bytes: int) -> bool:
        """Count the files if the last count is old; return whether a count found much room. Raises OSError."""
        now = self._monotonic()
        late = self._counted_at is None or now >= self._counted_at + RECOUNT_SECONDS
        if not late and self._own_bytes < RECOUNT_BYTES:
            return False
        self._used_bytes, self._free_bytes = used_bytes(self._folder), free_bytes(self._folder)
        self._own_bytes, self._counted_at = 0, now
        shortage = self._shortage(min(max(max_bytes // 20, ROOM_AGAIN_BYTES), max_bytes // 2), max_bytes)
        self._full = self._full and shortage
        return not shortage

    def refusal(self, octets: int, max_bytes: int) -> str:
        """Return why so many octets have no room, with what helps; "" means that they have."""
        self._full = self._full or self._shortage(octets, max_bytes)
        return self._full

    def taken(self, octets: int) -> None:
        """Count octets that this process has written."""
        self._own_bytes += octets

    def _shortage(self, octets: int, max_bytes: int) -> str:
        used = self._used_bytes + self._own_bytes
        if used + octets > max_bytes:
            return (
                f"the journal is full ({used / _GIB:.1f} of {max_bytes / _GIB:.1f} GiB): raise `journal: max_bytes` "
                "or lower `days`; then `mailwarden reload` and `mailwarden purge`"
            )
        if self._free_bytes - self._own_bytes - octets < LEFT_FREE_BYTES:
            return (
                f"the disk of the journal has {self._free_bytes / _GIB:.1f} GiB free, and the journal leaves "
                f"{LEFT_FREE_BYTES / _GIB:.0f} GiB for held mail: make room on that disk"
            )
        return ""


def used_bytes(folder: Path) -> int:
    """Return the octets of all files of the journal. Raises OSError."""
    return sum(sizes_of(folder))


def free_bytes(folder: Path) -> int:
    """Return the octets that are free where the journal lies, or will lie. Raises OSError."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
