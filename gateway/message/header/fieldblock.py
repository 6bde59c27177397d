"""The header block of an entity: from its octets to its fields, one regular expression match a field.

CRLF, lone CR and lone LF are line breaks. A line that is no field is skipped, as most mail programs do, except where it
stands first: then there is no header and the body begins at once. In the message itself a line only seems to stand
first: every server puts its trace field above it. `gateway.message.mime.fieldlint` finds the other oddities of a block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.message.defect import Defect
from gateway.message.header.field import Header

DEFECTS: Mapping[str, str] = {
    "header.no_colon": "malformed",
    "header.missing": "malformed",
    "header.nul": "ambiguous",
    "limit.header": "limit",
}

#: Octets of one header block whose fields are read. Postfix reads 102,400 and cuts off the rest without a word.
MAX_HEADER_BYTES = 262_144

#: Fields read in a whole message: bounds the memory of a map made of the shortest fields there are.
MAX_FIELDS = 20_000
#: Code of the defect of a header that isn't read whole.
HEADER_LIMIT = "limit.header"

#: Lines that are no field whose offsets are kept, for one block.
MAX_STRAYS = 8

#: Fields that stand once in a header (RFC 5322 3.6), besides those that begin with "content-".
SINGLE = frozenset({"from", "sender", "subject", "mime-version", "to", "cc", "date", "message-id"})

#: Octets of a field name that is remembered with its properties; no usual name is longer.
_USUAL_NAME_BYTES = 48

# Groups: name, value with its folds, line break. Without a colon there is no second group. A name may be folded before
# its colon (RFC 5322 3.6.8 doesn't allow it; some programs unfold a header before they read it).
# No group stands inside a possessive one: Python 3.11.2, Debian 12's, captures the wrong octets there.
_FIELD = re.compile(
    rb"((?:[^:\r\n]++(?:(?:(?:\r\n?|\n)[ \t]++){1,3}+(?=:))?+)?+)"
    rb"(?::([^\r\n]*+(?:(?:\r\n?|\n)[ \t][^\r\n]*+)*+))?(?:\r\n?|\n|\Z)",
)
_MBOX = b"From "
_NAME = re.compile(r"[!-'*-9;-~]++")  # RFC 5322 3.6.8, without the brackets of comments
CONTENT_FIELD = re.compile(rb"[\r\n][ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"(?>\r\n|\r|\n)(?:\r\n|\r|\n)")


@dataclass(slots=True)
class FieldBlock:
    """The result of reading a block: its fields, the start of the body, and the defects."""

    headers: list[Header]
    body_start: int
    defects: list[Defect] = field(default_factory=list)
    watched: list[tuple[str, Header]] = field(default_factory=list)  # content fields and SINGLE ones, with their keys
    odd: list[Header] = field(default_factory=list)  # their names aren't written as names are
    strays: list[int] = field(default_factory=list)  # offsets of lines that are no field


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    watched: str  # the key of a name that is looked at more closely, else ""
    is_name: bool  # can pass for a name: not empty, and no blank inside (one before the colon is common)
    is_odd: bool


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
            # The line will be a fold of the trace field above it.
            _stray(block, at, "The header begins with a fold")
            continue
        named = _usual_name(name) if len(name) <= _USUAL_NAME_BYTES else _look_at_name(name)
        if value is None or not named.is_name:
            if at == start and not _passed_over(raw, name, start, end):
                block.body_start = start
                _note(block, Defect("header.missing", "There is no header before the text", at))
                break
            if at == start and name.startswith(_MBOX):
                _note(block, Defect("header.no_colon", "The header begins with the line that mbox files put there", at))
                continue
            _stray(block, at, "A line in the header is no field")
            continue
        header = Header(named.text, at, behind, value)
        headers.append(header)
        if named.watched:
            block.watched.append((named.watched, header))
        if named.is_odd:
            block.odd.append(header)
    if start == 0 and not headers and block.body_start and raw[:1] in (b" ", b"\t"):
        block.body_start = start  # only folds of the trace field: there is no header
        _note(block, Defect("header.missing", "There is no header before the text", start))
    if (nul := raw.find(b"\0", start, block.body_start)) >= 0:
        block.defects.append(Defect("header.nul", "The header holds a NUL", nul))
    return block


def _look_at_name(name: bytes) -> _Name:
    text = name.decode("latin-1")
    key = text.strip().lower()
    watched = key if key in SINGLE or key.startswith("content-") else ""
    return _Name(text, watched, len(name.split()) == 1, not _NAME.fullmatch(text))


_usual_name = lru_cache(maxsize=1024)(_look_at_name)


def _passed_over(raw: bytes, line: bytes, start: int, end: int) -> bool:
    """Return whether a first line that is no field is skipped.

    These are the line that mbox files put before a message, and any line above a message whose fields say what it
    consists of.
    """
    if line.startswith(_MBOX):
        return True
    if start != 0:
        return False
    blank = _BLANK_LINE.search(raw, start, min(end, MAX_HEADER_BYTES))
    return bool(CONTENT_FIELD.search(raw, start, blank.end() if blank else min(end, MAX_HEADER_BYTES)))


def _stray(block: FieldBlock, at: int, what: str) -> None:
    if len(block.strays) < MAX_STRAYS:
        block.strays.append(at)
    _note(block, Defect("header.no_colon", what, at))


def _note(block: FieldBlock, defect: Defect) -> None:
    """Note one defect of each code, which is enough for a block and bounds their number."""
    if all(defect.code != noted.code for noted in block.defects):
        block.defects.append(defect)


def _give_up(block: FieldBlock, raw: bytes, at: int, behind: int, end: int) -> None:
    """Leave the rest of the fields unread; the body still starts where it does."""
    blank = _BLANK_LINE.search(raw, behind - 1, end)
    block.body_start = blank.end() if blank else end
    block.defects.append(Defect(HEADER_LIMIT, "The header is larger than what is read of it", at))
