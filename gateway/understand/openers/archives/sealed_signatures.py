"""Signatures of archives and disk images that nothing here opens, but 7-Zip, WinRAR or The Unarchiver search for.

Where the signature is short, more of the header must be true. No proof raises.
"""

from __future__ import annotations

import re
import struct

from gateway.understand.openers.archives.signatures import Proof, Signature

_SECTORS = (512, 1024, 2048, 4096)


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


def is_magic_alone(content: bytes, at: int) -> bool:
    """Return True: the signature has so many octets that it stands nowhere by chance."""
    return True


def is_ace(content: bytes, at: int) -> bool:
    """Return whether a first header whose size fits stands there."""
    return 20 <= _number(content, at + 2, 2) <= 4096 and content[at + 4 : at + 5] == b"\0"


def is_odd_cabinet(content: bytes, at: int) -> bool:
    """Return whether a cabinet whose first reserved field isn't 0 stands there.

    libmspack and The Unarchiver don't check the field; libarchive refuses such a cabinet.
    """
    is_odd = content.startswith(b"MSCF", at) and content[at + 4 : at + 8] != bytes(4)
    return is_odd and content[at + 24 : at + 26] == b"\3\1" and _number(content, at + 8, 4) >= 36


def is_zoo(content: bytes, at: int) -> bool:
    """Return whether the text stands there with which a ZOO archive begins."""
    return content.startswith(b"ZOO ", at)


def is_stuffit(content: bytes, at: int) -> bool:
    """Return whether the creator's mark stands there, which comes before StuffIt's second mark."""
    return re.compile(rb"SIT!|ST[4-6][06]|ST65|STi[n234]").match(content, at) is not None


def is_fat(content: bytes, at: int) -> bool:
    """Return whether a boot sector stands there.

    It has a jump, sizes of sectors and clusters that exist, tables and a medium.
    """
    if content[at + 510 : at + 512] != b"\x55\xaa" or not re.compile(rb"\xeb.\x90|\xe9", re.S).match(content, at):
        return False
    if content[at + 3 : at + 11] in (b"NTFS    ", b"EXFAT   "):
        return True
    if content.startswith(b"FAT", at + 54) or content.startswith(b"FAT32", at + 82):
        return _number(content, at + 11, 2) in _SECTORS
    sector, cluster, reserved, tables = struct.unpack_from("<HBHB", content, at + 11)
    is_likely = sector in _SECTORS and cluster.bit_count() == 1 and reserved > 0 and tables in (1, 2)
    return bool(is_likely and content[at + 21] >= 0xF0)


def is_ext(content: bytes, at: int) -> bool:
    """Return whether ext2, ext3 or ext4 stands there: a state, an error behaviour and a block size that exist."""
    if len(content) < at + 2048 or content[at + 1080 : at + 1082] != b"\x53\xef":
        return False
    state, errors = struct.unpack_from("<HH", content, at + 1082)
    return state in (1, 2, 4, 5) and errors in (1, 2, 3) and _number(content, at + 1048, 4) <= 6


def is_hfs(content: bytes, at: int) -> bool:
    """Return whether the size of blocks is a power of two, at least 512 octets (Apple TN1150)."""
    block = int.from_bytes(content[at + 1064 : at + 1068], "big")
    return block >= 512 and block.bit_count() == 1


def is_apfs(content: bytes, at: int) -> bool:
    """Return whether the size of blocks is from 4 to 64 KiB (Apple File System Reference)."""
    return _number(content, at + 36, 4) in (4096, 8192, 16384, 32768, 65536)


def is_partition_map(content: bytes, at: int) -> bool:
    """Return whether the first entry of the partition map stands in the second block."""
    return content.startswith(b"PM\0\0", at + int.from_bytes(content[at + 2 : at + 4], "big"))


def is_squashfs(content: bytes, at: int) -> bool:
    """Return whether the major version is from 1 to 4, in either order of octets, and the minor one is 0 or 1."""
    order = "<" if content.startswith((b"hsqs", b"shsq"), at) else ">"
    if len(content) < at + 96:
        return False
    major, minor = struct.unpack_from(order + "HH", content, at + 28)
    return bool(1 <= major <= 4 and minor <= 1)


def is_vhdx(content: bytes, at: int) -> bool:
    """Return whether a header stands in one of its two places ([MS-VHDX] 2.2)."""
    return content.startswith(b"head", at + 0x10000) or content.startswith(b"head", at + 0x20000)


