"""Files inside text: uuencode, xxencode, yEnc, BinHex, and text that is base64 or hexadecimal digits as a whole.

This module finds and decodes the files; other modules say what they are. Prose about these formats holds no file.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping

from gateway.message.encodings.base64_text import ALPHABET, decode_base64
from gateway.message.encodings.binhex import MARKER, binhex_blocks
from gateway.message.encodings.octets import EncodedFile
from gateway.message.encodings.pem import MARKER as PEM_MARKER
from gateway.message.encodings.pem import pem_files
from gateway.message.encodings.uuencode import holds_uuencode, uu_blocks
from gateway.message.encodings.yenc import yenc_blocks

DEFECTS: Mapping[str, str] = {
    "body.encoded_file": "note",  # the finding that matters is that of the file
    "encoding.undeclared": "ambiguous",  # base64 that no header declares, or base64 in base64: a program or an archive
}

#: Letters that a text must have to be taken for base64 or digits as a whole, and letters of its first line. A shorter
#: one is a word, a key or a checksum.
WHOLE_LETTERS = 64
FIRST_LINE_LETTERS = 20

#: Different letters up to which such text is a rule, a filler or a pattern: it is a file only if it begins like one.
PATTERN_LETTERS = 16

#: Beginnings of programs, archives and documents.
MAGIC = (
    *(b"MZ", b"PK\x03\x04", b"\x7fELF", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ"),
    *(
        b"MSCF\0\0\0\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"%PDF-",
        b"{\\rtf",
        b"\xca\xfe\xba\xbe",
        b"\xcf\xfa\xed\xfe",
    ),
    *(b"L\0\0\0\x01\x14\x02\0", b"ITSF", b"X5O!P%@AP["),
)

_FIRST_LINE = re.compile(rb"\s*+[A-Za-z0-9+/]{20,}+=*+[ \t]*+(?:[\r\n]|\Z)")
_INNER_BLANK = re.compile(rb"[^\s][ \t]++[^\s]")
_HEX = b"0123456789abcdefABCDEF"


def holds_files(text: bytes) -> bool:
    """Return whether a text may hold a file.

    A few searches decide, cheap enough for every body. `embedded_files` looks closely.
    """
    if b"=ybegin " in text or MARKER in text or PEM_MARKER in text or whole_file(text) is not None:
        return True
    return _begins_lines(text) and holds_uuencode(text)


def _begins_lines(text: bytes) -> bool:
    return b"\nbegin" in text or b"\rbegin" in text or text.startswith(b"begin")


def embedded_files(text: bytes) -> Iterator[EncodedFile]:
    """Yield every file in the text, with the name that the text gives it; "" where it gives none."""
    if b"begin" in text:
        yield from uu_blocks(text)
        yield from yenc_blocks(text)
    if MARKER in text:
        yield from binhex_blocks(text)
    if PEM_MARKER in text:
        yield from pem_files(text, MAGIC)
    whole = whole_file(text)
    if whole is not None:
        yield EncodedFile("", whole)


def whole_file(text: bytes) -> bytes | None:
    """Decode a text of nothing but base64, or nothing but the hexadecimal digits of a known file; else return None."""
    if not _FIRST_LINE.match(text):
        return None
    if text.translate(None, ALPHABET + b"= \t\r\n"):
        return None
    if (b" " in text or b"\t" in text) and _INNER_BLANK.search(text):
        return None
    letters = text.translate(None, b" \t\r\n")
    if len(letters) < WHOLE_LETTERS:
        return None
    octets = _of_digits(letters) or decode_base64(letters).octets
    return None if _is_pattern(letters, octets) else octets


def _is_pattern(letters: bytes, octets: bytes) -> bool:
    """Return whether the letters say next to nothing, as rows of one letter do.

    Letters that stand for text, or for octets that begin like a file, are no pattern.
    """
    if octets.isascii() or octets.startswith(MAGIC):
        return False
    return len(set(letters)) <= PATTERN_LETTERS


def _of_digits(letters: bytes) -> bytes | None:
    """Decode hexadecimal digits that begin like a file; None for others, since lists of checksums are digits too."""
    if letters.translate(None, _HEX) or len(letters) % 2:
        return None
    octets = binascii.unhexlify(letters)
    return octets if octets.startswith(MAGIC) else None
