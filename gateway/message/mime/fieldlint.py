"""Oddities of a header block: names, line breaks, control characters and lines that programs read differently.

One cheap check proves a block ordinary; only other blocks are searched. Nothing is changed here, and no field's value
is interpreted: `gateway.message.mime.contentlint` does that for Content-… fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gateway.message.defect import Defect
from gateway.message.header.fieldblock import MAX_HEADER_BYTES, FieldBlock

DEFECTS: Mapping[str, str] = {
    "header.text": "ambiguous",  # a line that is no field, above fields that describe the body
    "header.blank_line": "ambiguous",  # a line of blanks: programs take it for a fold, or for the end of the header
    "header.folded_field": "ambiguous",  # a line like a Content-… field is a fold of the field above
    "header.folded_name": "ambiguous",  # a Content field's name, with its colon on the next line
    "header.spaced_content": "ambiguous",
    "header.commented_content": "ambiguous",
    "header.byte_order_mark": "ambiguous",
    "header.control_break": "ambiguous",  # a control character where some programs see a line break
    "header.control": "ambiguous",  # in a name, or in a field that describes the body or names the author
    "header.line_break": "ambiguous",
    "header.spaced_name": "malformed",
    "header.odd_name": "malformed",
    "header.odd_octet": "malformed",
}

BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"  # UTF-8's, in latin-1

_USUAL = bytes(range(32, 127)) + b"\t\r\n"
#: A Content field in a fold, with the beginning of a value of its kind: DKIM signatures list names alone, in folds too
#: (RFC 6376 3.5, "h=").
_FOLDED_FIELD = re.compile(
    rb"\n[ \t]++content-(?:type[ \t]*+:[^\r\n:;]*?/|disposition[ \t]*+:[ \t]*+(?:inline|attachment)"
    rb"|transfer-encoding[ \t]*+:[^\r\n:;]*?(?:64|quoted|print|bit|binary|uu|=\?))",
    re.IGNORECASE,
)
_COMMENTED_NAME = re.compile(rb"(?<![^\r\n])content-[a-z-]++[ \t]++\([^()\r\n]*+\)[ \t]*+:", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"[\r\n][ \t]++(?:[\r\n]|\Z)")
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Fields of addresses and dates, in which the effect of a control character is seen.
_LISTS = frozenset({"to", "cc", "date", "message-id"})
_ESCAPE = 0x1B  # ISO 2022 without encoded words, from East Asia

#: Octets at which some programs end a line: as str.splitlines and its like do, or at any control character. NEL and
#: U+2028 in UTF-8.
LINE_END = rb"(?:[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85]|\xe2\x80[\xa8\xa9])"
_CONTROL_BREAK = re.compile(LINE_END + rb"[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
_ENDS = (b"\r\n\r\n", b"\n\n", b"\r\r")
_ENCODED_LINE = re.compile(rb"[ \t]*+[A-Za-z0-9+/=]{20,}+[ \t]*+(?:[\r\n]|\Z)")


def lint_fields(raw: bytes, start: int, block: FieldBlock) -> list[Defect]:
    """Return the defects of the block that begins at `start`, each code once."""
    octets = raw[start : min(block.body_start, start + MAX_HEADER_BYTES)]
    if not (block.odd or block.strays) and _is_ordinary(octets):
        return []
    checks = (_strays, _breaks, _names, _controls)
    found: dict[str, Defect] = {}
    for defect in (defect for check in checks for defect in check(octets, start, block)):
        found.setdefault(defect.code, defect)
    return list(found.values())


def _is_ordinary(octets: bytes) -> bool:
    return not (
        octets.translate(None, _USUAL)
        or not octets.count(b"\r\n") == octets.count(b"\r") == octets.count(b"\n")
        or b" \r" in octets
        or b"\t\r" in octets
        or _FOLDED_FIELD.search(octets)
    )


def _strays(octets: bytes, start: int, block: FieldBlock) -> Iterator[Defect]:
    """Yield defects of lines that are no field, which a program may take for the first line of the body.

    They matter if that program would miss fields, or show a text, by it.
    """
    if not block.strays:
        return
    if match := _COMMENTED_NAME.search(octets):
        yield Defect("header.commented_content", "A field's name holds a comment", start + match.start())
    first = block.strays[0]
    hidden = any(header.start > first for key, header in block.watched if key.startswith("content-"))
    coded = any(_ENCODED_LINE.match(octets, at - start) for at in block.strays)
    unended = len(block.strays) > 1 and not octets.endswith(_ENDS)
    if hidden or coded or unended:
        yield Defect("header.text", "Text stands inside the header, where some programs end it", first)


def _breaks(octets: bytes, start: int, block: FieldBlock) -> Iterator[Defect]:
    if match := _FOLDED_FIELD.search(octets):
        yield Defect(
            "header.folded_field", "A Content field is indented: part of the field above", start + match.start()
        )
    if match := _BLANK_LINE.search(octets):
        yield Defect("header.blank_line", "A line of the header consists of blanks", start + match.start())
    pairs = octets.count(b"\r\n")
    kinds = (pairs, octets.count(b"\r") - pairs, octets.count(b"\n") - pairs)
    if sum(map(bool, kinds)) > 1:
        yield Defect("header.line_break", "Lines of the header end in different ways", start)


def _names(octets: bytes, start: int, block: FieldBlock) -> Iterator[Defect]:
    for header in block.odd:
        yield _odd_name(header.name, header.start, header.start == start)


def _odd_name(name: str, at: int, is_first: bool) -> Defect:
    if is_first and name.startswith(BYTE_ORDER_MARK):
        return Defect("header.byte_order_mark", "The header begins with a byte order mark", at)
    bare = name.partition("(")[0].strip().lower()
    describes = bare.startswith("content-")
    if "(" in name:
        code = "header.commented_content" if describes else "header.odd_name"
        return Defect(code, "A field's name holds a comment", at)
    if "\n" in name or "\r" in name:
        code = "header.folded_name" if describes else "header.odd_name"
        return Defect(code, "A field's colon stands on the next line", at)
    if name != name.strip(" \t"):
        code = "header.spaced_content" if describes else "header.spaced_name"
        return Defect(code, "A blank stands between a field's name and its colon", at)
    if _CONTROL.search(name.encode("latin-1")):
        return Defect("header.control", "A field's name holds a control character", at)
    return Defect("header.odd_name", "A field's name holds characters that none may have", at)


def _controls(octets: bytes, start: int, block: FieldBlock) -> Iterator[Defect]:
    if match := _CONTROL_BREAK.search(octets):
        what = "A control character stands before a Content field, where some programs end a line"
        yield Defect("header.control_break", what, start + match.start())
    for key, header in block.watched:
        if key in _LISTS:
            continue
        if (match := _CONTROL.search(header.raw_value)) and (key != "subject" or match[0][0] != _ESCAPE):
            yield Defect("header.control", "A field holds a control character", header.start)
            return
    if match := _CONTROL.search(octets):
        yield Defect("header.odd_octet", "The header holds a control character", start + match.start())
