"""From the octets of a message to its map. Total: any octets give a Message; what is wrong in them is a Defect.

Linear and without recursion: entities wait in a list, boundaries are found by `bytes.find`, and named limits bound the
depth, the parts and the lines that are compared with a boundary. Bodies are not decoded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.message.boundaries import boundaries
from gateway.message.decode import IDENTITY, UUENCODE
from gateway.message.fieldblock import MAX_FIELDS, read_fields
from gateway.message.model import Defect, Header, Message, Part

#: Levels of multiparts and nested messages that are entered. Postfix takes 100; real mail has under ten.
MAX_DEPTH = 64

#: Parts of a message in all. Real mail has under a hundred; digests a few hundred.
MAX_PARTS = 1_000

#: Lines compared with a boundary in a whole message: bounds the time spent on text that only looks like delimiters.
MAX_DELIMITERS = 100_000

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})  # RFC 2046 5.2.1, RFC 6532 3.7
_ENCODED = frozenset({"base64", "quoted-printable", *UUENCODE})
_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*+(?:\r\n?|\n|\Z)")
_PLAIN_TOKENS = {
    b"7bit": "7bit",
    b"8bit": "8bit",
    b"base64": "base64",
    b"quoted-printable": "quoted-printable",
    b"binary": "binary",
}


def parse(raw: bytes) -> Message:
    """Draw the map of a message, as received: CRLF line ends are the norm, lone CR and LF are line ends too."""
    return _Parser(raw).run()


@dataclass(slots=True)
class _Entity:
    """A part whose inside is still being read."""

    path: str
    depth: int
    start: int
    end: int
    default_type: str
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
    """One run over one message; holds what is left of the limits."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._fields_left = MAX_FIELDS
        self._parts_left = MAX_PARTS - 1
        self._delimiters_left = MAX_DELIMITERS

    def run(self) -> Message:
        waiting = [_Entity("1", 1, 0, len(self._raw), "text/plain")]
        entities: list[_Entity] = []
        while waiting:
            entity = waiting.pop()
            entities.append(entity)
            self._read(entity)
            waiting.extend(reversed(entity.inside))
        parts = [self._part(entity) for entity in reversed(entities)]
        return Message(self._raw, parts[-1], tuple(reversed(parts)))

    def _read(self, entity: _Entity) -> None:
        block = read_fields(self._raw, entity.start, entity.end, self._fields_left)
        self._fields_left -= len(block.headers)
        entity.headers, entity.body_start, entity.defects = block.headers, block.body_start, block.defects
        content_type, encoding = _content_fields(entity)
        entity.content_type = _media_type(content_type, entity.default_type)
        entity.encoding = _encoding(encoding)
        if entity.content_type.startswith("multipart/"):
            self._enter_multipart(entity, content_type)
        elif entity.content_type in _MESSAGE_TYPES:
            self._enter_message(entity)

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
            entity.note("encoding.composite", "A message inside is encoded, which RFC 2045 6.4 forbids")
        elif self._may_enter(entity):
            self._parts_left -= 1
            self._add(entity, entity.body_start, entity.end, "text/plain")

    def _enter_multipart(self, entity: _Entity, content_type: Header | None) -> None:
        if entity.encoding not in IDENTITY:
            entity.note("encoding.composite", "A multipart is encoded, which RFC 2045 6.4 forbids")
        readings = boundaries(content_type)
        if not readings:
            entity.note("multipart.no_boundary", "A multipart declares no boundary")
        elif self._may_enter(entity):
            spans = next(filter(None, (self._spans(entity, boundary) for boundary in readings)), [])
            if not spans and self._delimiters_left >= 0:
                entity.note("multipart.no_delimiter", "The declared boundary doesn't occur")
            self._add_parts(entity, spans)

    def _add_parts(self, entity: _Entity, spans: list[tuple[int, int]]) -> None:
        default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"  # RFC 2046 5.1.5
        if len(spans) > self._parts_left:
            entity.note("limit.parts", "There are more parts than are read")
            spans = [*spans[: self._parts_left - 1], (spans[self._parts_left - 1][0], entity.end)]
        self._parts_left -= len(spans)
        for start, end in spans:
            self._add(entity, start, end, default)

    def _add(self, entity: _Entity, start: int, end: int, default_type: str) -> None:
        path = f"{entity.path}.{len(entity.inside) + 1}"
        entity.inside.append(_Entity(path, entity.depth + 1, start, end, default_type))

    def _spans(self, entity: _Entity, boundary: bytes) -> list[tuple[int, int]]:
        """Start and end of each part: the line break before a delimiter belongs to it (RFC 2046 5.1.1)."""
        spans: list[tuple[int, int]] = []
        start = -1
        for before, behind, closing in self._delimiters(entity, boundary):
            if start >= 0:
                spans.append((start, max(start, before)))
            elif closing:
                continue  # a close delimiter before any part opens nothing
            start = -1 if closing else behind
            if closing:
                break
        if start >= 0:
            spans.append((start, entity.end))
        return spans

    def _delimiters(self, entity: _Entity, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
        """Each delimiter line: start with the line break before it, end with its own, whether it closes."""
        raw, first, end, needle = self._raw, entity.body_start, entity.end, b"--" + boundary
        at = raw.find(needle, first, end)
        while at >= 0:
            self._delimiters_left -= 1
            if self._delimiters_left < 0:
                entity.note("limit.delimiters", "More lines look like delimiters than are compared")
                return
            behind = at + len(needle)
            tail = _DELIMITER_TAIL.match(raw, behind, end) if at == first or raw[at - 1] in b"\r\n" else None
            if tail:
                behind = tail.end()
                yield _before_line_break(raw, first, at), behind, tail[1] is not None
            at = raw.find(needle, behind, end)


def _before_line_break(raw: bytes, first: int, at: int) -> int:
    if at <= first:
        return at
    return at - 2 if at - first >= 2 and raw[at - 2 : at] == b"\r\n" else at - 1


def _content_fields(entity: _Entity) -> tuple[Header | None, Header | None]:
    """The first Content-Type and the first Content-Transfer-Encoding; a second one of either is noted."""
    found: dict[str, Header] = {}
    for header in entity.headers:
        key = header.key
        if key in ("content-type", "content-transfer-encoding") and found.setdefault(key, header) is not header:
            entity.defects.append(Defect("header.duplicate", f"There is a second {header.name}", header.start))
    return found.get("content-type"), found.get("content-transfer-encoding")


def _media_type(content_type: Header | None, default: str) -> str:
    """RFC 2045 5.2: text/plain where none is declared, and where the syntax is wrong."""
    if content_type is None:
        return default
    kind, slash, subtype = content_type.structured.token.partition("/")
    return f"{kind}/{subtype}" if kind and slash and subtype else "text/plain"


def _encoding(field: Header | None) -> str:
    if field is None:
        return "7bit"
    return _PLAIN_TOKENS.get(field.raw_value.strip().lower()) or field.structured.token or "7bit"
