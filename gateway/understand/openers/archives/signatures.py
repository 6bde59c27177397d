"""Signatures of the archives that are unpacked here: the place of each in its format, and a proof of the rest.

A proof reads a few octets of the header. Where the header has no checksum, some proofs also unpack a part of the
stream. None raises.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

#: Returns whether an archive begins at a place.
Proof = Callable[[bytes, int], bool]

#: Octets of a stream that a trial unpacks, and octets that must come out: noise gives next to none.
TRIAL_BYTES = 4096
MIN_TRIAL_BYTES = 16

#: Codes of a `compress` stream that a trial reads; each about halves the odds of a coincidence.
TRIAL_CODES = 64

SEVEN = b"7z\xbc\xaf\x27\x1c"
CABINET = b"MSCF\0\0\0\0"
RAR = b"Rar!\x1a\x07"
XZ = b"\xfd7zXZ\0"
ZSTD = b"\x28\xb5\x2f\xfd"
LHA = re.compile(rb"-(?:lh[0-9dx]|lz[s45]|pm[012s])-")

_TEXT_CPIO = re.compile(rb"07070[127][0-9A-Fa-f]{50}")
_WARC = re.compile(rb"WARC/[01]\.\d+\r?\n")
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")  # a block, or the end of an empty stream
_RPM = re.compile(rb"\xed\xab\xee\xdb[\3-\5].\0[\0\1]", re.S)


@dataclass(frozen=True, slots=True)
class Signature:
    """Octets that stand `offset` octets behind the beginning of an archive of this kind."""

    kind: str
    magic: bytes
    proves: Proof
    offset: int = 0


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


def is_seven(content: bytes, at: int) -> bool:
    """Return whether the start header has its checksum (7zFormat.txt), or is all zeros.

    Where it is all zeros, 7-Zip looks for the end header itself.
    """
    header = content[at : at + 32]
    if len(header) < 32 or not header.startswith(SEVEN) or header[6]:
        return False
    return header[8:12] == zlib.crc32(header[12:]).to_bytes(4, "little") or not header[8:].strip(b"\0")


def is_cabinet(content: bytes, at: int) -> bool:
    """Return whether the header has version 1.3, and a size that is possible (MS-CAB 2.1).

    A cabinet that is cut off is opened as far as it goes.
    """
    return (
        content.startswith(CABINET, at) and content[at + 24 : at + 26] == b"\3\1" and _number(content, at + 8, 4) >= 36
    )


def is_rar(content: bytes, at: int) -> bool:
    """Return whether the first header is a main or an encryption header of a likely size.

    Its checksum isn't checked: WinRAR accepts a wrong one.
    """
    if content.startswith(RAR + b"\0", at):
        return content[at + 9 : at + 10] == b"\x73" and 13 <= _number(content, at + 12, 2) <= 0x1000
    if not content.startswith(RAR + b"\1\0", at):
        return False
    size = re.compile(rb"[\x80-\xff]{0,2}[\0-\x7f]([\1\4])", re.S).match(content, at + 12)
    return size is not None


def is_gzip(content: bytes, at: int) -> bool:
    """Return whether a header by RFC 1952 and a stream that unpacks stand there."""
    data = gzip_data(content, at)[0]
    if data < 0 or content[at + 3] & 0xE0:
        return False
    machine = zlib.decompressobj(-15)
    out = 0
    trial = content[data : data + TRIAL_BYTES]
    for start in range(0, len(trial), 64):
        try:
            out += len(machine.decompress(trial[start : start + 64], TRIAL_BYTES))
        except zlib.error:
            return out >= MIN_TRIAL_BYTES
        if machine.eof or out >= TRIAL_BYTES:
            return True
    return out >= MIN_TRIAL_BYTES or len(trial) == TRIAL_BYTES  # empty blocks are no coincidence either


def gzip_data(content: bytes, at: int) -> tuple[int, bytes]:
    """Return the start of the compressed data (-1: there is no header), and the file's name (RFC 1952 2.3)."""
    if not content.startswith(b"\x1f\x8b\x08", at) or len(content) - at < 12:
        return -1, b""
    flags, end, name = content[at + 3], at + 10, b""
    if flags & 4:
        end += 2 + _number(content, end, 2)
    for flag in (8, 16):
        if flags & flag:
            stop = content.find(b"\0", end)
            if stop < 0:
                return -1, b""
            name = content[end:stop][-4096:] if flag == 8 else name
            end = stop + 1
    return end + (2 if flags & 2 else 0), name


