"""The first octets of programs, archives and disk images, which text has no reason to carry in an encoding."""

from __future__ import annotations

import re

_MAGIC = re.compile(
    rb"PK\x03\x04|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|MSCF\0\0\0\0|L\0\0\0\x01\x14\x02\0|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    rb"|\x7fELF|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe\0\0\0|\xfd7zXZ\0|vhdxfile|conectix|\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"
    rb"|ITSF\x03\0\0\0|\x1f\x8b\x08[\0-\x1f]|\*\*ACE|xar!\0|MSWIM\0\0\0|BZh[1-9]1AY&SY|X5O!P%@AP\[|.\x00-lh[0-7d]-|..-lh[0-7d]-",
    re.S,
)
_PICTURE = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM....\0\0\0\0|\0\0\x01\0|....ftyp(?:avif|heic|mp4|isom)"
    rb"|wOF[F2]|OTTO|\0\x01\0\0|true\0|ttcf|ID3|\xff\xfb|OggS|\0asm\x01",
    re.S,
)
_ISO_AT, _ISO = 32_769, b"CD001"  # ECMA-119 8.1: the volume descriptor in sector 16
_TAR_AT, _TAR = 257, b"ustar"

#: Octets of a program's head, and the least number of zeros among them: "MZ" alone begins many a word.
_HEAD_BYTES, _HEAD_ZEROS = 64, 16

#: Octets that are enough to recognise a kind, disk images excepted.
TELLING_BYTES = 64


def is_program_or_archive(octets: bytes) -> bool:
    """Return whether the octets are a program, an archive or a disk image.

    Their first octets show it, or the places where disk images and tar archives have their marks.
    """
    if octets[:2] == b"MZ":
        return octets[:_HEAD_BYTES].count(0) >= _HEAD_ZEROS
    if _MAGIC.match(octets):
        return True
    return octets.startswith(_ISO, _ISO_AT) or octets.startswith(_TAR, _TAR_AT)


def is_picture(octets: bytes) -> bool:
    """Return whether the octets are a raster image, a font, a sound or WebAssembly, as pages carry them."""
    return _PICTURE.match(octets) is not None
