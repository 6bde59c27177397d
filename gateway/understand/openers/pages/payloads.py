"""Files written out in a page: as base64, hexadecimal, numbers, percent signs or escapes, forwards or backwards.

A literal counts when its octets begin as a program, an archive or a disk image begins, or are a page of their own.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from gateway.understand.member import Unreadable
from gateway.understand.openers.pages.data_uris import from_base64
from gateway.understand.openers.pages.magic_numbers import TELLING_BYTES, is_picture, is_program_or_archive

#: Octets of a literal that can hold a file of an unknown kind, which may be enciphered.
BIG_LITERAL_BYTES = 1024

#: Octets of a literal that is worth hiding: the smallest archives have some hundred.
LITERAL_BYTES = 48

#: Places in one run of letters at which a file seems to begin.
MAX_STARTS = 1_000

#: Letters of the shortest literal that is decoded: fewer hold no file.
MIN_LETTERS = 32

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{%d,}+={0,2}" % MIN_LETTERS)
#: Starts in base64 of programs, archives, compound files and shortcuts.
_MAGIC_LETTERS = re.compile(rb"TV[nopqr]|UEsDB|UmFyIRo|N3q8r|TVNDR|H4sI|f0VMR|0M8R4K|TAAAAA|5FJce")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})++\Z")
_NUMBERS = re.compile(rb"(?:-?(?:0[xX][0-9A-Fa-f]{1,2}|[0-9]{1,3}),){%d,}+(?:0[xX][0-9A-Fa-f]{1,2}|[0-9]{1,3})?" % 31)
_DECIMALS = re.compile(rb"[0-9]{1,3}([-.:;|/_+~*#@!])(?:[0-9]{1,3}\1){30,}+[0-9]{0,3}")
_PAIRS = re.compile(rb"[0-9A-Fa-f]{2}([-.:;|/_+~*#@!])(?:[0-9A-Fa-f]{2}\1){30,}+(?:[0-9A-Fa-f]{2})?")
_PERCENTS = re.compile(rb"(?:%%[0-9A-Fa-f]{2}|[A-Za-z0-9._~*-]){%d,}+" % MIN_LETTERS)
_RAW = re.compile(rb"[\"'`](?=MZ|PK\x03\x04|Rar!\x1a|7z\xbc\xaf|MSCF\0|L\0\0\0\x01\x14|\xd0\xcf\x11\xe0|\x7fELF)")
_PAGE = re.compile(rb"\s*+(?:\xef\xbb\xbf)?<(?:!doctype|html|head|body|script|svg|iframe|meta|form|div|\?xml)", re.I)
_STRINGS = re.compile(rb"[\"'`>]([A-Za-z0-9+/=_-]{8,}+)(?=[\"'`<])")
_TAG = re.compile(rb"<!--|-->|<[^<>]{0,2048}+>|&(?:shy|ZeroWidthSpace|zwnj|zwj|#8203|#173);")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_BLANKS = b"\t\n\r\x0b\x0c "
_ISO_LETTERS = 32_769 // 3 * 4  # place in base64 of octet 32,769


def compact(text: bytes) -> bytes:
    """Remove blanks and line breaks, which encodings skip."""
    return text.translate(None, _BLANKS)


def lettered(dense: bytes) -> Iterator[bytes]:
    """Yield each run of letters in a compacted text that may be base64 or hexadecimal."""
    for run in _RUN.finditer(dense):
        yield run[0]


def lettered_payloads(dense: bytes) -> Iterator[bytes]:
    """Yield each file or page in a compacted text as base64 or hexadecimal. Raises Unreadable."""
    for run in lettered(dense):
        yield from _from_letters(run)


def numbered(dense: bytes) -> Iterator[bytes]:
    """Yield the octets written as numbers or in percent signs, whatever they are."""
    if b"," in dense:
        for numbers in _NUMBERS.finditer(dense):
            yield _from_numbers(numbers[0])
    if b"%" in dense:
        for percents in _PERCENTS.finditer(dense):
            if b"%" in percents[0]:
                yield unquote_to_bytes(percents[0])


def separated(dense: bytes) -> Iterator[bytes]:
    """Yield the octets written as numbers between other signs than commas: "77-90-144", "4d:5a:90"."""
    for found in _DECIMALS.finditer(dense):
        yield bytes(int(one) & 0xFF for one in found[0].split(found[1]) if one)
    for found in _PAIRS.finditer(dense):
        yield bytes.fromhex(found[0].replace(found[1], b"").decode("ascii"))


def numbered_payloads(dense: bytes) -> Iterator[bytes]:
    """Yield each file or page among the octets written as numbers."""
    for octets in (*numbered(dense), *separated(dense)):
        yield from _telling(octets)


def raw_payloads(program: bytes) -> Iterator[bytes]:
    """Yield each file that a string holds directly, once its escapes are undone."""
    for opening in _RAW.finditer(program):
        end = program.find(opening[0], opening.end())
        yield from _telling(program[opening.end() : end if end >= 0 else len(program)])


def strung(text: bytes) -> bytes:
    """Join the strings of letters of a text, as a script adds them up; then again with the last ones first."""
    pieces = _STRINGS.findall(text)
    return b"".join(pieces) + b" " + b"".join(reversed(pieces)) if len(pieces) > 1 else b""


def without_tags(page: bytes) -> bytes:
    """Return the text of a page as a script reads it from an element: text on both sides of a tag is one."""
    return _TAG.sub(b"", page)


def has_big_literal(dense: bytes) -> bool:
    """Return whether the octets written out in letters or numbers are enough for a file, pictures and fonts apart."""
    return has_literal(dense, BIG_LITERAL_BYTES)


def has_literal(dense: bytes, octets: int = LITERAL_BYTES) -> bool:
    """Return whether so many octets are written out in letters or numbers, pictures and fonts apart."""
    letters = octets * 4 // 3
    for run in _RUN.finditer(dense):
        if len(run[0]) >= letters and not is_picture(from_base64(run[0][:TELLING_BYTES])) and _is_mixed(run[0]):
            return True
    if any(found[0].count(b",") >= octets for found in _NUMBERS.finditer(dense)):
        return True
    if any(found[0].count(found[1]) >= octets for pattern in (_DECIMALS, _PAIRS) for found in pattern.finditer(dense)):
        return True
    return b"%" in dense and any(found[0].count(b"%") >= octets for found in _PERCENTS.finditer(dense))


def _is_mixed(run: bytes) -> bool:
    """Return whether a run may be an encoding: a rule of dashes or a long word is none."""
    return len(set(run)) >= 12 and re.search(rb"[0-9]", run) is not None


def _from_letters(run: bytes) -> Iterator[bytes]:
    for letters in (run, run[::-1].lstrip(b"=")):
        if _HEX.match(letters):
            yield from _telling(bytes.fromhex(letters.decode("ascii")))
        head = _head(letters)
        if is_program_or_archive(head) or _PAGE.match(head) or _is_image(letters):
            yield from _telling(from_base64(letters))
        else:
            yield from _from_within(letters)


def _from_within(letters: bytes) -> Iterator[bytes]:
    """Yield files that begin inside a run: a word, or the dashes of a comment, stand right before them."""
    for number, start in enumerate(_MAGIC_LETTERS.finditer(letters)):
        if number == MAX_STARTS:
            raise Unreadable(f"The page has letters that look like more than {MAX_STARTS} files")
        if is_program_or_archive(_head(letters[start.start() : start.start() + 2 * TELLING_BYTES])):
            yield from _telling(from_base64(letters[start.start() :]))


def _head(letters: bytes) -> bytes:
    """Return the first octets of a run.

    Hostile pages have millions of runs, and few of them begin like a file.
    """
    start = letters[: 2 * TELLING_BYTES].rstrip(b"=").translate(_STANDARD)
    return binascii.a2b_base64(start[: len(start) // 4 * 4])


def _is_image(letters: bytes) -> bool:
    return letters.startswith(b"Q0QwMD", _ISO_LETTERS)


def _from_numbers(written: bytes) -> bytes:
    """Return the octets of numbers, signed or not."""
    return bytes(_octet(one) for one in written.rstrip(b",").split(b",") if one)


def _octet(number: bytes) -> int:
    return int(number, 16 if b"x" in number.lower() else 10) & 0xFF


def _telling(octets: bytes) -> Iterator[bytes]:
    if is_program_or_archive(octets) or _PAGE.match(octets):
        yield octets
