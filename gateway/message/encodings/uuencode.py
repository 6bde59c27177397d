"""Uuencode, xxencode and begin-base64 (POSIX uuencode), line by line, as lenient as the programs that read them.

Finds the files between "begin" and "end" lines. Bounded by lines and by octets; never raises on content.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gateway.message.encodings.base64_text import decode_base64
from gateway.message.encodings.octets import EncodedFile, Octets

#: Lines of uuencode that are read in one part. A message of 50 MiB holds 850,000 full ones; many more are short or
#: broken, and each costs as much as a full one.
MAX_UU_LINES = 1_000_000

#: Times that each of a text's lines is read, on average: a file is read in two ways, and its begin line counts once
#: more. Begin lines without an end begin one file in another, and would each read all that follows.
READINGS_OF_A_LINE = 3
#: Lines that are read even of the shortest text: 15 milliseconds.
MIN_UU_LINES = 10_000

#: Octets to which a part may grow when its lines lack the characters of their octets (a line "M" is 45 octets); at
#: least the part's own size.
GROWN_BYTES = 16 * 1024 * 1024

#: Lines behind a "begin" line that are searched for one of uuencode; mailers put empty or other lines there.
LINES_TRIED = 20

#: Lines behind a "begin" line that are searched for a long one: some readers skip anything before it.
LINES_SEARCHED = 10_000

#: Begin lines of a text that are looked at to say whether it may hold a file at all: with more of them it may.
MAX_BEGINS = 100

#: Octets of a long line: no text has such a line without small letters whose first octet states its length.
LONG_LINE_BYTES = 20

DEFECTS: Mapping[str, str] = {"encoding.uuencode": "malformed", "limit.uuencode": "limit"}

_BEGIN = re.compile(rb"begin(-base64|-base64-encoded|-encoded)?[ \t]([^\r\n]*+)")
#: The words behind "begin": the mode, octal for most writers, and the name. Outlook asks for no mode; uudecode(1) of
#: BSD takes "u=rw", other programs skip any mode.
_OCTAL = re.compile(rb"[ \t]*+[0-7]{1,6}(?:[ \t]++(.*))?\Z", re.DOTALL)
#: A mode that lets the owner read, and that is no year.
_USUAL_MODE = re.compile(rb"[ \t]*+0*+(?:100)?[4-7][0-7]{2}(?:[ \t]|\Z)")
_MODE = re.compile(rb"[ \t]*+[^\s.]{1,32}[ \t]++(?=\S)")
_LINE = re.compile(rb"[^\r\n]++")
_BASE64_LINE = re.compile(rb"[\r\n]++[A-Za-z0-9+/]{20,}+=*+[ \t]*+(?:[\r\n]|\Z)")
_BASE64_END = re.compile(rb"(?:\A|(?<=[\r\n]))(?:={4,}+|end|begin(?:-[a-z0-9-]++)? )[^\r\n]*+")
#: The lines below the last line of a file.
_LAST = re.compile(rb"[\r\n]++(?:`[ \t]*+[\r\n]++|[ \t]++[\r\n]++)?+end[ \t]*+(?:[\r\n]|\Z)")
_XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_XX_TO_UU = bytes.maketrans(_XX, bytes((96, *range(33, 96))))
_UU = bytes(range(32, 97))


@dataclass(slots=True)
class Remaining:
    """The lines and octets that may still be read of one part."""

    lines: int
    octets: int

    @classmethod
    def by(cls, text: bytes) -> Remaining:
        lines = max(MIN_UU_LINES, READINGS_OF_A_LINE * max(text.count(b"\n"), text.count(b"\r")))
        return cls(min(lines, MAX_UU_LINES), max(len(text), GROWN_BYTES))

    @property
    def spent(self) -> bool:
        return self.lines < 0 or self.octets < 0


def decode_uuencode(body: bytes) -> Octets:
    """Return the files between "begin" and "end" lines, one after the other; the body itself where there is none."""
    allowed = Remaining.by(body)
    files = [octets for _, octets in uu_files(body, allowed, sure=True)]
    if allowed.spent:
        return Octets(b"".join(files), "limit.uuencode", "There is more uuencode than is read")
    return Octets(b"".join(files)) if files else Octets(body, "encoding.uuencode", "There is no begin line")


def uu_blocks(text: bytes) -> Iterator[EncodedFile]:
    """Yield the files in a text that may hold none; prose that speaks of "begin 644" is no file."""
    allowed = Remaining.by(text)
    for name, octets in uu_files(text, allowed, sure=False):
        what = "there is more uuencode than is read" if allowed.spent else ""
        yield EncodedFile(name.decode("utf-8", "replace"), octets, what)


def holds_uuencode(text: bytes) -> bool:
    """Return whether the text may hold a file in one of these forms; decodes nothing."""
    begins = list(islice(_begins(text), MAX_BEGINS + 1))
    return len(begins) > MAX_BEGINS or next(_found(text, begins, sure=False), None) is not None


def uu_files(text: bytes, allowed: Remaining, *, sure: bool) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and octets of each file; `sure` = any content behind a begin line is a file."""
    behind = 0
    for begin in _found(text, _begins(text), sure=sure):
        if allowed.spent:
            return
        if begin.start() < behind:
            continue
        allowed.lines -= 1
        if b"base64" in (begin[1] or b""):
            octets, behind = _base64_block(text, begin.end())
            files = [octets]
        else:
            files, behind = _blocks(text, begin.end(), allowed)
        yield from ((_name(begin), octets) for octets in files)


