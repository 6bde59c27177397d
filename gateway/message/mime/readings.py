"""Other readings of an oddly composed part: the octets that other programs would make of it.

Each kind of defect names the readings that it makes plausible. Pure, bounded in number, each linear in the part's size.
A reading of a reading is read otherwise once more, and no further. The decoders give the readings of one encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gateway.message.encodings.decode import IDENTITY, decode_transfer
from gateway.message.header.fieldblock import MAX_HEADER_BYTES
from gateway.message.mime.boundaries import boundaries
from gateway.message.mime.delimiters import delimiters, divided, first_delimiter
from gateway.message.mime.hidden import entities
from gateway.message.mime.mending import mended
from gateway.message.part import Part
from gateway.message.reading import MARK, QUOTED, Reading

#: Readings of one part; the checks below give a dozen at most, unless a part is made to have many.
MAX_READINGS = 24

#: Readings in one another: content that only the third shows needs a program that errs three times.
MAX_NESTED = 2

#: Defects that hide a field about the body's encoding.
_HIDES_ENCODING = frozenset(
    {"header.duplicate", "header.nul", "header.control", "header.control_break", "header.line_break", "header.text"}
    | {"header.blank_line", "header.folded_field", "header.folded_name", "header.spaced_content", "header.no_colon"}
    | {"header.commented_content", "header.byte_order_mark", "encoding.ambiguous", "encoding.unknown"}
    | {"encoding.composite", "encoding.message", "encoding.ignored", "type.ambiguous", "header.missing"}
)
_HIDES_FIELDS = _HIDES_ENCODING - {
    *("header.duplicate", "encoding.composite", "encoding.message", "encoding.ignored", "type.ambiguous"),
}
#: Defects that make another boundary than the declared one plausible.
_HIDES_BOUNDARY = _HIDES_FIELDS | {
    *("header.duplicate", "type.ambiguous", "multipart.no_boundary", "multipart.no_delimiter", "multipart.epilogue"),
    *("multipart.preamble", "boundary.odd", "boundary.several", "boundary.elsewhere", "boundary.reused"),
    *("boundary.longer", "multipart.undeclared", "boundary.unused"),
}
#: Defects that let the declared boundary's own delimiters be read in another way.
_MOVES_DELIMITERS = frozenset({"boundary.indented", "boundary.junk", "boundary.displaced"})
_ENDS_HEADER = frozenset({"header.no_colon", "header.text", "header.blank_line", "header.folded_name"})
_SHIFTS_BODY = frozenset({"body.fields", "body.paragraph", "header.missing"})

_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/=]{16}")
_ESCAPE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*+[\r\n])")
_UU_BEGIN = re.compile(rb"(?<![^\r\n])begin(?:-base64)?[ \t]")
#: Patterns that a body must hold to be read in an encoding that it doesn't clearly have.
_PLAUSIBLE = {"base64": _BASE64_RUN, "quoted-printable": _ESCAPE, "x-uuencode": _UU_BEGIN}

_MESSAGE_TYPE = re.compile(r"message/(?:rfc822|global)(?![a-z-])", re.IGNORECASE)
_FIELD_OR_FOLD = re.compile(rb"[^:\r\n\s]++[ \t]*+:|[ \t]++[^\s]")
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n?|\n|\Z)")
_DELIMITER_LINE = re.compile(rb"(?:\r\n?|\n)?--[^\r\n]*+(?:\r\n?|\n|\Z)")
_LAST_DELIMITER = re.compile(rb"(?<![^\r\n])--([^\r\n]*+)(?:\r\n?|\n)\Z")

#: Octets in front of a part in which the delimiter above it begins.
_DELIMITER_BYTES = 512

Readings = Iterator[Reading]


def readings(part: Part) -> tuple[Reading, ...]:
    """Return the other readings of a part; readings with the same octets only once."""
    return tuple(each_reading(part))


def each_reading(part: Part) -> Readings:
    """Yield the other readings one at a time: together they may be many times as large as the part."""
    if part.path.count(MARK) >= MAX_NESTED:
        return
    codes = frozenset(defect.code for defect in part.defects)
    seen = {(False, hash(part.decoded))} if part.is_leaf else set()
    labels: dict[str, int] = {}
    for check in _CHECKS if codes & _CONCERNED else ():
        for reading in check(part, codes):
            key = (reading.is_entity, hash(reading.octets))
            if not reading.octets or key in seen:
                continue
            if len(seen) > MAX_READINGS:
                return
            seen.add(key)
            yield _labelled(reading, labels)


def _labelled(reading: Reading, labels: dict[str, int]) -> Reading:
    number = labels[reading.label] = labels.get(reading.label, 0) + 1
    if number == 1:
        return reading
    return Reading(f"{reading.label} {number}", reading.octets, reading.is_entity, reading.why)


# --- encodings -------------------------------------------------------------------------------------------------------


def _encodings(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the body in each encoding that a program could take it for."""
    if not codes & _HIDES_ENCODING:
        return
    body = part.body
    if part.is_leaf and part.encoding not in IDENTITY:
        yield _content(part, body, "as it stands", "Its encoding may be passed over")
    for encoding, needed in _PLAUSIBLE.items():
        if encoding == part.encoding or needed.search(body):  # if it is declared, its lines may be shorter than any run
            octets = decode_transfer(body, encoding).octets
            yield _content(part, octets, f"as {encoding}", f"It may be read as {encoding}")


