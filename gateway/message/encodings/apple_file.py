"""AppleSingle and AppleDouble (RFC 1740): a Macintosh file's forks and its real name. Checks nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.message.encodings.octets import EncodedFile

MAGIC = (b"\x00\x05\x16\x00", b"\x00\x05\x16\x07")

#: Entries that are read; the format defines 15 kinds.
MAX_ENTRIES = 100

_DATA, _RESOURCE, _NAME = 1, 2, 3
_ENTRIES_START = 26  # magic, version, 16 octets of filler, number of entries


def apple_forks(octets: bytes) -> Iterator[EncodedFile]:
    """Yield the data fork and the resource fork, if they are there; empty forks are left out."""
    entries = list(_entries(octets))
    name = next((octets[at : at + size] for kind, at, size in entries if kind == _NAME), b"").decode("utf-8", "replace")
    for kind, at, size in entries:
        if kind in (_DATA, _RESOURCE) and size:
            fork = octets[at : at + size]
            what = "" if len(fork) == size else "a fork of the Apple file is cut short"
            yield EncodedFile(name if kind == _DATA else f"{name}/rsrc", fork, what)


def _entries(octets: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and size of each entry."""
    if not octets.startswith(MAGIC) or len(octets) < _ENTRIES_START:
        return
    count = min(int.from_bytes(octets[24:26], "big"), MAX_ENTRIES)
    table = octets[_ENTRIES_START : _ENTRIES_START + 12 * count]
    yield from struct.iter_unpack(">III", table[: len(table) // 12 * 12])
