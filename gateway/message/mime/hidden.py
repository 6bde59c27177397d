"""Entities in places that are no part: a preamble, an epilogue, the beginning of a body. Octets in, octets out.

An entity begins at a block of fields with a Content field among them. Bounded: a few entities for each place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.mime.mending import mended

#: Entities of one place.
MAX_ENTITIES = 4

#: Lines and octets above a Content field that may belong to its header.
_LINES_ABOVE = 12
_OCTETS_ABOVE = 2048

#: Octets of a header that is looked for in a place where none belongs.
_HEADER_BYTES = 65_536

_CONTENT = re.compile(rb"(?<![^\r\n])[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
_FIELD_LINE = re.compile(rb"[!-9;-~]++[ \t]*+:|[ \t]++[^\s]")
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n?|\n|\Z)")
_BLANK_LINE = re.compile(rb"(?>\r\n?|\n)[ \t]*+(?:\r\n?|\n|\Z)")


def entities(place: bytes) -> Iterator[bytes]:
    """Yield the place from each block of fields on, to its end."""
    at = 0
    for _ in range(MAX_ENTITIES):
        content = _CONTENT.search(place, at)
        if not content:
            return
        start = _block_start(place, content.start())
        blank = _BLANK_LINE.search(place, content.end(), content.end() + _HEADER_BYTES)
        behind = blank.end() if blank else len(place)
        yield mended(place[start:behind].lstrip(b" \t")) + place[behind:]
        at = behind


def _block_start(place: bytes, at: int) -> int:
    """Return the start of the fields above a Content field."""
    above = _LINE.findall(place[max(0, at - _OCTETS_ABOVE) : at])
    for line in reversed(above[-_LINES_ABOVE:]):
        if line and not _FIELD_LINE.match(line):
            break
        at -= len(line)
    return at
