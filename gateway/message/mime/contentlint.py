"""Oddities of the fields that describe a body: a second one, or a syntax that programs read differently.

A field that a strict pattern proves ordinary costs one match. The reading isn't decided here: the parser takes the
first field leniently, and `gateway.message.mime.readings` gives the other readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gateway.message.defect import Defect
from gateway.message.encodings.decode import IDENTITY, UUENCODE
from gateway.message.header.field import Header
from gateway.message.header.params import strip_comments

DEFECTS: Mapping[str, str] = {
    "header.duplicate": "ambiguous",
    "header.repeated": "malformed",  # a second field that says the same or changes nothing
    "type.ambiguous": "ambiguous",
    "type.malformed": "malformed",
    "encoding.ambiguous": "ambiguous",
    "disposition.malformed": "malformed",
    "boundary.elsewhere": "ambiguous",
}

_ENCODINGS = frozenset({*IDENTITY, "base64", "quoted-printable", *UUENCODE})
_PLAIN = frozenset({b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"})
#: Pieces of values that could be meant, or taken, for an encoding that changes the octets.
_SMELLS = ("64", "base", "quoted", "print", "=?", "uu")

#: Fields of which some programs read the second one instead of the first; a second that differs is a defect.
_TELLING = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "from", "sender", "subject"})

_WORD = r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]"  # RFC 2045 5.1
#: Characters of a value without quotes. It may hold more than a token: "=" and "/" stand in real boundaries, and no
#: program misreads them.
_BARE = r"[!#$%&'*+.0-9A-Z^_`a-z{|}~=/:?@<>\[\]-]"
_FOLD = r"(?:\r?\n)?[ \t]"
_BLANKS = rf"(?:{_FOLD})*+"
_PARAMETER = rf'{_BLANKS}(?:{_WORD}++{_BLANKS}={_BLANKS}(?:"[^"\\\r\n]*+"|{_BARE}++){_BLANKS})?+'
_ORDINARY = re.compile(
    rf"{_BLANKS}{_WORD}++/{_WORD}++{_BLANKS}(?:;{_PARAMETER})*+(?:\r?\n)?".encode("ascii"),
)
_PARAMETERS = re.compile(
    rf"\s*+{_WORD}++(?:\s*+/\s*+{_WORD}++)?+\s*+"
    rf'(?:;\s*+(?:{_WORD}++\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s;"()]*+)\s*+)?+)*+',
    re.DOTALL,
)
_COMPOSITE = re.compile(r"(?:multipart|message)\s*/", re.IGNORECASE)
_MISSING_SEMICOLON = re.compile(rf'=\s*+(?:"[^"]*+"|[^\s;"=]++)\s++{_WORD}++\*?\s*+=', re.IGNORECASE)
_NAMES = re.compile(r"(?:file)?name\*?[0-9*]{0,9}\s*=", re.IGNORECASE)
_BOUNDARY = re.compile(r"(?:^|[\s;])boundary[0-9*]{0,9}\s*=", re.IGNORECASE)


def lint_content(watched: Sequence[tuple[str, Header]]) -> list[Defect]:
    """Return the defects of the watched fields of one block, in order."""
    found: list[Defect] = []
    seen: dict[str, Header] = {}
    for key, header in watched:
        first = seen.setdefault(key, header)
        if first is not header:
            found.append(_second(key, first, header))
        if key == "content-type":
            if not _ORDINARY.fullmatch(header.raw_value):
                found += _type(header)
        elif key == "content-transfer-encoding":
            if header.raw_value.strip().lower() not in _PLAIN:
                found += _encoding(header)
        elif key == "content-disposition":
            found += _disposition(header)
    return list({defect.code: defect for defect in reversed(found)}.values())[::-1]


# --- a second field --------------------------------------------------------------------------------------------------


def _second(key: str, first: Header, second: Header) -> Defect:
    if _says_the_same(key, first, second):
        return Defect("header.repeated", f"There is a second {second.name}, which changes nothing", second.start)
    return Defect("header.duplicate", f"There is a second {second.name}", second.start)


def _says_the_same(key: str, first: Header, second: Header) -> bool:
    if key in ("content-type", "content-disposition"):
        return first.structured == second.structured
    if key == "content-transfer-encoding":
        one, other = encoding_of(first), encoding_of(second)
        return one == other or {one, other} <= IDENTITY
    if key not in _TELLING:
        return True
    return first.text == second.text


def encoding_of(field: Header) -> str:
    """Return the value without comments, in lower case: an encoding's token, or other text in its place."""
    text = field.text
    return (strip_comments(text) if "(" in text else text).strip(" \t;").lower()


# --- their values ----------------------------------------------------------------------------------------------------


def _encoding(field: Header) -> Iterator[Defect]:
    value = encoding_of(field)
    if value not in _ENCODINGS and any(smell in value for smell in _SMELLS):
        what = "The Content-Transfer-Encoding can be taken for more than one"
        yield Defect("encoding.ambiguous", what, field.start)


def _type(field: Header) -> Iterator[Defect]:
    text = field.text
    bare = strip_comments(text) if "(" in text else text
    kind, slash, _ = field.structured.token.partition("/")
    composite = _COMPOSITE.search(text)
    if _PARAMETERS.fullmatch(bare) and kind and slash and field.structured.token.count("/") == 1:
        return
    hides = composite or _BOUNDARY.search(text) or (_MISSING_SEMICOLON.search(bare) and _NAMES.search(text))
    code = "type.ambiguous" if hides else "type.malformed"
    yield Defect(code, "The Content-Type isn't written as one", field.start)


def _disposition(field: Header) -> Iterator[Defect]:
    if b"oundary" in field.raw_value and _BOUNDARY.search(field.text):
        yield Defect("boundary.elsewhere", "The Content-Disposition names a boundary", field.start)
    value = field.raw_value
    if value.count(b'"') % 2 and b"\\" not in value:
        yield Defect("disposition.malformed", "A quotation mark is missing in the Content-Disposition", field.start)
