"""The list of MAPI properties inside TNEF ([MS-OXTNEF] 2.1.3.5).

Nothing here raises: a list that breaks off is reported as incomplete.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.understand.openers.outlook import mapi

#: Properties of one list, and values of one property; real lists have a hundred or two.
MAX_PROPERTIES = 10_000
MAX_VALUES = 100_000

_MULTIPLE = 0x1000
_NAMED = 0x8000
_COUNTED = frozenset({mapi.TEXT_8BIT, mapi.TEXT, mapi.BINARY, mapi.OBJECT})
#: Octets of the types of fixed length, padded to four ([MS-OXCDATA] 2.11.1).
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}


@dataclass(frozen=True, slots=True)
class PropertyList:
    """The values that are text, octets or objects; `complete` is False when the values behind them can't be found."""

    values: mapi.Properties
    complete: bool


def read_properties(octets: bytes) -> PropertyList:
    """Read the properties of one list; values of fixed length are skipped."""
    found: dict[int, list[tuple[int, bytes]]] = {}
    complete = True
    try:
        for number, kind, value in _values(octets):
            found.setdefault(number, []).append((kind, value))
    except (struct.error, KeyError):  # the end, or a type of unknown length
        complete = False
    return PropertyList({number: tuple(values) for number, values in found.items()}, complete)


def _values(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    (count,) = struct.unpack_from("<I", octets)
    at = 4
    if count > MAX_PROPERTIES:
        raise struct.error(f"more than {MAX_PROPERTIES} properties")
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", octets, at)
        at = _behind_name(octets, at + 4) if number >= _NAMED else at + 4
        multiple, kind = kind & _MULTIPLE, kind & ~_MULTIPLE
        values = 1
        if multiple or kind in _COUNTED:
            (values,) = struct.unpack_from("<I", octets, at)
            at += 4
        if values > MAX_VALUES:
            raise struct.error(f"more than {MAX_VALUES} values")
        if kind not in _COUNTED:
            at += _FIXED[kind] * values
            continue
        for _ in range(values):
            (size,) = struct.unpack_from("<I", octets, at)
            yield number, kind, octets[at + 4 : at + 4 + size]
            at += 4 + _padded(size)


def _behind_name(octets: bytes, at: int) -> int:
    """Return the place behind a named property's name: a set, and a number or a text in it."""
    kind, size = struct.unpack_from("<II", octets, at + 16)
    return at + 24 + (_padded(size) if kind else 0)


def _padded(size: int) -> int:
    return -(-size // 4) * 4
