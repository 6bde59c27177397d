"""Containers that nothing here can open: they are reported, never skipped.

They are archives of formats without a free reader, disk images, installers, and single volumes of split archives. Each
is recognised by enough of its header that it is no coincidence.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.compressed import is_lzma
from gateway.understand.openers.archives.placement import is_program, is_shown
from gateway.understand.openers.archives.sealed_signatures import SEALED_SIGNATURES

_Test = Callable[[bytes], bool]

#: Octets that are looked at to recognise an LZMA stream.
LZMA_HEAD_BYTES = 4096

#: Formats with a magic of four octets or more at the start.
_MAGICS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("ALZ", (b"ALZ\x01",)),
    ("EGG", (b"EGGA\0\1",)),
    ("WIM", (b"MSWIM\0\0\0", b"WLPWM\0\0\0")),
    ("VHDX", (b"vhdxfile",)),
    ("VHD", (b"conectix",)),
    ("VMDK", (b"KDMV\1\0\0\0", b"KDMV\2\0\0\0", b"KDMV\3\0\0\0", b"# Disk DescriptorFile")),
    ("QCOW", (b"QFI\xfb\0\0\0",)),
    ("CHM", (b"ITSF\3\0\0\0", b"ITSF\2\0\0\0", b"ITSF\4\0\0\0")),
    ("Microsoft compress", (b"SZDD\x88\xf0\x27\x33", b"SZ \x88\xf0\x27\x33\xd1", b"KWAJ\x88\xf0\x27\xd1")),
    ("StuffIt", (b"StuffIt (c)1997", b"StuffIt!", b"StuffIt?")),
    ("DAA", (b"DAA\0\0\0\0\0",)),
    ("ISZ", (b"IsZ!",)),
    ("InstallShield cabinet", (b"ISc(",)),
    ("lrzip", (b"LRZI\0",)),
    ("lzop", (b"\x89LZO\0\r\n\x1a\n",)),
    ("ZPAQ", (b"7kSt\xa0\x31\x83\xd3\x8c\xb2\x28\xb0\xd3", b"zPQ\1\1", b"zPQ\2\1")),
    ("SquashFS", (b"hsqs", b"sqsh")),
    ("raw CD image", (b"\0" + b"\xff" * 10 + b"\0",)),
    ("thin ar", (b"!<thin>\n",)),
    ("Apple archive", (b"AA01", b"YAA1", b"pbze\0", b"pbzx\0")),
    ("Outlook data file", (b"!BDN",)),
    ("sparse image", (b"sprs\0\0\0\3",)),
    ("PAR", (b"PAR2\0PKT", b"PAR\0\0\0\0\0")),
)


def _arc(content: bytes) -> bool:
    """Return whether the content is an ARC archive.

    A mark and a method are weak signs: the next mark, or the end, must also stand where the header says.
    """
    at, seen = 0, 0
    while seen < 4 and content[at : at + 1] == b"\x1a":
        method = content[at + 1] if at + 1 < len(content) else 0
        if method == 0:
            return seen > 0
        name = re.match(rb"[^\x00-\x1f]{1,12}\x00", content[at + 2 : at + 15])
        if method > 11 or name is None or len(content) - at < 29:
            return seen > 0
        at += (25 if method == 1 else 29) + int.from_bytes(content[at + 15 : at + 19], "little")
        seen += 1
    return seen == 4 or (seen > 0 and at == len(content))


def _lzma86(content: bytes) -> bool:
    """Return whether the content is LZMA86 (7-Zip's Lzma86.h).

    It is LZMA behind an octet that says whether a filter for programs was used.
    """
    return content[:1] in (b"\0", b"\1") and is_lzma(content[1 : 1 + LZMA_HEAD_BYTES])


def _library(content: bytes) -> bool:
    """Return whether the content is an LBR library.

    Its first entry is its own directory, without a name, and lies within the file.
    """
    sectors = int.from_bytes(content[14:16], "little")
    return content.startswith(b"\0" + b" " * 11 + b"\0\0") and 0 < sectors <= len(content) // 128


_FLASH = re.compile(rb"(?:[FCZ]WS[\x01-\x32](?!\x00{4})..[\x00-\x0f]\x00|FLV\x01[\x01\x04\x05]\x00{3}\x09)", re.S)


def _flash(content: bytes) -> bool:
    """Return whether the content is a program or film of Flash, with a version and a size that exist.

    7-Zip extracts their pieces as files.
    """
    return _FLASH.match(content) is not None


def _dmg(content: bytes) -> bool:
    return content[-512:-504] == b"koly\0\0\0\4" and content[-504:-500] == b"\0\0\2\0"


def _vhd_footer(content: bytes) -> bool:
    return any(content[-size : -size + 8] == b"conectix" for size in (512, 511))


_UDF = re.compile(rb"\x00(?:BEA01|NSR0[23])\x01")


def _udf(content: bytes) -> bool:
    """Return whether the content has a volume recognition sequence without ISO 9660 in it (ECMA-167 2/8, 3/9)."""
    area = content[32768 : 32768 + 16 * 2048]
    return b"CD001" not in area and _UDF.search(area) is not None


def _disk(content: bytes) -> bool:
    """Return whether the content is a disk image.

    It has a GUID partition table, or a boot record whose used entries are all valid, and no ISO 9660 behind it.
    """
    if content[510:512] != b"\x55\xaa" or content[32769:32774] == b"CD001":
        return False
    if content[512:520] == b"EFI PART":
        return True
    entries = [content[at : at + 16] for at in range(446, 510, 16)]
    used = [entry for entry in entries if entry.strip(b"\0")]
    return bool(used) and all(_partition(entry, len(content)) for entry in used) and len(content) % 512 == 0


def _partition(entry: bytes, content_bytes: int) -> bool:
    first, count = struct.unpack_from("<II", entry, 8)
    return entry[0] in (0, 0x80) and entry[4] != 0 and first > 0 and count > 0 and first * 512 < content_bytes


def _installer(content: bytes) -> bool:
    """Return whether the content is an installer of NSIS or Inno Setup, behind the program that unpacks it."""
    marks = (b"\xef\xbe\xad\xdeNullsoftInst", b"Inno Setup Setup Data (", b"rDlPtS")
    return content.startswith(b"MZ") and any(mark in content for mark in marks)


_TESTS: tuple[tuple[str, _Test], ...] = (
    ("ARC", _arc),
    ("LZMA86", _lzma86),
    ("LBR", _library),
    ("Flash", _flash),
    ("DMG", _dmg),
    ("VHD", _vhd_footer),
    ("UDF", _udf),
    ("disk image", _disk),
    ("installer (NSIS or Inno Setup)", _installer),
)


def kind_of(content: bytes) -> str | None:
    """Return the format by the header; None for any other content."""
    for name, magics in _MAGICS:
        if content.startswith(magics):
            return name
    for one in SEALED_SIGNATURES:
        if content.startswith(one.magic, one.offset) and one.proves(content, 0):
            return one.kind
    return next((name for name, test in _TESTS if test(content)), None)


# --- volumes ----------------------------------------------------------------------------------------------------------

_VOLUME = re.compile(
    r"\.(?:z\d\d|r\d\d|s\d\d|c\d\d|part\d{1,4}\.rar|(?:7z|zip|zipx|rar|tar|gz|tgz|bz2|xz|iso|arj|ace|exe|cab)\.\d{3})$",
    re.I,
)
_NUMBERED = re.compile(r"\.\d{3}$")
#: Starts of content that opens by itself under such a name, and so is no piece: its own opener says what is missing.
_WHOLE = (b"PK\3\4", b"PK\7\b", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c", b"\x60\xea", b"\x1f\x8b")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def _is_volume(content: bytes, declared: Declared) -> bool:
    """Return whether the content is a piece of a split archive.

    It is one by its name, and because it is neither text nor content that begins by itself.
    """
    if content.startswith(_WHOLE) or not _CONTROLS.search(content):
        return False
    if any(map(_VOLUME.search, declared.forms)):
        return True
    return any(map(_NUMBERED.search, declared.forms)) and not is_program(content) and not is_shown(content)


# --- openers ----------------------------------------------------------------------------------------------------------


def _fits_sealed(content: bytes, declared: Declared) -> bool:
    return kind_of(content) is not None


def _open_sealed(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    raise Unreadable(f"the format {kind_of(content)} can't be opened")
    yield  # an opener is a generator


def _open_volume(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    raise Unreadable("it is one volume of an archive of several")
    yield  # an opener is a generator


SEALED = Opener("sealed", _fits_sealed, _open_sealed)
VOLUME = Opener("volume", _is_volume, _open_volume)
