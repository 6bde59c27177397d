"""Quoted-printable (RFC 2045 6.7) as mail holds it: one lenient decoding, its defects, readings of other programs.

Arithmetic on a few counts recognises well-formed bodies; regular expressions run on odd ones only. Raises nothing.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from gateway.message.encodings.octets import Octets

#: Bad escapes right before a good one or a line's end, and escapes cut in two, from which on they are no accident of
#: somebody who left a "=" as it was. They double or hide an octet, depending on the program.
MANY_ESCAPES = 4

DEFECTS: Mapping[str, str] = {
    "encoding.qp_escapes": "ambiguous",
    "encoding.qp_escape": "malformed",
    "encoding.qp_soft_break": "malformed",
    "encoding.qp_layout": "note",
    "encoding.qp_raw": "note",
}

#: Bad escapes, odd breaks and blanks that are mended; binascii decodes those behind. Bounds time and memory where a
#: body holds nothing else: 50 MiB of "=" would become a list of as many pieces.
MENDED = 100_000

#: Octets up to which every escape is looked at. The escapes of a longer body are counted if it is mostly escapes: that
#: takes three times as long as decoding it, not ten times.
LOOKED_AT_BYTES = 256 * 1024

_LEGAL = bytes((9, 10, 13, *range(32, 127)))
_ILLEGAL = bytes(range(256)).translate(None, _LEGAL)

_BREAK = rb"(?:\r\n|\n|\r)"
_GOOD = rb"(?:[0-9A-Fa-f]{2}|[ \t]*+" + _BREAK + rb"|[ \t]*+\Z)"
_BAD_ESCAPE = re.compile(rb"=(?!" + _GOOD + rb")")
_BAD_WITH_REST = re.compile(rb"=(?!" + _GOOD + rb")[^=\r\n]{0,2}+")
_BAD_WITH_TWO = re.compile(rb"=(?!" + _GOOD + rb")[^\r\n]{0,2}+")
_SPLIT_ESCAPE = re.compile(rb"=([0-9A-Fa-f])=?[ \t]*+" + _BREAK + rb"([0-9A-Fa-f])")
_HIDDEN = re.compile(
    rb"(?<!=)=(?!"
    + _GOOD
    + rb")[^=\r\n]{0,2}+=(?:[0-9A-Fa-f]{2}|\r?\n)|=[0-9A-Fa-f]=?[ \t]*+"
    + _BREAK
    + rb"[0-9A-Fa-f]"
)
_SOFT_BREAK = re.compile(rb"=[ \t]*+" + _BREAK)
_SOFT_BREAKS = re.compile(rb"=[ \t]*+" + _BREAK + rb"++")
_ODD_SOFT_BREAK = re.compile(rb"=(?:[ \t]++" + _BREAK + rb"|\r(?!\n))")
_BREAK_BEHIND_SOFT = re.compile(rb"=\r?\n\r?\n(?!\Z)")
_ODD = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n(?!\r?\n))")
_LONE_CR = re.compile(rb"\r(?!\n)")
_LEADING_BLANKS = re.compile(rb"^[ \t]++", re.MULTILINE)
_TRAILING_BLANKS = re.compile(rb"[ \t]++(?=" + _BREAK + rb"|\Z)")


def decode_quoted_printable(body: bytes) -> Octets:
    """Decode every good escape and leave out every soft break; a bad escape stays as it is."""
    if b"=" not in body:
        return Octets(body, *_problem(body))
    octets = binascii.a2b_qp(body)
    return Octets(octets, *_problem(body)) if _is_sound(body, len(octets)) else _decode_odd(body)


def _is_sound(body: bytes, decoded_bytes: int) -> bool:
    """Return whether all escapes and soft breaks are good ones."""
    lost = len(body) - decoded_bytes
    if len(body) <= LOOKED_AT_BYTES or lost < len(body) // 16:
        return _ODD.search(body) is None
    # "=\r\n" takes three octets, "=\n" and "=XX" two; bad ones take fewer. But behind "=" and a CR alone, binascii
    # leaves out the whole line.
    return lost == 2 * body.count(b"=") + body.count(b"=\r\n") and not _LONE_CR.search(body)


def _problem(body: bytes) -> tuple[str, str]:
    """Return the problem of a body whose escapes are good: a code and a sentence, both empty where there is none."""
    if not body.isascii() or (len(body) <= LOOKED_AT_BYTES and body.translate(None, _LEGAL)):
        return "encoding.qp_raw", "The quoted-printable holds octets that it should encode"
    if body[:1] in (b" ", b"\t") and _LEADING_BLANKS.match(body.partition(b"=\r\n")[2]):
        return "encoding.qp_layout", "Lines of quoted-printable begin with blanks behind soft line breaks"
    return "", ""


def _decode_odd(body: bytes) -> Octets:
    octets = _decoded(_mended(_BAD_ESCAPE, b"=3D", body))
    if sum(1 for _ in islice(_HIDDEN.finditer(body), MANY_ESCAPES)) >= MANY_ESCAPES:
        return Octets(octets, "encoding.qp_escapes", "Many escapes of the quoted-printable are bad or cut in two")
    if _BAD_ESCAPE.search(body):
        return Octets(octets, "encoding.qp_escape", "An escape of the quoted-printable is bad")
    if _ODD_SOFT_BREAK.search(body):
        return Octets(octets, "encoding.qp_soft_break", "Blanks or a lone CR stand behind a soft line break")
    if _BREAK_BEHIND_SOFT.search(body):
        return Octets(octets, "encoding.qp_layout", "An empty line stands behind a soft line break")
    return Octets(octets, *_problem(body))


def _decoded(body: bytes) -> bytes:
    """Decode the body, with soft breaks of any kind."""
    return binascii.a2b_qp(_mended(_SOFT_BREAK, b"", body))


def _mended(pattern: re.Pattern[bytes], by: bytes, body: bytes) -> bytes:
    return pattern.sub(by, body, count=MENDED)


def other_quoted_printable(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the readings of other programs, each with a label; some may equal that of `decode_quoted_printable`."""
    if _BAD_ESCAPE.search(body):
        yield "quoted-printable without bad escapes", _decoded(_mended(_BAD_WITH_REST, b"", body))
        yield "quoted-printable without lone =", _decoded(_mended(_BAD_ESCAPE, b"", body))
        yield "quoted-printable without two octets behind bad =", _decoded(_mended(_BAD_WITH_TWO, b"", body))
    if _SPLIT_ESCAPE.search(body):
        yield "quoted-printable with split escapes joined", _decoded(_mended(_SPLIT_ESCAPE, rb"=\1\2", body))
    yield "quoted-printable, strict soft breaks", binascii.a2b_qp(body)
    yield "quoted-printable without breaks behind soft ones", binascii.a2b_qp(_mended(_SOFT_BREAKS, b"", body))
    yield (
        "quoted-printable without blanks at lines' ends",
        _decoded(_mended(_LEADING_BLANKS, b"", _mended(_TRAILING_BLANKS, b"", body))),
    )
    if body.translate(None, _LEGAL):
        yield "quoted-printable without raw octets", _decoded(body.translate(None, _ILLEGAL))
