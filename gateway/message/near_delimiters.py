"""Lines that only some programs take for a delimiter: a longer boundary that nobody declares, and NULs in between.

RFC 2046 5.1.1 lets a reader compare the beginning of a line alone; and some take NULs out of a message before they
read it. Linear; looks at lines and divides nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

DEFECTS: Mapping[str, str] = {
    "boundary.longer": "ambiguous",  # above Content fields, in a part that isn't divided
    "boundary.nul": "ambiguous",
}

_FIELD_BELOW = re.compile(rb"[^\r\n]++(?:\r\n?|\n)[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)


def longer_delimiter(raw: bytes, first: int, end: int, boundary: bytes, leaves: Sequence[tuple[int, int]]) -> int:
    """Where raw[first:end] has one inside a leaf; -1 = nowhere. `leaves` are all bodies of leaves, in order."""
    needle = b"--" + boundary
    at = raw.find(needle, first, end)
    while at >= 0:
        behind = at + len(needle)
        if (at == first or raw[at - 1] in b"\r\n") and _FIELD_BELOW.match(raw, behind, end) and _is_inside(at, leaves):
            return at
        at = raw.find(needle, behind, end)
    return -1


def _is_inside(at: int, leaves: Sequence[tuple[int, int]]) -> bool:
    number = bisect_right(leaves, (at, len(leaves) and leaves[-1][1])) - 1
    return number >= 0 and leaves[number][0] <= at < leaves[number][1]


def hides_by_nul(raw: bytes, first: int, end: int, boundary: bytes) -> bool:
    """Whether raw[first:end] has more delimiters once its NULs are gone."""
    if raw.find(b"\0", first, end) < 0:
        return False
    needle = b"--" + boundary
    return raw[first:end].replace(b"\0", b"").count(needle) > raw.count(needle, first, end)
