"""Boundaries of multiparts: the readings of a Content-Type field, its oddities, and lines that look like delimiters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from gateway.message.defect import Defect
from gateway.message.header.field import Header

DEFECTS: Mapping[str, str] = {
    "boundary.odd": "ambiguous",  # programs read different boundaries
    "boundary.several": "ambiguous",
    "boundary.repeated": "malformed",
    "boundary.long": "malformed",
    "boundary.characters": "note",  # not in RFC 2046 5.1.1; every program compares them as they stand
}

#: Readings of a declared boundary that are tried, until one is found in the body.
MAX_BOUNDARIES = 4

#: Octets of a boundary (RFC 2046 5.1.1).
MAX_BOUNDARY_BYTES = 70

_ORDINARY = re.compile(
    rb"[^\"(]*?;\s*+boundary=(?:\"[0-9A-Za-z'+_,./:=-]{1,70}+\"|[0-9A-Za-z'+_./:=-]{1,70}+)\s*+(?:;|\Z)", re.IGNORECASE
)
_QUOTED = re.compile(r'[ \t]*+=[ \t]*+"([^"\\;\x00-\x1f\x7f]*+)"[ \t]*+(?:;|\Z)')
_BARE = re.compile(r'[ \t]*+=[ \t]*+([^\s",;()\\\x00-\x1f\x7f]++)[ \t]*+(?:;|\Z)')
_DECLARED = re.compile(r"boundary(?=[ \t]*+(?:\*[0-9*]*+)?[ \t]*+[=(])", re.IGNORECASE)
_FOLDED = re.compile(rb'boundary[*0-9]*+[ \t]*+=\s*+"[^"\r\n]*+[\r\n]', re.IGNORECASE)
_WORD = re.compile(r"=\?[^?]++\?[bq]\?", re.IGNORECASE)
_CHARACTERS = re.compile(r"[0-9A-Za-z'()+_,./:=? -]*+")


def boundaries(content_type: Header | None) -> list[bytes]:
    """Return the boundary as declared; then, for a field that declares it oddly, its other readings."""
    if content_type is None:
        return []
    readings: list[bytes] = []
    for value in content_type.structured.values("boundary"):
        bare = value.rstrip(" \t")  # RFC 2046 5.1.1: it doesn't end in a blank
        octets = bare.encode("utf-8", "replace")
        readings += [octets, bare.encode("latin-1", "replace"), *octets.split()[:1]]
    usable = [boundary for boundary in readings if boundary and b"\n" not in boundary and b"\r" not in boundary]
    return list(dict.fromkeys(usable))[:MAX_BOUNDARIES]


def lint_boundary(content_type: Header) -> list[Defect]:
    """Return the oddities of a multipart's boundary; none for a boundary that isn't there."""
    value = content_type.raw_value
    if value.lower().count(b"boundary") == 1 and _ORDINARY.match(value):
        return []
    text = content_type.text
    declared = [text[match.end() :] for match in islice(_DECLARED.finditer(text), MAX_BOUNDARIES + 1)]
    found = {code: Defect(code, what, content_type.start) for code, what in _oddities(content_type, declared)}
    return list(found.values())


def _oddities(content_type: Header, declared: list[str]) -> Iterator[tuple[str, str]]:
    values = set(content_type.structured.values("boundary"))
    if len(declared) > 1:
        code = "boundary.several" if len(values) > 1 else "boundary.repeated"
        yield code, "The Content-Type declares more than one boundary"
    if _FOLDED.search(content_type.raw_value):
        yield "boundary.odd", "The boundary is written on two lines"
    brackets = content_type.text.count("(")
    for written in declared:
        match = _QUOTED.match(written) or _BARE.match(written)
        value = match[1] if match else ""
        if not _is_sound(value) or brackets != value.count("("):
            yield "boundary.odd", "The boundary can be read in more than one way"
        elif len(value) > MAX_BOUNDARY_BYTES:
            yield "boundary.long", "The boundary is longer than 70 octets"
        elif not _CHARACTERS.fullmatch(value):
            yield "boundary.characters", "The boundary holds characters that none may have"


def _is_sound(value: str) -> bool:
    return bool(value) and value == value.strip(" \t") and value.isascii() and not _WORD.search(value)


def holds_delimiter(octets: bytes, forbidden: Iterable[bytes]) -> bool:
    """Return whether a line of the octets could be taken for a delimiter of one of these boundaries."""
    return any(b"--" + boundary in octets for boundary in forbidden)