def is_bzip2(content: bytes, at: int) -> bool:
    """Return whether a block, or the end of an empty stream, follows the header.

    A block's first place must lie within its size.
    """
    found = _BZIP2.match(content, at)
    if found is None or found[0][4:5] == b"\x17":
        return found is not None
    place = int.from_bytes(content[at + 14 : at + 18], "big") >> 7 & 0xFFFFFF
    return place < 100_000 * (content[at + 3] - 48)


def is_xz(content: bytes, at: int) -> bool:
    """Return whether flags with their checksum follow the magic (xz format 2.1.1)."""
    flags = content[at + 6 : at + 8]
    return content.startswith(XZ, at) and content[at + 8 : at + 12] == zlib.crc32(flags).to_bytes(4, "little")


def is_zstd(content: bytes, at: int) -> bool:
    """Return whether the frame header is valid (RFC 8878 3.1.1).

    No reserved bit is set, and the first block has a kind and a size that exist.
    """
    if not content.startswith(ZSTD, at) or len(content) < at + 9 or content[at + 4] & 8:
        return False
    flags = content[at + 4]
    is_single = bool(flags & 0x20)
    size_bytes = (1 if is_single else 0, 2, 4, 8)[flags >> 6]
    block = _number(content, at + 5 + (not is_single) + (0, 1, 2, 4)[flags & 3] + size_bytes, 3)
    return block >> 1 & 3 != 3 and block >> 3 <= 128 * 1024


def is_lz4(content: bytes, at: int) -> bool:
    """Return whether the header has version 1, a block size that exists, and no reserved bit (LZ4 frame format)."""
    return (
        len(content) > at + 6
        and content[at + 4] & 0xC2 == 0x40
        and content[at + 5] & 0x8F == 0
        and content[at + 5] >= 0x40
    )


def is_lzip(content: bytes, at: int) -> bool:
    """Return whether the dictionary has 4 KiB to 512 MiB (lzip manual, file format)."""
    return len(content) > at + 6 and content[at + 4] in (0, 1) and 12 <= content[at + 5] & 0x1F <= 29


