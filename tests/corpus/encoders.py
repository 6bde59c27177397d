"""Encoders of old for the examples: what packs a file into text, and what their decoders are tested with."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Sequence

from gateway.message.encodings.base64_text import ALPHABET

_XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BINHEX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_YENC_CRITICAL = b"\0\t\n\r=."


def wrapped(letters: bytes, width: int = 76) -> bytes:
    """Break letters into lines of one length, with CRLF behind each."""
    return b"".join(letters[at : at + width] + b"\r\n" for at in range(0, len(letters), width))


def base64_of(octets: bytes, width: int = 76) -> bytes:
    return wrapped(base64.b64encode(octets), width)


def uuencoded(octets: bytes, name: bytes) -> bytes:
    lines = [binascii.b2a_uu(octets[at : at + 45], backtick=True) for at in range(0, len(octets), 45)]
    return b"begin 644 " + name + b"\r\n" + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def xxencoded(octets: bytes, name: bytes) -> bytes:
    begin, *lines = uuencoded(octets, name).split(b"\r\n")
    table = bytes.maketrans(bytes((96, *range(33, 96))), _XX)
    return b"\r\n".join((begin, *(line.translate(table) for line in lines[:-2]), b"end", b""))


def yencoded(octets: bytes, name: bytes, *, part: bool = False) -> bytes:
    """A whole file, or the first of two parts."""
    size = str(len(octets) * (1 + part)).encode()
    encoded = [
        bytes((61, (one + 64) & 255)) if one in _YENC_CRITICAL else bytes((one,))
        for one in ((octet + 42) & 255 for octet in octets)
    ]
    lines = b"".join(b"".join(encoded[at : at + 128]) + b"\r\n" for at in range(0, len(encoded), 128))
    numbers = b"part=1 total=2 " if part else b""
    part_line = b"=ypart begin=1 end=" + str(len(octets)).encode() + b"\r\n" if part else b""
    begin = b"=ybegin " + numbers + b"line=128 size=" + size + b" name=" + name + b"\r\n"
    return begin + part_line + lines + b"=yend size=" + size + b"\r\n"


def binhexed(data: bytes, name: bytes, resource: bytes = b"") -> bytes:
    """Encode a file in BinHex 4.0, with runs packed and the customary sentence before it.

    The checksums are zeros: no decoder refuses a file for them.
    """
    header = bytes((len(name),)) + name + b"\0APPL????\0\0" + struct.pack(">II", len(data), len(resource)) + b"\0\0"
    packed = re.sub(
        rb"(?s)(.)\1{3,254}", _run, (header + data + b"\0\0" + resource + b"\0\0").replace(b"\x90", b"\x90\0")
    )
    letters = base64.b64encode(packed).rstrip(b"=").translate(bytes.maketrans(ALPHABET, _BINHEX))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + wrapped(b":" + letters + b":", 64)


def _run(found: re.Match[bytes]) -> bytes:
    whole = found[0]
    return whole if whole[:1] in b"\x90\0" else whole[:1] + b"\x90" + bytes((len(whole),))


def apple_double(entries: Sequence[tuple[int, bytes]], magic: bytes = b"\0\5\x16\7") -> bytes:
    """Kinds of entries and their octets."""
    at = 26 + 12 * len(entries)
    table = b""
    for kind, octets in entries:
        table += struct.pack(">III", kind, at, len(octets))
        at += len(octets)
    head = magic + b"\0\2\0\0" + bytes(16) + struct.pack(">H", len(entries))
    return head + table + b"".join(octets for _, octets in entries)
