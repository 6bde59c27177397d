"""Compound Files ([MS-CFB]), the file system inside .doc, .xls, .ppt, .msg and embedded objects.

The code is written for hostile files: it has no recursion, the file's own size bounds every chain, and the work grows
linearly with that size. (olefile builds the tree by recursion and looks for duplicate streams in a list.) It never
interprets a stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: Storages inside one another; a nested Outlook message takes two of them. The limit bounds the length of paths.
MAX_DEPTH = 64

#: Octets below which a stream lies in the mini stream ([MS-CFB] 2.2: must be 4,096, readers take no other).
MINI_CUTOFF_BYTES = 4096
_MINI_BYTES = 64

_PIECE_BYTES = 1024 * 1024  # taken from the budget at a time
_HEADER = struct.Struct("<24xHHHHH10xIIIIIIII")  # from 24: versions, byte order, shifts; from 44: places of the tables
_ENTRY = struct.Struct("<64sHBxIII16s20xIQ")
_IN_HEADER = 109  # FAT sectors that the header itself names
_LAST = 0xFFFFFFFA  # larger numbers are marks, not sectors
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A storage or a stream."""

    path: tuple[str, ...]  # names from the root's children down; () = the root itself
    is_stream: bool
    start: int  # first sector
    size: int  # octets, as stated

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    @property
    def key(self) -> str:
        """The name in the form in which it is compared, whatever its case."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class _Place:
    """One sector, or one mini sector inside it, in the file."""

    at: int
    size: int


class CompoundFile:
    """One compound file; `entries` are those that its tree reaches. Raises Unreadable where the content is none."""

    def __init__(self, content: bytes) -> None:
        if len(content) < 512 or not content.startswith(MAGIC):
            raise Unreadable("it is no compound file, or was cut short")
        self._content = content
        _, major, _, shift, _, _, directory, _, _, mini_fat, _, difat, _ = _HEADER.unpack_from(content)
        if shift not in (9, 12):
            raise Unreadable(f"a compound file can't have sectors of 2^{shift} octets")
        self._sector_bytes = 1 << shift
        self._sectors = -(-len(content) // self._sector_bytes) - 1
        self._short_sizes = major < 4
        self._fat = self._table(self._fat_sectors(difat))
        self._mini_fat_start = mini_fat
        self.is_cut = False  # a stream that was read is shorter than its stated size
        self._records = self._read_chain(directory)
        self.root, self.entries = self._tree()

    @property
    def streams(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.is_stream)

    def read(self, entry: Entry, budget: Budget) -> bytes:
        """Return a stream's octets; those that its chain does not reach are missing. Raises Exhausted."""
        wanted = min(entry.size, len(self._content))
        if wanted < MINI_CUTOFF_BYTES and entry.path:
            octets = self._read_mini(entry.start, wanted)
        else:
            octets = self._read_chain(entry.start, wanted)
        self.is_cut = self.is_cut or len(octets) < entry.size
        for at in range(0, len(octets), _PIECE_BYTES):
            budget.take(min(_PIECE_BYTES, len(octets) - at))
        return octets

    def patched(self, streams: Mapping[Entry, bytes]) -> bytes:
        """Return the file with other octets in these streams, as many as they had."""
        out = bytearray(self._content)
        for entry, octets in streams.items():
            for number, place in enumerate(self._places(entry)):
                piece = octets[number * place.size : (number + 1) * place.size]
                out[place.at : place.at + len(piece)] = piece
        return bytes(out)

    def _places(self, entry: Entry) -> Iterator[_Place]:
        """Yield the places in the file of the pieces of a stream."""
        wanted = min(entry.size, len(self._content))
        size = self._sector_bytes
        if wanted >= MINI_CUTOFF_BYTES:
            for number in _chain(self._fat, entry.start, -(-wanted // size), self._sectors):
                yield _Place((number + 1) * size, size)
            return
        most = -(-min(self.root.size, len(self._content)) // size)
        holders = list(_chain(self._fat, self.root.start, most, self._sectors))
        for number in _chain(self._mini_fat, entry.start, -(-wanted // _MINI_BYTES), len(self._mini_fat)):
            holder, at = divmod(number * _MINI_BYTES, size)
            if holder >= len(holders):
                return
            yield _Place((holders[holder] + 1) * size + at, _MINI_BYTES)

    # --- sectors ------------------------------------------------------------------------------------------------------

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._sector_bytes
        return self._content[start : start + self._sector_bytes]

    def _fat_sectors(self, difat: int) -> list[int]:
        """Return the numbers of the sectors of the allocation table: 109 in the header, the others in a chain.

        The number that the header claims is ignored: readers differ in whether they believe it.
        """
        numbers = list(struct.unpack_from(f"<{_IN_HEADER}I", self._content, 76))
        per_sector = self._sector_bytes // 4
        useful = -(-self._sectors // per_sector)  # a longer table names no sector that exists
        while len(numbers) < useful and difat < self._sectors:
            words = self._words(self._sector(difat))
            numbers += words[: per_sector - 1]
            difat = words[-1] if len(words) == per_sector else _LAST
        return [number for number in numbers[:useful] if number < self._sectors]

    def _table(self, sectors: Sequence[int]) -> Sequence[int]:
        return self._words(b"".join(map(self._sector, sectors)))

    @staticmethod
    def _words(octets: bytes) -> Sequence[int]:
        return struct.unpack_from(f"<{len(octets) // 4}I", octets)

    def _read_chain(self, start: int, wanted: int | None = None) -> bytes:
        """Return the sectors of a chain, as many as there are or are wanted."""
        most = self._sectors if wanted is None else -(-wanted // self._sector_bytes)
        return b"".join(map(self._sector, _chain(self._fat, start, most, self._sectors)))[:wanted]

    def _read_mini(self, start: int, wanted: int) -> bytes:
        numbers = _chain(self._mini_fat, start, -(-wanted // _MINI_BYTES), len(self._mini_fat))
        pieces = (self._mini_stream[number * _MINI_BYTES : (number + 1) * _MINI_BYTES] for number in numbers)
        return b"".join(pieces)[:wanted]

    @cached_property
    def _mini_fat(self) -> Sequence[int]:
        return self._words(self._read_chain(self._mini_fat_start))

    @cached_property
    def _mini_stream(self) -> bytes:
        return self._read_chain(self.root.start, min(self.root.size, len(self._content)))

    # --- the directory ------------------------------------------------------------------------------------------------

    def _tree(self) -> tuple[Entry, tuple[Entry, ...]]:
        """Return the root, and the entries that are reached from it.

        Siblings are a binary tree, whose order doesn't matter here.
        """
        if len(self._records) < _ENTRY.size or self._records[66] != _ROOT:
            raise Unreadable("the compound file has no root entry")
        entries: list[Entry] = []
        root, _, child = self._entry(0, ())
        waiting: list[tuple[int, tuple[str, ...]]] = [(child, ())]
        seen = {0}
        while waiting:
            number, parent = waiting.pop()
            if number in seen or (number + 1) * _ENTRY.size > len(self._records):
                continue
            seen.add(number)
            entry, siblings, child = self._entry(number, parent)
            waiting += [(sibling, parent) for sibling in siblings]
            if entry is not None:
                entries.append(entry)
                waiting += [] if entry.is_stream else [(child, entry.path)]
        return root or Entry((), False, _LAST, 0), tuple(entries)

    def _entry(self, number: int, parent: tuple[str, ...]) -> tuple[Entry | None, tuple[int, int], int]:
        """Read one record of the directory: return the entry, its siblings, its first child."""
        record = _ENTRY.unpack_from(self._records, number * _ENTRY.size)
        name, name_bytes, kind, left, right, child, _, start, size = record
        if kind not in (_STORAGE, _STREAM) and number:
            return None, (left, right), _LAST
        if len(parent) >= MAX_DEPTH:
            raise Unreadable(f"its storages are more than {MAX_DEPTH} deep")
        text = name[: max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace")
        path = (*parent, text) if number else ()
        short = size & 0xFFFFFFFF if self._short_sizes else size  # version 3 may leave random octets in the upper half
        return Entry(path, kind == _STREAM, start, short), (left, right), child


def _chain(table: Sequence[int], start: int, most: int, sectors: int) -> Iterator[int]:
    """Yield the numbers of a chain, at most `most`.

    A chain that goes in a circle ends there when its length is unknown, else at that length.
    """
    number = start
    for _ in range(most):
        if number >= sectors:
            return
        yield number
        number = table[number] if number < len(table) else _LAST