def _content(part: Part, octets: bytes, label: str, why: str) -> Reading:
    """Return the decoded octets as a reading: of an entity's inside if the part is a multipart or a message."""
    if part.is_multipart:
        fields = part.fields("content-type")
        header = b"Content-Type:" + fields[0].raw_value if fields else b""
        return Reading(label, header + b"\r\n\r\n" + octets, True, why)
    return Reading(label, octets, part.content_type.startswith("message/"), why)


# --- headers ---------------------------------------------------------------------------------------------------------


def _mended_header(part: Part, codes: frozenset[str]) -> Readings:
    if codes & _HIDES_FIELDS and part.body_start - part.header_start <= MAX_HEADER_BYTES:
        block = part.raw[part.header_start : part.body_start]
        better = mended(block)
        if better != block:
            yield Reading(
                "header mended", better + part.body, True, "Programs may read a malformed field of its header"
            )


def _early_body(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the reading in which the header ends at its first line that is no field."""
    if not codes & _ENDS_HEADER:
        return
    at = part.header_start
    while at < part.body_start and (line := _LINE.match(part.raw, at, part.body_start)):
        if at > part.header_start and line[0].strip(b"\r\n") and not _FIELD_OR_FOLD.match(line[0]):
            rest = part.raw[at : part.end]
            octets = part.raw[part.header_start : at] + b"\r\n" + rest
            yield Reading("header cut short", octets, True, "Its header may end at a line that is no field")
            return
        at = line.end()


# --- types -----------------------------------------------------------------------------------------------------------


def _types(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the readings by a second type, or by a type among others: a message, or one file instead of parts."""
    if not codes & {"header.duplicate", "type.ambiguous"}:
        return
    declared = part.fields("content-type")
    whole = decode_transfer(part.body, part.encoding).octets
    if not part.content_type.startswith("message/") and any(_MESSAGE_TYPE.search(one.text) for one in declared):
        yield Reading("as a message", whole, True, "It is declared a message too")
    if part.children and any(not one.structured.token.startswith("multipart/") for one in declared):
        yield Reading("as one file", whole, False, "It is declared another type too")


# --- boundaries ------------------------------------------------------------------------------------------------------


def _boundaries(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the body divided at other delimiters, and at the declared boundary's delimiters in another way."""
    moved = bool(codes & _MOVES_DELIMITERS)
    if not moved and "boundary.nul" not in codes and not codes & _HIDES_BOUNDARY:
        return
    if "boundary.nul" in codes:
        whole = part.raw[part.header_start : part.end].replace(b"\0", b"")
        yield Reading("without NULs", whole, True, "Programs take NULs out before they divide it")
    used = frozenset() if moved else frozenset(_used(part))
    named = _named(part) if "multipart.undeclared" in codes else []
    for body in dict.fromkeys((part.body, part.decoded if part.is_leaf else part.body)):
        for one in dict.fromkeys((*named, *delimiters(body))):
            if one not in used and one.removesuffix(b"--") not in used:
                shown = one[:20].decode("ascii", "replace").replace("/", "_")
                yield Reading(f"boundary {shown}", divided(body, one), True, "It may be divided by another boundary")


def _named(part: Part) -> list[bytes]:
    """Return the boundaries that the part's type names, though it is no multipart."""
    return [one for field in part.fields("content-type") for one in boundaries(field)]


def _divided_text(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the text divided from its first delimiter on; text above that is quoted, and every program shows it."""
    if "body.divided" not in codes:
        return
    body = part.raw[first_delimiter(part.raw, part.body_start, part.end) : part.end]
    for one in delimiters(body):
        yield Reading(QUOTED, divided(body, one), True, "It looks as if it were divided into parts")


def _used(part: Part) -> Iterator[bytes]:
    """Yield the delimiters that divide the part and the multiparts inside it."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        waiting += one.children
        if one.is_multipart and one.children:
            start = one.children[0].header_start
            above = _LAST_DELIMITER.search(one.raw[max(0, start - _DELIMITER_BYTES) : start])
            if above:
                yield above[1].strip(b" \t")


# --- hidden places ---------------------------------------------------------------------------------------------------


def _preamble(part: Part, codes: frozenset[str]) -> Readings:
    if "multipart.preamble" in codes and part.children:
        yield from _place(part.raw[part.body_start : part.children[0].header_start], "preamble")


def _epilogue(part: Part, codes: frozenset[str]) -> Readings:
    if "multipart.epilogue" in codes and part.children:
        last = part.children[-1].end
        close = _DELIMITER_LINE.match(part.raw, last, part.end)
        yield from _place(part.raw[close.end() if close else last : part.end], "epilogue")


def _place(octets: bytes, label: str) -> Readings:
    why = f"A program may show what stands in the {label}"
    for entity in entities(octets):
        yield Reading(label, entity, True, why)
    if _UU_BEGIN.search(octets):
        yield Reading(f"{label} as text", octets, False, why)


def _shifted_body(part: Part, codes: frozenset[str]) -> Readings:
    """Yield the readings in which fields at the beginning of the body belong to the header."""
    if not codes & _SHIFTS_BODY:
        return
    header = part.raw[part.header_start : part.body_start].rstrip(b"\r\n")
    for entity in entities(part.body):
        octets = header + b"\r\n" + entity if header else entity
        yield Reading("body as an entity", octets, True, "Fields in its body may be read as its own")


_CHECKS: tuple[Callable[[Part, frozenset[str]], Readings], ...] = (
    _encodings,
    _mended_header,
    _early_body,
    _types,
    _shifted_body,
    _preamble,
    _epilogue,
    _boundaries,
    _divided_text,
)
_CONCERNED = _HIDES_BOUNDARY | _HIDES_ENCODING | _MOVES_DELIMITERS | _SHIFTS_BODY | {"boundary.nul", "body.divided"}
