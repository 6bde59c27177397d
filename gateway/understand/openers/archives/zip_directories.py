"""The central directories of a zip file: one for each end record, wherever it stands, and those without any.

A reader may take any of them for the whole archive. Nothing is unpacked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from gateway.understand.budget import Budget, Exhausted
from gateway.understand.openers.archives.zip_records import (
    CENTRAL,
    END,
    LOCAL,
    EndRecord,
    Header,
    read_central,
    read_end,
)

_CENTRAL_BYTES = 46  # the shortest central header

#: Headers of one kind in one file: two full archives without zip64. Bounds time and memory.
MAX_HEADERS = 2 * 65_536

#: End records in one file: one is usual, joined archives have a few.
MAX_ENDINGS = 1_000


@dataclass(frozen=True, eq=False)
class Directory:
    """Central headers in a row, and the place in the content of their archive's offset 0."""

    start: int
    end: int
    headers: tuple[Header, ...]
    base: int

    @cached_property
    def view(self) -> frozenset[int]:
        """The places of the local headers, by this directory."""
        return frozenset(self.local_at(header) for header in self.headers)

    @cached_property
    def is_split(self) -> bool:
        """Return whether a file begins in another volume."""
        return any(header.disk not in (0, 0xFFFF) for header in self.headers)

    def local_at(self, header: Header) -> int:
        return self.base + header.local_at


@dataclass(frozen=True, slots=True)
class Ending:
    """An end record with the directories that a reader can find by it: usually one, two where the record lies."""

    record: EndRecord
    directories: tuple[Directory, ...]

    @property
    def is_split(self) -> bool:
        """Return whether the archive has further volumes (APPNOTE 4.4.19)."""
        return self.record.disk not in (0, 0xFFFF) or any(one.is_split for one in self.directories)


class DirectoryReader:
    """Reads directories. The content's size bounds the number of headers that it reads, whatever end records say."""

    def __init__(self, content: bytes, budget: Budget) -> None:
        self._content = content
        self._budget = budget
        self._runs: dict[int, tuple[tuple[Header, ...], int]] = {}
        self._directories: dict[tuple[int, int], Directory] = {}
        # Two readings of each octet: more means that end records share directories that overlap.
        self._headers_left = min(2 * len(content) // _CENTRAL_BYTES + 1, MAX_HEADERS)

    def ending(self, record: EndRecord) -> Ending:
        """Return the record with its directories: the one counted back from it, and the one at its offset."""
        counted = record.directory_end - record.size
        places = dict.fromkeys(((counted, counted - record.offset), (record.offset, 0)))
        found = [self._directory(start, base) for start, base in places if self._is_central(start)]
        return Ending(record, tuple(found[: 1 if record.offset == counted else 2]))

    def _is_central(self, start: int) -> bool:
        return start >= 0 and self._content.startswith(CENTRAL, start)

    def _directory(self, start: int, base: int) -> Directory:
        """Read the directory at a place, once for each place and base.

        End records that share a directory cost no more for it.
        """
        if (start, base) not in self._directories:
            is_shared = start in self._runs
            headers, end = self._run(start)
            self._spend(len(headers) if is_shared else 0)
            self._directories[start, base] = Directory(start, end, headers, base)
        return self._directories[start, base]

    def stray(self, start: int, archive_start: int) -> Directory:
        """Read a directory without an end record; `archive_start` is where its archive seems to begin."""
        headers, end = self._run(start)
        first = headers[0] if headers else None
        bases = (0, archive_start, archive_start - first.local_at if first else 0)
        for base in bases:
            if first and base >= 0 and self._content.startswith(LOCAL, base + first.local_at):
                return Directory(start, end, headers, base)
        return Directory(start, end, headers, 0)

    def last_ending(self) -> Ending | None:
        """Return the last end record with its directories: nearly every program opens it."""
        return next(self.endings_in(max(self._content.rfind(END), 0), len(self._content)), None)

    def endings_in(self, start: int, end: int) -> Iterator[Ending]:
        """Yield the end records in a stretch with their directories, at most MAX_ENDINGS."""
        at = self._content.find(END, start, end)
        for _ in range(MAX_ENDINGS):
            if at < 0:
                return
            record = read_end(self._content, at)
            if record is not None:
                yield self.ending(record)
            at = self._content.find(END, at + len(END), end)

    def _run(self, start: int) -> tuple[tuple[Header, ...], int]:
        if start not in self._runs:
            headers = tuple(self._headers(start))
            self._runs[start] = headers, headers[-1].end if headers else start
        return self._runs[start]

    def _headers(self, at: int) -> Iterator[Header]:
        while (header := read_central(self._content, at)) is not None:
            self._spend(1)
            if not self._headers_left % 1024:
                self._budget.check_time()
            yield header
            at = header.end

    def _spend(self, headers: int) -> None:
        self._headers_left -= headers
        if self._headers_left < 0:
            raise Exhausted("entries", "a zip archive has too many headers, or directories that overlap")
