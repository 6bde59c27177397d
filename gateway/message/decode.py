"""Undoing transfer encodings and charsets, leniently, at the speed of C.

Nothing here raises on content: what is wrong with it comes back beside the result, as the code of a defect and a
sentence. Never loops over octets; only uuencode goes line by line.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from gateway.message.charsets import codec_name

#: Padded runs of base64 that are decoded one by one; real mail has one, list software a few. Bounds the loop.
MAX_BASE64_RUNS = 10_000

#: Lines of uuencode that are read in one part. A message of 50 MiB holds 850,000 full ones; many more are short or
#: broken, and each costs as much as a full one.
MAX_UU_LINES = 1_000_000

IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(range(256)).translate(None, _BASE64)
_BLANKS = b" \t\r\n"
_UU_BEGIN = re.compile(rb"begin [0-7]{1,6} .*+", re.DOTALL)
_UU_LINE = re.compile(rb"[^\r\n]++")


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets without their transfer encoding; `problem` is a defect's code, "" when nothing was wrong."""

    octets: bytes
    problem: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Text, and the codec that gave it; `problem` is a defect's code, "" when the declared charset did."""

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
        return Octets(binascii.a2b_qp(body) if b"=" in body else body)
    if encoding in UUENCODE:
        return decode_uuencode(body)
    return Octets(body, "encoding.unknown", "The Content-Transfer-Encoding is none of those of RFC 2045")


def decode_base64(body: bytes) -> Octets:
    """Lenient base64: foreign octets are skipped, missing padding is supplied, several padded runs are joined."""
    foreign = body.translate(None, _BASE64 + b"=" + _BLANKS)
    first_pad = body.find(b"=")
    tail = body[first_pad:].strip(b"=" + _BLANKS) if first_pad >= 0 else b""
    if not foreign and not tail:
        return _decode_run(body)
    if not foreign:
        return Octets(_decode_runs(body), "encoding.base64", "The base64 goes on after its padding")
    # With foreign octets behind the padding, it is a footer that a list appended, not base64.
    return Octets(_decode_run(body).octets, "encoding.base64", "The base64 holds octets outside its alphabet")


def _decode_run(body: bytes) -> Octets:
    """What stands up to the first padding."""
    try:
        return Octets(binascii.a2b_base64(body))
    except binascii.Error:
        letters = body.partition(b"=")[0].translate(None, _NOT_BASE64)
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return Octets(binascii.a2b_base64(whole + b"=="), "encoding.base64", "The base64 ends in the middle of an octet")


def _decode_runs(body: bytes) -> bytes:
    runs = body.translate(None, _BLANKS).split(b"=", MAX_BASE64_RUNS)
    return b"".join(_decode_run(run).octets for run in runs if run)


def decode_uuencode(body: bytes) -> Octets:
    """The files between "begin" and "end" lines, one after the other; the body itself when there is none."""
    octets = bytearray()  # not a list of lines: a line of three octets would take forty
    begun = inside = False
    for number, match in enumerate(_UU_LINE.finditer(body)):  # one search over all of it would keep the loop waiting
        line = match[0]
        if number >= MAX_UU_LINES or len(octets) > len(body):
            return Octets(bytes(octets), "limit.uuencode", "There is more uuencode than is read")
        if line.startswith(b"begin ") and _UU_BEGIN.fullmatch(line):
            begun = inside = True
        elif inside and line.rstrip(b" \t") == b"end":
            inside = False
        elif inside:
            octets += _uu_line(line)
    return Octets(bytes(octets)) if begun else Octets(body, "encoding.uuencode", "There is no begin line")


def _uu_line(line: bytes) -> bytes:
    """One line; many encoders write wrong lengths or lose trailing blanks, so a bad line is cut and padded."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        needed = (((line[0] - 32) & 63) * 4 + 5) // 3
    try:
        return binascii.a2b_uu(line[:needed])
    except binascii.Error:
        return b""


def decode_text(octets: bytes, charset: str | None) -> Text:
    """Decode text: by the declared charset, else as UTF-8, else as Windows-1252, else as latin-1, which never fails."""
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
    """UTF-7 can spell half characters, which nothing behind us could write down again."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