def _begins(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the lines that look like the begin line of a file."""
    at = text.find(b"begin")
    while at >= 0:
        if (at == 0 or text[at - 1] in b"\r\n") and (begin := _BEGIN.match(text, at)):
            yield begin
        at = text.find(b"begin", at + 1)


def _found(text: bytes, begins: Iterable[re.Match[bytes]], *, sure: bool) -> Iterator[re.Match[bytes]]:
    """Yield the begin lines behind which a file stands."""
    for begin in begins:
        is_octal = _OCTAL.match(begin[2]) is not None
        if b"base64" in (begin[1] or b""):
            if is_octal or _BASE64_LINE.match(text, begin.end()):
                yield begin
        elif (sure and is_octal) or _is_uuencode(text, begin.end(), is_usual=bool(_USUAL_MODE.match(begin[2]))):
            yield begin


def _name(begin: re.Match[bytes]) -> bytes:
    octal = _OCTAL.match(begin[2])
    if octal:
        name = (octal[1] or b"").strip()
    else:
        mode = _MODE.match(begin[2])
        name = begin[2][mode.end() if mode else 0 :].strip()
    return decode_base64(name).octets if begin[1] in (b"-base64-encoded", b"-encoded") else name


def _base64_block(text: bytes, start: int) -> tuple[bytes, int]:
    end = _BASE64_END.search(text, start)
    stop = end.start() if end else len(text)
    return decode_base64(text[start:stop]).octets, stop


def _blocks(text: bytes, start: int, allowed: Remaining) -> tuple[list[bytes], int]:
    """Return the file behind a begin line, in each reading that differs, and the place from which others may begin.

    Some readers stop at another begin line, others go on to "end"; some leave out lines whose length is wrong.
    """
    lenient = _block(text, start, allowed)
    readings = [lenient.octets[: lenient.cut], lenient.octets]
    if lenient.has_odd_lines:
        readings.append(_block(text, start, allowed, exactly=True).octets)
    return list(dict.fromkeys(bytes(one) for one in readings)), lenient.behind


@dataclass(slots=True)
class _Block:
    octets: bytearray = field(default_factory=bytearray)  # not a list of lines: a line of three octets would take forty
    cut: int | None = None  # octets in front of another begin line
    behind: int = 0
    has_odd_lines: bool = False


def _block(text: bytes, start: int, allowed: Remaining, *, exactly: bool = False) -> _Block:
    block = _Block(behind=len(text))
    decode = _xx_line if _is_xxencode(text, start) else _uu_line
    for found in _LINE.finditer(text, start):
        line = found[0]
        allowed.lines -= 1
        if line.rstrip(b" \t") == b"end" or allowed.spent:
            if block.cut is None:
                block.behind = found.end()
            break
        if line.startswith(b"begin ") and block.cut is None and _OCTAL.match(line, len(b"begin ")):
            block.cut, block.behind = len(block.octets), found.start()
        piece = decode(line)
        if piece and decode is _uu_line and not _fits(line, least=1):
            block.has_odd_lines = True
            piece = b"" if exactly else piece
        allowed.octets -= len(piece)
        block.octets += piece
    return block


def _uu_line(line: bytes) -> bytes:
    """Decode one line; a bad line is cut and padded.

    Many encoders write wrong lengths or lose trailing blanks.
    """
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


def _is_uuencode(text: bytes, start: int, *, is_usual: bool) -> bool:
    """Return whether a line behind `begin` has the layout, or, behind a mode, the first few may be lines cut short.

    Short lines count at the end of a file, and soon behind a usual mode: hash tags and dates look like them.
    """
    if _is_xxencode(text, start):
        return True
    short = 0
    for number, found in enumerate(islice(_LINE.finditer(text, start), LINES_SEARCHED)):
        line = found[0]
        is_soon = is_usual and number < LINES_TRIED
        if line.rstrip() == b"end":
            return is_usual and 0 < number == short
        if line.startswith(b"begin") and _BEGIN.match(line):  # it is looked at on its own: each line is tried once
            return False
        is_sure = is_soon or len(line) >= LONG_LINE_BYTES
        if _fits(line, least=3 if is_sure else 1) and (is_sure or _LAST.match(text, found.end())):
            return True
        if short == number and is_soon:
            short += _may_be_cut(line)
            if short == 4:  # encoders that write blanks for zeros, and mailers that cut blanks
                return True
    return False


def _fits(line: bytes, *, least: int) -> bool:
    """Return whether a line has exactly the layout of uuencode, for at least `least` octets."""
    count, length = _length(line), len(line.rstrip(b"\r"))
    needed = 1 + (count + 2) // 3 * 4
    return count >= least and needed <= length <= needed + 1 and not line.translate(None, _UU)  # an octet of checksum


def _may_be_cut(line: bytes) -> bool:
    """Return whether the line may be one of uuencode without its last blanks."""
    length = len(line.rstrip(b"\r"))
    return 0 < length <= 2 + (_length(line) + 2) // 3 * 4 and not line.translate(None, _UU)


def _is_xxencode(text: bytes, start: int) -> bool:
    found = _LINE.search(text, start)
    if found is None or found[0].translate(None, _XX) or not found[0].translate(None, _UU):
        return False
    return _fits(found[0].translate(_XX_TO_UU), least=3)
