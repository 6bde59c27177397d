"""Decoding of transfer encodings and charsets, leniently, at the speed of C.

Nothing here raises on content: a problem with it comes back beside the result, as the code of a defect and a sentence.
Each encoding has a module of its own; this one chooses among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.message.encodings import base64_text, quoted_printable, uuencode
from gateway.message.encodings.base64_text import decode_base64
from gateway.message.encodings.binhex import binhex_blocks
from gateway.message.encodings.charsets import codec_name
from gateway.message.encodings.octets import EncodedFile, Octets
from gateway.message.encodings.quoted_printable import decode_quoted_printable
from gateway.message.encodings.uuencode import decode_uuencode

__all__ = [
    "DEFECTS",
    "IDENTITY",
    "UUENCODE",
    "Octets",
    "Text",
    "decode_base64",
    "decode_text",
    "decode_transfer",
    "decode_uuencode",
]

IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
GZIP64 = frozenset({"x-gzip64", "gzip64", "x-gzip-base64"})  # base64 of gzip; the gzip file is opened as such later
BINHEX = frozenset({"x-binhex40", "binhex40", "mac-binhex40", "x-mac-binhex40", "binhex", "x-binhex"})
YENC = frozenset({"x-yenc", "yenc", "x-yencode"})  # left as it stands: its files are found as in any text

DEFECTS: Mapping[str, str] = {
    **base64_text.DEFECTS,
    **quoted_printable.DEFECTS,
    **uuencode.DEFECTS,
    "encoding.unknown": "ambiguous",  # and the body may be encoded
    "encoding.odd": "malformed",  # unknown too, but nothing in the body seems encoded
    "encoding.rare": "note",
    "charset.unknown": "note",
    "charset.undecodable": "note",
}

_ENCODED = re.compile(rb"^[A-Za-z0-9+/]{40,}+=*+\s*?$|=[0-9A-Fa-f]{2}|=\r?$|^begin |^=ybegin ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """Text, and the codec that gave it; `problem` is a defect's code, "" when the declared charset gave it."""

    text: str
    codec: str
    problem: str = ""
    what: str = ""


def decode_transfer(body: bytes, encoding: str) -> Octets:
    """Undo a Content-Transfer-Encoding (RFC 2045 6), given as its lower-case token. An unknown one changes nothing."""
    if encoding in IDENTITY:
        return Octets(body)
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return decode_quoted_printable(body)
    rare = _decode_rare(body, encoding)
    if rare is None:
        return _unknown(body)
    return rare if rare.problem else Octets(rare.octets, "encoding.rare", f"The transfer encoding is {encoding}")


def _decode_rare(body: bytes, encoding: str) -> Octets | None:
    if encoding in UUENCODE:
        return decode_uuencode(body)
    if encoding in GZIP64:
        return decode_base64(body)
    if encoding in BINHEX:
        return _first(binhex_blocks(body, announced=False), body)
    return Octets(body) if encoding in YENC else None


def _first(files: Iterator[EncodedFile], body: bytes) -> Octets:
    """Return the first file, the data fork where the other is a Macintosh's own; the body where there is none."""
    file = next(files, None)
    return Octets(file.octets if file else body)


def _unknown(body: bytes) -> Octets:
    if _may_be_encoded(body):
        return Octets(body, "encoding.unknown", "The Content-Transfer-Encoding is none of those of RFC 2045")
    return Octets(body, "encoding.odd", "The Content-Transfer-Encoding is unknown, and nothing seems encoded")


def _may_be_encoded(body: bytes) -> bool:
    if _ENCODED.search(body):
        return True
    return bool(body.strip()) and not body.translate(None, base64_text.ALPHABET + b"=\r\n")


def decode_text(octets: bytes, charset: str | None) -> Text:
    """Decode text by the declared charset, else as UTF-8, else as Windows-1252, else as latin-1, which never fails."""
    declared = codec_name(charset) if charset else "ascii"
    if declared is not None:
        try:
            text = octets.decode(declared)
            return Text(_without_surrogates(text) if declared == "utf_7" else text, declared)
        except (UnicodeError, ValueError):
            problem = ("charset.undecodable", f"The text is not in {charset}") if charset else ("", "")
    else:
        problem = ("charset.unknown", "The charset is unknown")
    for codec in ("utf-8", "cp1252"):
        try:
            return Text(octets.decode(codec), codec, *problem)
        except UnicodeDecodeError:
            continue
    return Text(octets.decode("latin-1"), "latin-1", *problem)


def _without_surrogates(text: str) -> str:
    """Replace half characters, which UTF-7 can spell and nothing behind us could write down again."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
