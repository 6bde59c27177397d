"""What stands inside containers, as far as names go: no content is unpacked here.

Reads octets that anyone may have made up: every field is checked, nothing raises, the work is bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

#: Member headers that are read in one container: bounds time and memory. Real archives in mail have hundreds.
MAX_HEADERS = 20_000

#: Octets of one name, counted from its end, where the extension is. No file system takes longer paths.
MAX_NAME_BYTES = 4_096

#: Octets of all names that are read in one container: 20,000 of usual length. Headers that overlap, each with a long
#: name made of the ones behind it, would else show 80 MB in a file of 400 KB.
MAX_NAMES_BYTES = 4 * 1024 * 1024

_LOCAL_HEADER = (b"PK\x03\x04", struct.Struct("<4x2xH18xH2x"))  # APPNOTE 4.3.7: flags, name length
_CENTRAL_HEADER = (b"PK\x01\x02", struct.Struct("<4x4xH18xH16x"))  # APPNOTE 4.3.12
_UTF8_FLAG = 0x800  # APPNOTE 4.4.4, bit 11


@dataclass(frozen=True, slots=True)
class Listing:
    """The names in a container, each once; `complete` is False when there was more than is read."""

    names: tuple[str, ...]
    complete: bool = True


def zip_names(content: bytes) -> tuple[str, ...]:
    """Every name in a zip file that `zip_listing` finds; empty for what is no zip file."""
    return zip_listing(content).names


def zip_listing(content: bytes) -> Listing:
    """The names in the central directories of a zip file, then those in its local headers that differ.

    Both are looked for in the whole content, not where the end record points to: joined archives, a wrong end record,
    data before or behind, and differing names hide nothing.
    """
    names: dict[str, None] = {}
    headers = 0
    octets_left = min(MAX_NAMES_BYTES, len(content))  # names that are longer than what they stand in overlap
    for signature, layout in (_CENTRAL_HEADER, _LOCAL_HEADER):
        for name, flags in _names(content, signature, layout):
            headers += 1
            octets_left -= len(name)
            if headers > MAX_HEADERS or octets_left < 0:
                return Listing(tuple(names), complete=False)
            if name:
                names[_decoded(name, flags)] = None
    return Listing(tuple(names))


def _names(content: bytes, signature: bytes, layout: struct.Struct) -> Iterator[tuple[bytes, int]]:
    """Each header's name and flags."""
    at = content.find(signature)
    while 0 <= at <= len(content) - layout.size:
        flags, name_bytes = layout.unpack_from(content, at)
        start = at + layout.size
        end = min(start + name_bytes, len(content))
        yield content[max(start, end - MAX_NAME_BYTES) : end], flags
        at = content.find(signature, at + len(signature))


def _decoded(name: bytes, flags: int) -> str:
    """UTF-8 where the flag says so, and where it fits; else the original IBM code page 437 (APPNOTE D)."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace") if flags & _UTF8_FLAG else name.decode("cp437")
