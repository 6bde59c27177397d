"""Writes Compound Files ([MS-CFB]) for the examples: the streams of a tree, in version 3 with sectors of 512 octets."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Tree = Mapping[str, "bytes | Tree"]

_FREE, _END, _FAT, _DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
_SECTOR, _MINI = 512, 64


def compound_file(tree: Tree) -> bytes:
    """A storage for each mapping, a stream for each octets; short streams in the mini stream."""
    return _Writer(tree).octets()


class _Writer:
    def __init__(self, tree: Tree) -> None:
        self._fat: list[int] = []
        self._mini_fat: list[int] = []
        self._sectors = b""
        self._mini = b""
        self._records: list[bytes] = [b""]
        child = self._storage(tree)
        mini_start = self._chain(self._mini)
        self._records[0] = _record("Root Entry", 5, _FREE, child, mini_start, len(self._mini))
        self._mini_fat_sectors = -(-len(self._mini_fat) * 4 // _SECTOR)
        self._mini_fat_start = self._chain(_words(self._mini_fat))
        self._directory = self._chain(b"".join(self._records))

    def _storage(self, tree: Tree) -> int:
        """The number of the first entry; each one's right sibling is the next."""
        numbers = [len(self._records) + place for place in range(len(tree))]
        self._records += [b""] * len(tree)
        for place, (name, inside) in enumerate(tree.items()):
            right = numbers[place + 1] if place + 1 < len(numbers) else _FREE
            if isinstance(inside, bytes):
                record = _record(name, 2, right, _FREE, self._stream(inside), len(inside))
            else:
                record = _record(name, 1, right, self._storage(inside), 0, 0)
            self._records[numbers[place]] = record
        return numbers[0] if numbers else _FREE

    def _stream(self, octets: bytes) -> int:
        if len(octets) >= 4096:
            return self._chain(octets)
        start, count = len(self._mini_fat), -(-len(octets) // _MINI)
        self._mini += octets.ljust(count * _MINI, b"\0")
        self._mini_fat += [*range(start + 1, start + count), _END] if count else []
        return start if count else _END

    def _chain(self, octets: bytes) -> int:
        start, count = len(self._fat), -(-len(octets) // _SECTOR)
        self._sectors += octets.ljust(count * _SECTOR, b"\0")
        self._fat += [*range(start + 1, start + count), _END] if count else []
        return start if count else _END

    def octets(self) -> bytes:
        """The header names the first 109 sectors of the allocation table, further sectors the others."""
        count = more = 1
        while (len(self._fat) + count + more) * 4 > count * _SECTOR or count > 109 + more * 127:
            count += 1
            more = max(1, -(-(count - 109) // 127))
        more = more if count > 109 else 0
        first = len(self._fat)
        named = [first + place for place in range(count)]
        fat = _words([*self._fat, *([_FAT] * count), *([_DIFAT] * more)]).ljust(count * _SECTOR, b"\xff")
        head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
        head += struct.pack("<HHHHH6xIII", 0x3E, 3, 0xFFFE, 9, 6, 0, count, self._directory)
        head += _words([0, 4096, self._mini_fat_start, self._mini_fat_sectors, first + count if more else _END, more])
        tables = [named[109 + at * 127 : 109 + (at + 1) * 127] for at in range(more)]
        chain = [*(first + count + at for at in range(1, more)), _END]
        difat = b"".join(
            _words(table).ljust(_SECTOR - 4, b"\xff") + _words([following])
            for table, following in zip(tables, chain, strict=False)
        )
        return (head + _words(named[:109])).ljust(_SECTOR, b"\xff") + self._sectors + fat + difat


def _words(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _record(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", wide, len(wide), kind, 1, _FREE, right, child, start, size)