def is_compress(content: bytes, at: int) -> bool:
    """Return whether the start of a `compress` stream is valid.

    It has 9 to 16 bits, two unused flags, and codes of nine bits, each of which is known when it comes.
    """
    head = content[at : at + 3 + TRIAL_CODES * 9 // 8]
    if len(head) < 5 or not head.startswith(b"\x1f\x9d") or head[2] & 0x60 or not 9 <= head[2] & 0x1F <= 16:
        return False
    first_free = 257 if head[2] & 0x80 else 256
    codes, bits = int.from_bytes(head[3:], "little"), (len(head) - 3) * 8
    for number in range(bits // 9):
        code = codes >> 9 * number & 0x1FF
        if code == 256 and head[2] & 0x80:
            return True  # the table is cleared: the codes begin anew
        if code >= (first_free + number - 1 if number else 256) + bool(number):
            return False
    return True


def is_lha(content: bytes, at: int) -> bool:
    """Return whether a method, and a level of header that exists, stand there."""
    return LHA.match(content, at + 2) is not None and content[at + 20 : at + 21] in (b"\0", b"\1", b"\2", b"\3")


def is_arj(content: bytes, at: int) -> bool:
    """Return whether the basic header has its checksum (ARJ technote)."""
    size = _number(content, at + 2, 2)
    body = content[at + 4 : at + 4 + size]
    if not content.startswith(b"\x60\xea", at) or not 30 <= size <= 2600 or len(body) < size:
        return False
    return content[at + 4 + size : at + 8 + size] == struct.pack("<I", zlib.crc32(body))


def is_tar(content: bytes, at: int) -> bool:
    """Return whether the first header has its checksum, as signed or unsigned octets (POSIX 1003.1, ustar)."""
    header = content[at : at + 512]
    if len(header) < 512 or not header[0]:
        return False
    said = header[148:156].strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]{1,7}", said):
        return False
    blanked = header[:148] + b" " * 8 + header[156:]
    total = sum(blanked)
    return int(said, 8) in (total, total - 256 * sum(octet > 127 for octet in blanked))


def is_iso(content: bytes, at: int) -> bool:
    """Return whether a volume descriptor of a type that exists, version 1, stands there (ECMA-119 8.1)."""
    return content[at + 32769 : at + 32774] == b"CD001" and content[at + 32768] in (0, 1, 2, 3, 255)


def is_cpio(content: bytes, at: int) -> bool:
    """Return whether a cpio header stands there.

    The text forms have digits. The old binary forms have a file type in the mode, and a name that ends at its length.
    """
    if _TEXT_CPIO.match(content, at):
        return True
    for order in "<>":
        if len(content) > at + 26 and struct.unpack_from(order + "H", content, at)[0] == 0o70707:
            mode, name_bytes = struct.unpack_from(order + "6xH12xH", content, at)
            name = content[at + 26 : at + 26 + name_bytes]
            return (
                mode >> 12 in (1, 2, 4, 6, 8, 10, 12) and 2 <= name_bytes <= 1024 and name.find(b"\0") == name_bytes - 1
            )
    return False


def is_ar(content: bytes, at: int) -> bool:
    """Return whether the first member's header has the end that all have."""
    return content.startswith(b"!<arch>\n", at) and content[at + 66 : at + 68] == b"`\n"


def is_xar(content: bytes, at: int) -> bool:
    """Return whether a header of 28 octets or more, version 0 or 1, stands there."""
    if not content.startswith(b"xar!", at):
        return False
    size, version = int.from_bytes(content[at + 4 : at + 6], "big"), content[at + 6 : at + 8]
    return 28 <= size <= 512 and version in (b"\0\0", b"\0\1")


def is_rpm(content: bytes, at: int) -> bool:
    """Return whether a version and a type that exist stand there, with the kind of signature that all have."""
    return _RPM.match(content, at) is not None and content[at + 78 : at + 80] == b"\0\5"


def is_warc(content: bytes, at: int) -> bool:
    """Return whether a version line, and fields behind it, stand there (ISO 28500)."""
    return _WARC.match(content, at) is not None and b"Content-Length:" in content[at : at + 4096]


def is_compound(content: bytes, at: int) -> bool:
    """Return whether the byte order and a size of sectors that exists stand there ([MS-CFB] 2.2)."""
    return content[at + 28 : at + 30] == b"\xfe\xff" and _number(content, at + 30, 2) in (9, 12)


OPENED: tuple[Signature, ...] = (
    Signature("7z", SEVEN, is_seven),
    Signature("cab", CABINET, is_cabinet),
    Signature("RAR", RAR, is_rar),
    Signature("gzip", b"\x1f\x8b\x08", is_gzip),
    *(Signature("bzip2", b"BZh%d" % level, is_bzip2) for level in range(1, 10)),
    Signature("xz", XZ, is_xz),
    Signature("zstd", ZSTD, is_zstd),
    Signature("lz4", b"\x04\x22\x4d\x18", is_lz4),
    Signature("lzip", b"LZIP", is_lzip),
    Signature("compress", b"\x1f\x9d", is_compress),
    *(Signature("lha", magic, is_lha, 2) for magic in (b"-lh", b"-lz", b"-pm")),
    Signature("ARJ", b"\x60\xea", is_arj),
    Signature("tar", b"ustar", is_tar, 257),
    Signature("iso", b"CD001\1", is_iso, 32769),
    *(Signature("cpio", magic, is_cpio) for magic in (b"070707", b"070701", b"070702", b"\xc7\x71", b"\x71\xc7")),
    Signature("ar", b"!<arch>\n", is_ar),
    Signature("xar", b"xar!", is_xar),
    Signature("rpm", b"\xed\xab\xee\xdb", is_rpm),
    Signature("warc", b"WARC/", is_warc),
    Signature("compound file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", is_compound),
)
