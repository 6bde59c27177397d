"""Lines that only some programs take for a delimiter: those of a longer boundary that no field declares, or with NULs.

RFC 2046 5.1.1 lets a reader compare only the beginning of a line; and some programs take NULs out of a message before
they read it. Linear; looks at lines and divides nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice

DEFECTS: Mapping[str, str] = {
    "boundary.longer": "ambiguous",  # above Content fields, in a part that isn't divided
    "boundary.nul": "ambiguous",
}

#: Octets of a line with a NUL that are compared, and such lines of a message: real mail has none.
_LINE_BYTES = 128
MAX_NUL_LINES = 1_000

_DASHES_AND_NUL = re.compile(rb"(?<![^\r\n])(?=[-\0])[^\r\n\0]{0,%d}+\0[^\r\n]{0,%d}+" % (_LINE_BYTES, _LINE_BYTES))
_FIELD_BELOW = re.compile(rb"[^\r\n]++(?:\r\n?|\n)[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)


def longer_delimiter(raw: bytes, first: int, end: int, boundary: bytes, leaves: Sequence[tuple[int, int]]) -> int:
    """Return the offset of a longer delimiter in raw[first:end], inside a leaf; -1 = nowhere.

    `leaves` are the bodies of all leaves, in order.
    """
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


def nul_lines(raw: bytes) -> list[tuple[int, bytes]]:
    """Return offset and beginning, without NULs, of each line that begins with dashes once its NULs are removed."""
    if b"\0" not in raw:
        return []
    found = ((line.start(), line[0].replace(b"\0", b"")) for line in _DASHES_AND_NUL.finditer(raw))
    return list(islice(((at, line) for at, line in found if line.startswith(b"--")), MAX_NUL_LINES))


def nul_delimiter(lines: Sequence[tuple[int, bytes]], first: int, end: int, boundary: bytes) -> int:
    """Return the offset of the first of these lines in first to end that is a delimiter; -1 = nowhere."""
    needle = b"--" + boundary
    return next((at for at, line in lines if first <= at < end and line.startswith(needle)), -1)
