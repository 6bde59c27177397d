"""The files of the journal: a folder for each day (UTC), and in it two files for each process that wrote that day.

Only new files are written, each by one process, and only at their ends: many processes write at once without a lock.
Octets are written first, then the line of the index: octets without a line are no message.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from gateway.remember.mail_journal.entries import INDEX, OCTETS

#: Octets after which a process begins another segment, so that no file grows without end.
SEGMENT_BYTES = 256 * 1024 * 1024

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Segment:
    """Two files that one process writes, for one day."""

    def __init__(self, folder: Path, at: datetime) -> None:
        """Make the files, and the folders where they are missing. Raises OSError."""
        self.day, self.last_at = at.date(), at
        for one in (folder, folder / self.day.isoformat()):
            make_folder(one)
        name = f"{at:%H%M%S}-{secrets.token_hex(4)}"
        path = folder / self.day.isoformat() / name
        self._octets = _open_new(path.with_name(name + OCTETS))
        try:
            self._index = _open_new(path.with_name(name + INDEX))
        except OSError:
            os.close(self._octets)
            raise
        self._paths = (path.with_name(name + INDEX), path.with_name(name + OCTETS))
        self._is_empty = True  # no line was written yet
        self.offset = 0

    def write_octets(self, octets: bytes) -> None:
        """Write the octets of a message. Raises OSError, perhaps half-way: then nothing more may be written."""
        _write_whole(self._octets, octets)
        self.offset += len(octets)

    def write_line(self, line: bytes) -> None:
        """Write the line that makes the octets before it a message. Raises OSError as `write_octets`."""
        _write_whole(self._index, line + b"\n")
        self._is_empty = False

    @property
    def is_gone(self) -> bool:
        """Return whether somebody has removed the files: what is written now would go with them."""
        return not os.fstat(self._index).st_nlink

    def close(self) -> None:
        """Close the files; those without any message are removed, so that trouble leaves no heap of them."""
        os.close(self._octets)
        os.close(self._index)
        for path in self._paths if self._is_empty else ():
            with suppress(OSError):  # perhaps the disk is the trouble; an empty pair does no harm
                path.unlink(missing_ok=True)


def days_of(folder: Path) -> list[date]:
    """Return the days of which the journal has a folder, oldest first. Raises OSError, but not for a missing folder."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(day for name in names if _DAY.fullmatch(name) and (day := _day(name)))


def indexes_of(folder: Path, day: date) -> list[Path]:
    """Return the index files of a day, in the order in which they were begun."""
    return sorted((folder / day.isoformat()).glob(f"*{INDEX}"))


def sizes_of(folder: Path) -> Iterator[int]:
    """Yield the size of each file of the journal. Raises OSError."""
    for day in days_of(folder):
        try:
            files = list(os.scandir(folder / day.isoformat()))
        except FileNotFoundError:
            continue  # the purge was faster
        for file in files:
            try:
                yield file.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue


def remove_day(folder: Path, day: date) -> None:
    """Remove the folder of a day with its files, the indexes first. Raises OSError."""
    place = folder / day.isoformat()
    for file in sorted(place.iterdir(), key=lambda file: file.suffix != INDEX):
        file.unlink()
    place.rmdir()


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def make_folder(folder: Path) -> None:
    """Make a folder that isn't there yet, for its owner alone. Raises OSError."""
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:
        return
    _give_to_owner(folder)


def _open_new(path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
    try:
        _give_to_owner(path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _give_to_owner(path: Path) -> None:
    """Give what root has made to the owner of the folder around it: a command by root must not lock the gateway out."""
    if os.geteuid() == 0:
        around = path.parent.stat()
        os.chown(path, around.st_uid, around.st_gid, follow_symlinks=False)


def _write_whole(descriptor: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
