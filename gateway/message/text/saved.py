"""The texts of a part as programs show and save it: its other charsets, no byte-order mark, flowed lines joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from gateway.message.part import Part
from gateway.message.text.charset_readings import text_readings

#: Texts of one part: its charset has a handful of readings, and each may be flowed in two ways.
MAX_SAVED_TEXTS = 12

#: Codecs in which octets that look like ASCII may spell other text.
_STATEFUL = ("utf_7", "hz", "iso2022")
_ASCII = bytes(range(32, 127))
_HIGH = bytes(range(128, 256))
_MARK = "\ufeff"

_STUFFING = re.compile(r"^ ", re.MULTILINE)
#: The end of a line that goes on; the line before a signature doesn't (RFC 3676 4.3).
_SOFT_BREAK = re.compile(r"(?<!^--)( )(?:\r\n?|\n)", re.MULTILINE)


def saved_texts(part: Part) -> Iterator[bytes]:
    """Yield each text, in UTF-8, that differs from the part's octets in more than the spelling of foreign letters."""
    seen = {part.decoded, b""}
    for number, text in enumerate(_texts(part)):
        octets = text.encode("utf-8", "replace")
        if number < MAX_SAVED_TEXTS and octets not in seen:
            seen.add(octets)
            yield octets


def _texts(part: Part) -> Iterator[str]:
    flow = _flow(part)
    for number, text in enumerate(text_readings(part)):
        bare = text.lstrip(_MARK)
        if text.startswith(_MARK) or not _is_as_octets(part, text, is_declared=not number):
            yield bare
        if flow:
            yield from _joined(bare, delsp=flow == "delsp")


def _is_as_octets(part: Part, text: str, *, is_declared: bool) -> bool:
    codec = part.reading.codec
    if is_declared and not codec.startswith(_STATEFUL) and _spells_ascii(codec):
        return True
    return text.encode("ascii", "ignore") == part.decoded.translate(None, _HIGH)


@cache
def _spells_ascii(codec: str) -> bool:
    try:
        return _ASCII.decode(codec) == _ASCII.decode("ascii")
    except UnicodeError:
        return False


# --- flowed lines ----------------------------------------------------------------------------------------------------


def _flow(part: Part) -> str:
    """Return "flowed" or "delsp" where a Content-Type says so in any form, else ""."""
    said = b" ".join(field.raw_value.lower() for field in part.fields("content-type"))
    if b"flowed" not in said:
        return ""
    return "delsp" if b"delsp" in said else "flowed"


def _joined(text: str, *, delsp: bool) -> Iterator[str]:
    """Yield the text with its flowed lines joined, in two ways.

    RFC 3676 4.1 removes the stuffing of each line first; some programs remove it from the joined lines.
    """
    kept = "" if delsp else r"\1"
    yield _SOFT_BREAK.sub(kept, _STUFFING.sub("", text))
    yield _STUFFING.sub("", _SOFT_BREAK.sub(kept, text))
