"""The header block of an entity: from its octets to its fields, one regular expression match a field.

Takes CRLF, and lone CR or LF, as line breaks. A line that is no field is passed over, as most mail programs do, except
where it stands first: then there is no header and the body begins at once. Of the message itself it only seems to stand
first: every server puts its trace field above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.message.model import Defect, Header

#: Octets of one header block whose fields are read. Postfix reads 102,400 and cuts off the rest without a word.
MAX_HEADER_BYTES = 262_144

#: Fields read in a whole message: bounds the memory of a map made of the shortest fields there are.
MAX_FIELDS = 20_000

# Groups: name, value with its folds, line break. Without a colon there is no second group.
# No group stands inside a possessive one: Python 3.11.2, Debian 12's, captures the wrong octets there.
_FIELD = re.compile(
    rb"([^:\r\n]*+)(?::([^\r\n]*+(?:(?:\r\n?|\n)[ \t][^\r\n]*+)*+))?(?:\r\n?|\n|\Z)",
)
_CONTENT_FIELD = re.compile(rb"[\r\n][ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"(?>\r\n|\r|\n)(?:\r\n|\r|\n)")


@dataclass(slots=True)
class FieldBlock:
    """What was read: the fields, where the body starts, and what was wrong."""

    headers: list[Header]
    body_start: int
    defects: list[Defect] = field(default_factory=list)


def read_fields(raw: bytes, start: int, end: int, max_fields: int = MAX_FIELDS) -> FieldBlock:
    """Read the header block of the entity at raw[start:end]."""
    block = FieldBlock([], end)
    headers = block.headers
    for match in _FIELD.finditer(raw, start, end):
        at, behind = match.span()
        if at == end:
            break
        name, value = match.groups()
        if value is None and not name:
            block.body_start = behind
            break
        if behind - start > MAX_HEADER_BYTES or len(headers) >= max_fields:
            _give_up(block, raw, at, behind, end)
            break
        if not headers and start == 0 and name.startswith((b" ", b"\t")):
            # It will be a fold of the trace field above it.
            _note(block, Defect("header.no_colon", "The header begins with a fold", at))
            continue
        if value is None or not _is_name(name):
            if at == start and not _passed_over(raw, name, start, end):
                block.body_start = start
                _note(block, Defect("header.missing", "There is no header before the text", at))
                break
            _note(block, Defect("header.no_colon", "A line in the header is no field", at))
            continue
        headers.append(Header(name.decode("latin-1"), at, behind, value))
    if start == 0 and not headers and block.body_start and raw[:1] in (b" ", b"\t"):
        block.body_start = start  # folds of the trace field and nothing else: there is no header
        _note(block, Defect("header.missing", "There is no header before the text", start))
    if (nul := raw.find(b"\0", start, block.body_start)) >= 0:
        block.defects.append(Defect("header.nul", "The header holds a NUL", nul))
    return block


def _passed_over(raw: bytes, line: bytes, start: int, end: int) -> bool:
    """Whether a first line that is no field is passed over: the line that mbox files put before a message, and any
    above a message whose fields say what it consists of.
    """
    if line.startswith(b"From "):
        return True
    if start != 0:
        return False
    blank = _BLANK_LINE.search(raw, start, min(end, MAX_HEADER_BYTES))
    return bool(_CONTENT_FIELD.search(raw, start, blank.end() if blank else min(end, MAX_HEADER_BYTES)))


def _is_name(name: bytes) -> bool:
    """Whether it can pass for a field name: not empty, and no blank inside (one before the colon is common)."""
    return len(name.split()) == 1


def _note(block: FieldBlock, defect: Defect) -> None:
    """One defect of a kind is enough for a block, and bounds their number."""
    if all(defect.code != noted.code for noted in block.defects):
        block.defects.append(defect)


def _give_up(block: FieldBlock, raw: bytes, at: int, behind: int, end: int) -> None:
    """The rest of the fields stays unread; the body still starts where it does."""
    blank = _BLANK_LINE.search(raw, behind - 1, end)
    block.body_start = blank.end() if blank else end
    block.defects.append(Defect("limit.header", "The header is larger than what is read of it", at))
