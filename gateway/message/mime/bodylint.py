"""Oddities at the beginning of a body: fields of its part that an empty line has pushed into it.

Mail that quotes other mail has such fields too. Two things tell them apart: the header lacks the field that stands in
the body, and the field would change what is shown. Only the first kilobyte is looked at, or the first paragraph of a
part with an empty header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.message.defect import Defect
from gateway.message.header.field import Header

DEFECTS: Mapping[str, str] = {
    "body.fields": "ambiguous",
    "body.paragraph": "note",  # fields among other lines, below an empty line that is the whole header
}

#: Octets of a body in which its part's own fields are looked for.
BEGINNING_BYTES = 1024

#: Octets of a body behind an empty line that stands for the whole header: some programs take the lines that follow for
#: the header.
UNHEADED_BYTES = 65_536

#: Lines of a body, blank ones aside, in which an encoding is looked for when the body isn't text.
_LINES = 4

_CODED = re.compile(rb"\s*+content-transfer-encoding[ \t]*+:\s*+\"?(?:base64|quoted-printable|x-uu|uu)", re.IGNORECASE)
_TYPED = re.compile(
    rb"(?<![^\s])content-(?:type|disposition|transfer-encoding)[ \t]*+:"
    rb"(?:[^\r\n]*+(?>\r\n?|\n)(?![\r\n])){0,20}[^\r\n]*+",
    re.IGNORECASE,
)
#: Fields one below the other, with their folds. A name may hold anything: some programs accept any name.
_FIELDS = re.compile(rb"(?:[^:\r\n]++:[^\r\n]*+(?:(?:\r\n?|\n)[ \t]++[^\r\n]*+)*+(?:\r\n?|\n|\Z)){1,20}+")
_PARAGRAPH = re.compile(rb"\s*+(?:[^\r\n]++(?>\r\n?|\n)?)*+")
_CONTENT = re.compile(rb"(?<![^\r\n])[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
_PARAGRAPH_END = re.compile(rb"(?>\r\n?|\n)[\r\n]")
#: Values that make fields in a body more than a quotation of plain text's.
_LOADED = re.compile(
    rb":[ \t]*+(?:multipart|message|application|image|audio|video)/|name[*0-9]*+[ \t]*+="
    rb"|base64|quoted-printable|uuencode",
    re.IGNORECASE,
)
_QUOTING = ("message/", "text/rfc822-headers", "multipart/")


def lint_body(
    raw: bytes, start: int, end: int, content_type: str, headers: Iterable[Header], has_header: bool
) -> Defect | None:
    """Return the defect of the leaf whose body is raw[start:end]; without a header the body is the whole leaf."""
    if content_type.startswith(_QUOTING):
        return None
    keys = {header.key for header in headers}
    beginning = raw[start : min(end, start + BEGINNING_BYTES)]
    if b"content-" in beginning.lower() and (
        _hides_type(beginning, keys, has_header) or _hides_encoding(beginning, keys, content_type)
    ):
        return Defect("body.fields", "Fields of the part stand in its body, behind an empty line", start)
    if not keys and _paragraph_holds_fields(raw, start, end):
        return Defect("body.paragraph", "Fields stand in the first paragraph of a part with an empty header", start)
    return None


def _paragraph_holds_fields(raw: bytes, start: int, end: int) -> bool:
    paragraph = _PARAGRAPH.match(raw, start, min(end, start + UNHEADED_BYTES))
    return bool(paragraph and _CONTENT.search(paragraph[0]))


def _hides_type(beginning: bytes, keys: set[str], has_header: bool) -> bool:
    """Return whether the first lines are Content fields that would change what is shown.

    Where a line that is no field has undone the header, the first paragraph is searched.
    """
    if "content-type" in keys:
        return False
    if has_header:
        fields = _FIELDS.match(beginning.lstrip())
        place = fields[0] if fields else b""
    else:
        place = _PARAGRAPH_END.split(beginning, maxsplit=1)[0]
    typed = _TYPED.search(place)
    return bool(typed and _LOADED.search(typed[0]))


def _hides_encoding(beginning: bytes, keys: set[str], content_type: str) -> bool:
    if "content-transfer-encoding" in keys:
        return False
    lines = [line for line in beginning.splitlines() if line.strip()]
    is_text = content_type.startswith("text/")
    return any(_CODED.match(line) for line in lines[: 1 if is_text else _LINES])
