"""BinHex 4.0 (RFC 1741): a Macintosh file in text, split into its two forks. Checksums are not looked at."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from gateway.message.encodings.base64_text import ALPHABET
from gateway.message.encodings.octets import EncodedFile

#: Octets to which runs of one octet may grow, in all files of a text; at least the text's own size.
GROWN_BYTES = 32 * 1024 * 1024

#: Octets between the sentence that announces BinHex and the colon that begins it: an empty line, or a few words.
GAP_BYTES = 1024

MARKER = b"with BinHex"
_START = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*+:")
_LETTERS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_TO_BASE64 = bytes.maketrans(_LETTERS, ALPHABET)
_FOREIGN = bytes(range(256)).translate(None, _LETTERS)
_RUN = re.compile(rb"\x90(.)", re.DOTALL)
_FIXED_HEADER = 21  # version, type, creator, flags, lengths of both forks, checksum


def binhex_blocks(text: bytes, *, announced: bool = True) -> Iterator[EncodedFile]:
    """Yield every file behind the announcing sentence; `announced=False` = the text is BinHex from its first colon."""
    limit = max(len(text), GROWN_BYTES)
    at = text.find(MARKER) if announced else 0
    while at >= 0 and limit > 0:
        colon = _START.search(text, at)
        if not colon:
            return
        behind = colon.start() - GAP_BYTES  # a sentence nearer to the colon may announce it
        if colon.start() - at <= GAP_BYTES or not announced:
            end = text.find(b":", colon.end())
            behind = end if end >= 0 else len(text)
            unpacked = _unpacked(text[colon.end() : behind], limit)
            limit -= len(unpacked)
            yield from _forks(unpacked)
        at = text.find(MARKER, behind)


def _unpacked(letters: bytes, limit: int) -> bytes:
    """Decode six bits a letter, with an alphabet in another order than base64's; then expand the runs."""
    plain = letters.translate(_TO_BASE64, _FOREIGN)
    packed = binascii.a2b_base64(plain[: len(plain) - 1 if len(plain) % 4 == 1 else None] + b"==")
    return _without_runs(packed, limit)


def _without_runs(packed: bytes, limit: int) -> bytes:
    """Expand the runs, up to `limit`: 0x90 n = the octet before it n times in all; 0x90 0 = 0x90 itself."""
    octets = bytearray()
    at = 0
    for found in _RUN.finditer(packed):
        octets += packed[at : found.start()]
        at = found.end()
        count = found[1][0]
        octets += octets[-1:] * (count - 1) if count else b"\x90"
        if len(octets) > limit:
            break
    octets += packed[at:]
    return bytes(octets[:limit])


def _forks(octets: bytes) -> Iterator[EncodedFile]:
    if not octets or not 1 <= octets[0] <= 63 or len(octets) <= octets[0] + _FIXED_HEADER:
        return
    start = 1 + octets[0] + _FIXED_HEADER
    name = octets[1 : 1 + octets[0]].decode("mac_roman")
    sizes = octets[start - 10 : start - 2]
    data, resource = int.from_bytes(sizes[:4], "big"), int.from_bytes(sizes[4:], "big")
    yield _fork(name, octets[start : start + data], data)
    behind = start + data + 2
    if resource and behind < len(octets):
        yield _fork(f"{name}/rsrc", octets[behind : behind + resource], resource)


def _fork(name: str, octets: bytes, size: int) -> EncodedFile:
    return EncodedFile(name, octets, "" if len(octets) == size else "the BinHex file is cut short")