def is_ppmd(content: bytes, at: int) -> bool:
    """Return whether a name without controls stands there, as long as the header says (7-Zip's PpmdHandler)."""
    if len(content) < at + 16:
        return False
    size = _number(content, at + 10, 2) & 0x3FFF
    name = content[at + 16 : at + 16 + size]
    return 1 <= size <= 512 and len(name) == size and not any(octet < 32 for octet in name)


def is_old_rar(content: bytes, at: int) -> bool:
    """Return whether RAR 1.4 begins at the content's start, or behind the mark that WinRAR asks for elsewhere."""
    return at == 0 or content.startswith(b"RSFX", 28)


def is_chm(content: bytes, at: int) -> bool:
    """Return whether the version is from 2 to 4."""
    return content[at + 4 : at + 8] in (b"\2\0\0\0", b"\3\0\0\0", b"\4\0\0\0")


def _sealed(kind: str, *magics: bytes, offset: int = 0, proves: Proof = is_magic_alone) -> tuple[Signature, ...]:
    return tuple(Signature(kind, magic, proves, offset) for magic in magics)


SEALED_SIGNATURES: tuple[Signature, ...] = (
    Signature("cabinet with reserved fields", b"MSCF", is_odd_cabinet),
    *_sealed("WIM", b"MSWIM\0\0\0\xd0\0\0\0", b"WLPWM\0\0\0\xd0\0\0\0"),
    *_sealed("ACE", b"**ACE**", offset=7, proves=is_ace),
    *_sealed("ZOO", b"\xdc\xa7\xc4\xfd", offset=20, proves=is_zoo),
    *_sealed("RAR 1.4", b"RE~^", proves=is_old_rar),
    *_sealed("StuffIt", b"rLau", offset=10, proves=is_stuffit),
    *_sealed("StuffIt", b"StuffIt (c)1997"),
    *_sealed("Microsoft compress", b"SZDD\x88\xf0\x27\x33A", b"SZ \x88\xf0\x27\x33\xd1", b"KWAJ\x88\xf0\x27\xd1"),
    *_sealed("PPMd", b"\x8f\xaf\xac\x84", proves=is_ppmd),
    *_sealed("CHM", b"ITSF", proves=is_chm),
    *_sealed("Microsoft help", b"ITOLITLS\1\0\0\0"),
    *_sealed("NSIS", b"\xef\xbe\xad\xdeNullsoftInst", offset=4),
    *_sealed("VHDX", b"vhdxfile", proves=is_vhdx),
    *_sealed("VHD", b"conectix\0\0\0\2"),
    *_sealed("VMDK", b"KDMV\1\0\0\0", b"KDMV\2\0\0\0", b"KDMV\3\0\0\0"),
    *_sealed("VDI", b"\x7f\x10\xda\xbe\1\0\1\0", offset=64),
    *_sealed("QCOW", b"QFI\xfb\0\0\0\1", b"QFI\xfb\0\0\0\2", b"QFI\xfb\0\0\0\3"),
    *_sealed("DMG", b"koly\0\0\0\4\0\0\2\0"),
    *_sealed("UDF", b"\0BEA01\1\0", offset=32768),
    *_sealed("FAT or NTFS image", b"\x55\xaa", offset=510, proves=is_fat),
    *_sealed("ext image", b"\x53\xef", offset=1080, proves=is_ext),
    *_sealed("HFS image", b"H+\0\4", b"HX\0\5", offset=1024, proves=is_hfs),
    *_sealed("APFS image", b"NXSB", offset=32, proves=is_apfs),
    *_sealed("disk image", b"EFI PART\0\0\1\0", offset=512),
    *_sealed("disk image", *(b"ER" + size.to_bytes(2, "big") for size in _SECTORS), proves=is_partition_map),
    *_sealed("CramFS", b"Compressed ROMFS", offset=16),
    *_sealed("SquashFS", b"hsqs", b"sqsh", b"shsq", b"qshs", proves=is_squashfs),
    *_sealed("Android image", b"gDla4\0\0\0", offset=4096),
    *_sealed("Android sparse image", b"\x3a\xff\x26\xed\1\0\0\0"),
    *_sealed("UEFI capsule", b"\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0"),
    *_sealed("UEFI volume", b"\x78\xe5\x8c\x8c\x3d\x8a\x1c\x4f\x99\x35\x89\x61\x85\xc3\x2d\xd3", offset=16),
)
