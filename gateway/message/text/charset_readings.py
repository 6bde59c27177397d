"""The texts that a part's octets may be: by its fields, and by programs that don't believe the fields.

Most parts have one reading, and finding that out costs a look or two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from gateway.characters.latin import LATIN
from gateway.message.encodings.charsets import codec_name
from gateway.message.part import Part

#: Codecs in which ASCII is itself; the escapes of ISO 2022 and HZ are looked for.
_LIKE_ASCII = re.compile(
    r"ascii|utf_?-?8(?:_sig)?|iso8859_\d+|latin.*|cp(?:125\d|437|8\d\d|9\d\d)|koi8.*|mac_.*|gb18030|big5.*|euc_.*"
    r"|tis_620|johab|kz1048|ptcp154|hp_roman8"
)

#: The end of a line that goes on without a blank, where DelSp=yes (RFC 3676 4.2).
_SOFT_BREAK = re.compile(r"(?<!--) (?:\r\n?|\n)(?:>+ ?)?")

#: UTF-7's way of writing letters below U+0800 (RFC 2152).
_UTF_7 = re.compile(rb"\+A[A-H][A-Za-z0-9+/]")
_ESCAPE = re.compile(rb"\x1b(?:\$[@AB]|\$?[()*+\-./][0-9@-Z]|[ -/]*[0-~])")
_SHIFTED = re.compile(rb"~\{|~\}|~\r?\n")

#: Charsets whose letters look like Latin ones, each with the octets of such letters. They are tried where the declared
#: charset doesn't fit.
_GUESSES: Final = {
    codec: "".join(one for one in LATIN if "\u0400" <= one < "\u0460").encode(codec, "ignore")
    for codec in ("cp1251", "koi8_r")
}
_ASCII_AND_SIGNS = bytes(range(0xC0))

#: Octets of which one is a NUL, on the average, in a text that may be UTF-16.
_NULS = 8

#: Octets of which one is a NUL, on the average, in a text that may be UTF-32: most of its octets are.
_WIDE_NULS = 2


def text_readings(part: Part) -> Iterator[str]:
    """Yield each reading of the text once, the declared one first."""
    seen = {part.text}
    yield part.text
    if part.params.get("delsp", "").strip().lower() == "yes":
        yield _SOFT_BREAK.sub("", part.text)
    for octets, codec in _candidates(part):
        text = octets.decode(codec, "replace").replace("\x00", "")
        if codec in ("utf_7", "utf_16_le", "utf_16_be"):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if text not in seen and text.strip():
            seen.add(text)
            yield text


def _candidates(part: Part) -> Iterator[tuple[bytes, str]]:
    octets, used = part.decoded, part.reading.codec
    if not _is_like_ascii(used):
        yield octets, "utf-8" if _is_utf_8(octets) else "cp1252"
    if b"+A" in octets and _UTF_7.search(octets) and used != "utf_7":
        yield octets, "utf_7"
    if b"\x1b" in octets:
        yield _ESCAPE.sub(b"", octets), "cp1252"
    if b"~{" in octets:
        yield (octets, "hz") if used != "hz" else (_SHIFTED.sub(b"", octets), "cp1252")
    if (
        octets[:2] in (b"\xff\xfe", b"\xfe\xff")
        or used.startswith("utf_16")
        or octets.count(b"\0") * _NULS > len(octets)
    ):
        yield octets, "utf_16_le"
        yield octets, "utf_16_be"
    if used.startswith("utf_32") or octets.count(b"\0") * _WIDE_NULS > len(octets):
        yield octets, "utf_32_le"
        yield octets, "utf_32_be"
    if part.reading.problem or (part.charset is None and not octets.isascii() and not _is_utf_8(octets)):
        yield from ((octets, codec) for codec, alike in _GUESSES.items() if _is_all(octets, alike))
    for field in part.fields("content-type"):
        for charset in field.structured.values("charset")[:4]:
            codec = codec_name(charset)
            if codec is not None and codec != used:
                yield octets, codec


@cache
def _is_like_ascii(codec: str) -> bool:
    return _LIKE_ASCII.fullmatch(codec) is not None


def _is_all(octets: bytes, letters: bytes) -> bool:
    """Return whether some octets are letters outside ASCII, and all of these are among `letters`."""
    foreign = octets.translate(None, _ASCII_AND_SIGNS)
    return bool(foreign) and not foreign.translate(None, letters)


def _is_utf_8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
