"""Uuencode, xxencode and begin-base64 (POSIX uuencode), line by line, as lenient as the programs that read them.

Finds the files between "begin" and "end" lines; bounded by lines and by octets, never raises on content.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.message.base64_text import decode_base64
from gateway.message.octets import EncodedFile, Octets

#: Lines of uuencode that are read in one part. A message of 50 MiB holds 850,000 full ones; many more are short or
#: broken, and each costs as much as a full one.
MAX_UU_LINES = 1_000_000

#: Octets that a part may grow to when its lines lack what they stand for (a line "M" is 45 octets); at least its size.
GROWN_BYTES = 16 * 1024 * 1024

#: Lines behind a "begin" line that are looked at for one of uuencode; mailers put empty or other lines there.
LINES_TRIED = 20

DEFECTS: Mapping[str, str] = {"encoding.uuencode": "malformed", "limit.uuencode": "limit"}

_BEGIN = re.compile(rb"begin(-base64|-base64-encoded|-encoded)?[ \t]++[0-7]{1,6}(?:[ \t]++([^\r\n]*+))?+(?![^\r\n])")
_LINE = re.compile(rb"[^\r\n]++")
_BASE64_END = re.compile(rb"(?:\A|(?<=[\r\n]))(?:={4,}+|end|begin(?:-[a-z0-9-]++)? )[^\r\n]*+")
_XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_XX_TO_UU = bytes.maketrans(_XX, bytes((96, *range(33, 96))))
_UU = bytes(range(32, 97))


@dataclass(slots=True)
class Allowed:
    """What may still be read of one part."""

    lines: int
    octets: int

    @classmethod
    def by(cls, text: bytes) -> Allowed:
        return cls(MAX_UU_LINES, max(len(text), GROWN_BYTES))

    @property
    def spent(self) -> bool:
        return self.lines < 0 or self.octets < 0


def decode_uuencode(body: bytes) -> Octets:
    """The files between "begin" and "end" lines, one after the other; the body itself when there is none."""
    allowed = Allowed.by(body)
    files = [octets for _, octets in uu_files(body, allowed, sure=True)]
    if allowed.spent:
        return Octets(b"".join(files), "limit.uuencode", "There is more uuencode than is read")
    return Octets(b"".join(files)) if files else Octets(body, "encoding.uuencode", "There is no begin line")


def uu_blocks(text: bytes) -> Iterator[EncodedFile]:
    """The files in text that may hold none; prose that speaks of "begin 644" is none."""
    allowed = Allowed.by(text)
    for name, octets in uu_files(text, allowed, sure=False):
        what = "there is more uuencode than is read" if allowed.spent else ""
        yield EncodedFile(name.decode("utf-8", "replace"), octets, what)


def uu_files(text: bytes, allowed: Allowed, *, sure: bool) -> Iterator[tuple[bytes, bytes]]:
    """Name and octets of each file; `sure` = whatever follows a begin line is one."""
    at = text.find(b"begin")
    while at >= 0 and not allowed.spent:
        begin = _BEGIN.match(text, at) if at == 0 or text[at - 1] in b"\r\n" else None
        behind = at + 1
        if begin:
            allowed.lines -= 1
            behind = begin.end()
            name = (begin[2] or b"").strip()
            if begin[1] in (b"-base64-encoded", b"-encoded"):
                name = decode_base64(name).octets
            if b"base64" in (begin[1] or b""):
                octets, behind = _base64_block(text, behind)
                yield name, octets
            elif sure or _is_uuencode(text, behind):
                octets, behind = _block(text, behind, allowed)
                yield name, octets
        at = text.find(b"begin", behind)


def _base64_block(text: bytes, start: int) -> tuple[bytes, int]:
    end = _BASE64_END.search(text, start)
    stop = end.start() if end else len(text)
    return decode_base64(text[start:stop]).octets, stop


def _block(text: bytes, start: int, allowed: Allowed) -> tuple[bytes, int]:
    octets = bytearray()  # not a list of lines: a line of three octets would take forty
    decode = _xx_line if _is_xxencode(text, start) else _uu_line
    for found in _LINE.finditer(text, start):
        line = found[0]
        allowed.lines -= 1
        if line.rstrip(b" \t") == b"end" or allowed.spent:
            return bytes(octets), found.end()
        if line.startswith(b"begin ") and _BEGIN.fullmatch(line):
            return bytes(octets), found.start()
        piece = decode(line)
        allowed.octets -= len(piece)
        octets += piece
    return bytes(octets), len(text)


def _uu_line(line: bytes) -> bytes:
    """One line; many encoders write wrong lengths or lose trailing blanks, so a bad line is cut and padded."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        needed = ((_length(line) * 4) + 5) // 3
    try:
        return binascii.a2b_uu(line[:needed])
    except binascii.Error:
        return b""


def _xx_line(line: bytes) -> bytes:
    return b"" if line.translate(None, _XX) else _uu_line(line.translate(_XX_TO_UU))


def _length(line: bytes) -> int:
    return (line[0] - 32) & 63


def _is_uuencode(text: bytes, start: int) -> bool:
    """Whether a line soon behind `begin` has just the layout of one, or the first few might be ones cut short."""
    if _is_xxencode(text, start):
        return True
    short = 0
    for number, found in enumerate(islice(_LINE.finditer(text, start), LINES_TRIED)):
        line = found[0]
        if line.rstrip() == b"end" and short == number:
            return number > 0
        if line.startswith(b"begin "):  # looked at on its own: each line is tried a few times at most
            return False
        if _fits(line, exactly=True):
            return True
        short += _fits(line, exactly=False)
        if short == number + 1 == 4:  # encoders that write blanks for zeros, and mailers that cut blanks
            return True
    return False


def _fits(line: bytes, *, exactly: bool) -> bool:
    count, length = _length(line), len(line.rstrip(b"\r"))
    needed = 1 + (count + 2) // 3 * 4
    if line.translate(None, _UU) or length > needed + 1:  # one octet of checksum
        return False
    return count >= 3 and length >= needed if exactly else length > 0


def _is_xxencode(text: bytes, start: int) -> bool:
    found = _LINE.search(text, start)
    if found is None or found[0].translate(None, _XX) or not found[0].translate(None, _UU):
        return False
    return _fits(found[0].translate(_XX_TO_UU), exactly=True)
