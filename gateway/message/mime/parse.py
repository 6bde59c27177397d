"""The parser: from the octets of a message to its map. Total: any octets give a Message; wrong content is a Defect.

Linear and without recursion: entities wait in a list, boundaries are found by `bytes.find`, and named limits bound the
depth, the parts and the lines that are compared with a boundary. Bodies are not decoded here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.message.defect import Defect
from gateway.message.encodings.decode import IDENTITY, UUENCODE
from gateway.message.header.field import Header
from gateway.message.header.fieldblock import CONTENT_FIELD, MAX_FIELDS, read_fields
from gateway.message.mime.bodylint import lint_body
from gateway.message.mime.boundaries import boundaries, lint_boundary
from gateway.message.mime.contentlint import lint_content
from gateway.message.mime.delimiters import divides, first_delimiter
from gateway.message.mime.division import divide
from gateway.message.mime.fieldlint import lint_fields
from gateway.message.mime.near_delimiters import longer_delimiter, nul_delimiter, nul_lines
from gateway.message.model import Message
from gateway.message.part import Part

#: Levels of multiparts and nested messages that are entered. Postfix takes 100; real mail has under ten.
MAX_DEPTH = 64

#: Parts of a message in all. Real mail has under a hundred, digests a few hundred.
MAX_PARTS = 1_000

#: Lines compared with a boundary in a whole message: bounds the time spent on text that only looks like delimiters.
MAX_DELIMITERS = 100_000

#: Multiparts that are reported as divided elsewhere by programs that compare beginnings: each has other readings.
MAX_LONGER = 2

DEFECTS: Mapping[str, str] = {
    "limit.depth": "limit",
    "limit.parts": "limit",
    "encoding.composite": "ambiguous",  # a multipart or message that only decoding shows
    "encoding.message": "note",  # a message of another type, encoded, which programs may read as it stands
    "encoding.ignored": "malformed",  # a multipart that can be read as it stands, whatever encoding it declares
    "multipart.no_boundary": "ambiguous",
    "multipart.no_delimiter": "ambiguous",
    "multipart.undivided": "malformed",  # nothing in it looks like a delimiter of any kind
    "multipart.undeclared": "ambiguous",  # a type that is no multipart, divided by the boundary that it names
    "body.divided": "note",  # names no boundary, yet looks like a multipart: a quotation, or made by a broken program
    "boundary.unused": "note",  # a boundary that is named and doesn't occur
    "boundary.reused": "ambiguous",
}

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})  # RFC 2046 5.2.1, RFC 6532 3.7
_ENCODED = frozenset({"base64", "quoted-printable", *UUENCODE})
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")
_DASHES = re.compile(rb"[\r\n][ \t]*+--")
_PLAIN_TOKENS = {
    b"7bit": "7bit",
    b"8bit": "8bit",
    b"base64": "base64",
    b"quoted-printable": "quoted-printable",
    b"binary": "binary",
}


def parse(raw: bytes, path: str = "1") -> Message:
    """Parse a message as received into its map: CRLF line ends are the norm, lone CR and LF are line ends too.

    `path` is the root's: that of a message unpacked from another is longer than "1".
    """
    return _Parser(raw).run(path)


@dataclass(slots=True)
class _Entity:
    """A part whose inside is still being read."""

    path: str
    depth: int
    start: int
    end: int
    default_type: str
    outer: tuple[bytes, ...] = ()  # boundaries of the multiparts around it
    headers: list[Header] = field(default_factory=list)
    body_start: int = 0
    content_type: str = "text/plain"
    encoding: str = "7bit"
    defects: list[Defect] = field(default_factory=list)
    inside: list[_Entity] = field(default_factory=list)
    part: Part | None = None

    def note(self, code: str, what: str) -> None:
        self.defects.append(Defect(code, what, self.body_start))


class _Parser:
    """One run over one message; holds the rest of the limits."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._nul_lines = nul_lines(raw)
        self._fields_left = MAX_FIELDS
        self._parts_left = MAX_PARTS - 1
        self._delimiters_left = MAX_DELIMITERS

    def run(self, path: str) -> Message:
        waiting = [_Entity(path, 1, 0, len(self._raw), "text/plain")]
        entities: list[_Entity] = []
        while waiting:
            entity = waiting.pop()
            entities.append(entity)
            self._read(entity)
            waiting.extend(reversed(entity.inside))
        self._look_for_longer(entities)
        parts = [self._part(entity) for entity in reversed(entities)]
        return Message(self._raw, parts[-1], tuple(reversed(parts)))

    def _read(self, entity: _Entity) -> None:
        block = read_fields(self._raw, entity.start, entity.end, self._fields_left)
        self._fields_left -= len(block.headers)
        entity.headers, entity.body_start, entity.defects = block.headers, block.body_start, block.defects
        entity.defects += lint_fields(self._raw, entity.start, block)
        entity.defects += lint_content(block.watched)
        content_type, encoding = (
            _first(block.watched, "content-type"),
            _first(block.watched, "content-transfer-encoding"),
        )
        entity.content_type = _media_type(content_type, entity.default_type)
        entity.encoding = _encoding(encoding)
        if entity.content_type.startswith("multipart/"):
            self._enter_multipart(entity, content_type)
        else:
            self._look_for_boundary(entity, content_type)
            if entity.content_type in _MESSAGE_TYPES:
                self._enter_message(entity)
            elif entity.content_type.startswith("message/"):
                self._look_at_encoding(entity)
        if not entity.inside:
            self._look_at_body(entity)

    def _look_at_body(self, entity: _Entity) -> None:
        has_header = entity.body_start > entity.start
        odd = lint_body(self._raw, entity.body_start, entity.end, entity.content_type, entity.headers, has_header)
        if odd:
            entity.defects.append(odd)

    def _look_for_longer(self, entities: Sequence[_Entity]) -> None:
        """Look for longer delimiters when all is divided.

        A nested multipart's own delimiters may begin like those around it.
        """
        suspects = [one for one in entities if any(defect.code == "boundary.prefix" for defect in one.defects)]
        found = 0
        leaves = [(one.body_start, one.end) for one in entities if not one.inside] if suspects else []
        for entity in suspects:
            boundary = entity.inside[0].outer[-1] if entity.inside else b""
            at = longer_delimiter(self._raw, entity.body_start, entity.end, boundary, leaves) if boundary else -1
            if at >= 0:
                what = "The boundary is the beginning of a line above Content fields"
                entity.defects.append(Defect("boundary.longer", what, at))
                found += 1
            if found == MAX_LONGER:
                break

    def _part(self, entity: _Entity) -> Part:
        entity.part = Part(
            self._raw,
            entity.path,
            tuple(entity.headers),
            entity.start,
            entity.body_start,
            entity.end,
            entity.content_type,
            entity.encoding,
            tuple(entity.defects),
            tuple(child.part for child in entity.inside if child.part),
        )
        return entity.part

    # --- what is inside ----------------------------------------------------------------------------------------------

    def _may_enter(self, entity: _Entity) -> bool:
        if entity.depth >= MAX_DEPTH:
            entity.note("limit.depth", "Parts are nested more deeply than is read")
        elif self._parts_left <= 0:
            entity.note("limit.parts", "There are more parts than are read")
        else:
            return True
        return False

    def _enter_message(self, entity: _Entity) -> None:
        if entity.encoding in _ENCODED:
            if self._has_body(entity):
                entity.note("encoding.composite", "A message inside is encoded, which RFC 2045 6.4 forbids")
        elif self._may_enter(entity):
            self._parts_left -= 1
            self._add(entity, entity.body_start, entity.end, "text/plain", ())

    def _look_at_encoding(self, entity: _Entity) -> None:
        """Note that a message of another type is encoded, which is allowed for it.

        Programs that read any message as it stands see only the fields that stand there in plain text.
        """
        if entity.encoding not in IDENTITY and self._has_body(entity):
            plain = CONTENT_FIELD.search(self._raw, max(0, entity.body_start - 1), entity.end)
            entity.note("encoding.composite" if plain else "encoding.message", "A message inside is encoded")

    def _look_for_boundary(self, entity: _Entity, content_type: Header | None) -> None:
        """Note a boundary that a type other than multipart names: some programs divide any body by it."""
        if content_type is None or b"boundary" not in content_type.raw_value.lower():
            is_message = entity.content_type.startswith("message/")
            if not is_message and first_delimiter(self._raw, entity.body_start, entity.end) >= 0:
                entity.note("body.divided", "The body looks as if it were divided into parts")
            return
        start, end = entity.body_start, entity.end
        is_message = entity.content_type in _MESSAGE_TYPES  # other multiparts stand inside a message
        if divides(self._raw, start, end, boundaries(content_type)) or (
            not is_message and first_delimiter(self._raw, start, end) >= 0
        ):
            entity.note("multipart.undeclared", "A body that isn't declared a multipart is divided by a boundary")
        else:
            entity.note("boundary.unused", "A type that is no multipart names a boundary")

    def _enter_multipart(self, entity: _Entity, content_type: Header | None) -> None:
        if content_type is not None:
            entity.defects += lint_boundary(content_type)
        readings = boundaries(content_type)
        if not readings:
            self._undivided(entity, "multipart.no_boundary", "A multipart declares no boundary")
        elif self._may_enter(entity):
            self._divide(entity, readings)
        if entity.encoding not in IDENTITY and self._has_body(entity):
            code = "encoding.ignored" if entity.inside else "encoding.composite"
            entity.note(code, "A multipart is encoded, which RFC 2045 6.4 forbids")

    def _divide(self, entity: _Entity, readings: list[bytes]) -> None:
        for boundary in readings:
            division = divide(self._raw, entity.body_start, entity.end, boundary, self._delimiters_left)
            self._delimiters_left -= min(division.compared, self._delimiters_left)
            if division.spans or division.exhausted:
                break
        entity.defects += division.defects
        if (at := nul_delimiter(self._nul_lines, entity.body_start, entity.end, boundary)) >= 0:
            entity.defects.append(Defect("boundary.nul", "A NUL stands in a delimiter", at))
        if boundary in entity.outer:
            entity.note("boundary.reused", "A multipart has the boundary of one around it")
        if division.spans:
            self._add_parts(entity, division.spans, (*entity.outer, boundary))
        elif not division.exhausted:
            self._undivided(entity, "multipart.no_delimiter", "The declared boundary doesn't occur")

    def _has_body(self, entity: _Entity) -> bool:
        return _NOT_BLANK.search(self._raw, entity.body_start, entity.end) is not None

    def _undivided(self, entity: _Entity, code: str, what: str) -> None:
        if entity.outer or _DASHES.search(self._raw, max(0, entity.body_start - 1), entity.end):
            entity.note(code, what)
        elif self._has_body(entity):  # without a body it is a header alone, as bounces quote it
            entity.note("multipart.undivided", what + ", and nothing looks like a delimiter")

    def _add_parts(self, entity: _Entity, spans: list[tuple[int, int]], outer: tuple[bytes, ...]) -> None:
        default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"  # RFC 2046 5.1.5
        if len(spans) > self._parts_left:
            entity.note("limit.parts", "There are more parts than are read")
            spans = [*spans[: self._parts_left - 1], (spans[self._parts_left - 1][0], entity.end)]
        self._parts_left -= len(spans)
        for start, end in spans:
            self._add(entity, start, end, default, outer)

    def _add(self, entity: _Entity, start: int, end: int, default_type: str, outer: tuple[bytes, ...]) -> None:
        path = f"{entity.path}.{len(entity.inside) + 1}"
        entity.inside.append(_Entity(path, entity.depth + 1, start, end, default_type, outer))


def _first(watched: Sequence[tuple[str, Header]], key: str) -> Header | None:
    return next((header for found, header in watched if found == key), None)


def _media_type(content_type: Header | None, default: str) -> str:
    """Return the media type; by RFC 2045 5.2 text/plain where none is declared, and where the syntax is wrong."""
    if content_type is None:
        return default
    kind, slash, subtype = content_type.structured.token.partition("/")
    return f"{kind}/{subtype}" if kind and slash and subtype else "text/plain"


def _encoding(field: Header | None) -> str:
    if field is None:
        return "7bit"
    return _PLAIN_TOKENS.get(field.raw_value.strip().lower()) or field.structured.token or "7bit"
