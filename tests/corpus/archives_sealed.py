"""A13: headers of containers that nothing opens, each as short as its own programs would take it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

_BOOT = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<H", 512)


def _padded(content: bytes, size: int) -> bytes:
    return content + bytes(size - len(content))


def _arc() -> bytes:
    data = bytes(range(1, 60))
    header = b"\x1a\x08" + _padded(b"EVIL.EXE", 13) + struct.pack("<IIHI", len(data), 0, 0, 100)
    return header + data + b"\x1a\0"


def _disk(table: bytes) -> bytes:
    return _padded(bytes(446) + table, 510) + b"\x55\xaa" + bytes(512 * 40)


def seven(encoded: bool) -> bytes:
    """A 7z whose header (`encoded`), or whose one file's data, is encrypted: the coder 06F10701 (7zFormat.txt)."""
    streams = b"\x06\0\x01\x09\x20\0" + b"\x07\x0b\x01\0\x01\x24\x06\xf1\x07\x01\x02\x13\x07\x0c\x10\0"
    name = "evil.exe\0".encode("utf-16-le")
    files = b"\x05\x01\x11" + bytes([len(name) + 1]) + b"\0" + name + b"\0"
    header = b"\x17" + streams + b"\0" if encoded else b"\x01\x04" + streams + b"\x08\x0a\x01ABCD\0\0" + files + b"\0"
    start = struct.pack("<QQI", 32, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + bytes(range(32)) + header


#: Name -> content.
SEALED: Mapping[str, bytes] = {
    "a.ace": b"\x12\x34\x31\0\0\0\x90**ACE**\x14\x14\x02\0" + bytes(range(200)),
    "a.arc": _arc(),
    "a.zoo": _padded(b"ZOO 2.10 Archive.\x1a", 20) + b"\xdc\xa7\xc4\xfd" + bytes(range(90)),
    "a.alz": b"ALZ\x01\x0a\0\0\0BLZ\x01" + bytes(range(90)),
    "a.egg": b"EGGA\0\1" + bytes(range(90)),
    "a.wim": b"MSWIM\0\0\0\xd0\0\0\0" + bytes(300),
    "a.swm": b"MSWIM\0\0\0\xd0\0\0\0\x00\x0d\x01\0" + bytes(300),
    "a.dmg": bytes(range(256)) * 4 + b"koly\0\0\0\4\0\0\2\0" + bytes(500),
    "a.vhdx": _padded(b"vhdxfile", 4096),
    "a.vhd": bytes(range(256)) * 8 + _padded(b"conectix\0\0\0\2\0\1\0\0", 512),
    "a.chm": b"ITSF\3\0\0\0\x60\0\0\0" + bytes(range(200)),
    "a.udf": bytes(32768) + _padded(b"\0BEA01\1", 2048) + _padded(b"\0NSR02\1", 2048) + bytes(4096),
    "fat.img": _padded(_padded(_BOOT, 54) + b"FAT12   ", 510) + b"\x55\xaa" + bytes(4096),
    "ntfs.img": _padded(b"\xeb\x52\x90NTFS    ", 510) + b"\x55\xaa" + bytes(4096),
    "disk.img": _disk(b"\x80\1\1\0\x0b\xfe\xff\xff" + struct.pack("<II", 8, 32)),
    "gpt.img": _disk(b"\0\0\2\0\xee\xff\xff\xff" + struct.pack("<II", 1, 39))[:512] + b"EFI PART" + bytes(4096),
    "a.ex_": b"SZDD\x88\xf0\x27\x33A\0\0\1\0\0" + bytes(range(90)),
    "b.ex_": b"KWAJ\x88\xf0\x27\xd1\3\0" + bytes(range(90)),
}
