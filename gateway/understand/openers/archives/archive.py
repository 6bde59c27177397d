"""Archives that libarchive reads: tar, 7z, cab, iso, lha, ar, cpio, xar and rpm, from memory, each by its own magic.

A magic that a program or a document carries further back counts where the header behind it proves true.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.message.model import Defect
from gateway.message.needle import Needle
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.archive_reader import Found, read_archive
from gateway.understand.openers.archives.old_tar import overridden_names
from gateway.understand.openers.archives.placement import behind, belied, misplaced, sighted

_SEVEN = b"7z\xbc\xaf\x27\x1c"
_CABINET = b"MSCF\0\0\0\0"
_LHA = re.compile(rb"-(?:lh[0-9dx]|lz[s45]|pm[012s])-")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One format: where an archive of it begins (-1: nowhere), where it ends (-1: it doesn't tell), what reads it."""

    name: str
    start: Callable[[bytes], int]
    end: Callable[[bytes, int], int]
    formats: Sequence[str]
    filters: Sequence[str] = ()
    suffixes: frozenset[str] = frozenset()


def _no_end(content: bytes, start: int) -> int:
    return -1


def _at_start(*magics: bytes) -> Callable[[bytes], int]:
    return lambda content: 0 if content.startswith(magics) else -1


def _anywhere(magic: bytes, proves: Callable[[bytes, int], bool]) -> Callable[[bytes], int]:
    needle = Needle(magic)
    return lambda content: sighted(content, needle, proves)


# --- where each begins and ends ---------------------------------------------------------------------------------------


def _is_tar(content: bytes) -> int:
    """By the checksum of its first header, as signed or unsigned octets (POSIX 1003.1, ustar)."""
    header = content[:512]
    if len(header) < 512 or not header[0]:
        return -1
    said = header[148:156].strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]{1,7}", said):
        return -1
    blanked = header[:148] + b" " * 8 + header[156:]
    total = sum(blanked)
    return 0 if int(said, 8) in (total, total - 256 * sum(octet > 127 for octet in blanked)) else -1


def _seven_proves(content: bytes, at: int) -> bool:
    """The start header is whole, and has a checksum (7zFormat.txt)."""
    header = content[at : at + 32]
    return len(header) == 32 and header[6:7] == b"\0" and header[8:12] == zlib.crc32(header[12:]).to_bytes(4, "little")


def _seven_end(content: bytes, start: int) -> int:
    if not _seven_proves(content, start):
        return -1
    offset, size = struct.unpack_from("<QQ", content, start + 12)
    return int(start + 32 + offset + size)


def _cabinet_proves(content: bytes, at: int) -> bool:
    """Version 1.3, and a size that fits (MS-CAB 2.1)."""
    return content[at + 24 : at + 26] == b"\3\1" and 36 <= _cabinet_size(content, at) <= len(content) - at


def _cabinet_size(content: bytes, at: int) -> int:
    return int.from_bytes(content[at + 8 : at + 12], "little")


def _cabinet_end(content: bytes, start: int) -> int:
    """Where it says; a signature (DER) stands behind a signed one."""
    end = start + _cabinet_size(content, start)
    return -1 if content[end : end + 2] in (b"\x30\x82", b"\x30\x83") else end


def _lha(content: bytes) -> int:
    """By its method and header level; behind a program too (self-extracting archives)."""
    found = _LHA.search(content, 2, 7) or (_LHA.search(content, 2) if content.startswith(b"MZ") else None)
    if found is None or content[found.start() + 18 : found.start() + 19] not in (b"\0", b"\1", b"\2", b"\3"):
        return -1
    return found.start() - 2


def _iso(content: bytes) -> int:
    return 0 if content[32769:32774] == b"CD001" else -1


def _cpio(content: bytes) -> int:
    if re.match(rb"07070[127][0-9A-Fa-f]{50}", content):
        return 0
    for order in "<>":  # the old binary form: 0o70707, a file type in the mode, a name of likely length
        if len(content) > 26 and struct.unpack_from(order + "H", content)[0] == 0o70707:
            mode, name_bytes = struct.unpack_from(order + "6xH12xH", content)
            return 0 if mode >> 12 in (1, 2, 4, 6, 8, 10, 12) and 2 <= name_bytes <= 1024 else -1
    return -1


#: Formats whose end shows only when they are read.
_TOLD_BY_READING = frozenset({"tar", "cpio"})
_COMPRESSIONS = ("gzip", "bzip2", "xz", "lzma", "zstd")

_KINDS = (
    _Kind("tar", _is_tar, _no_end, ("tar",), (), frozenset({"tar"})),
    _Kind("7z", _anywhere(_SEVEN, _seven_proves), _seven_end, ("7zip",), (), frozenset({"7z"})),
    _Kind("cab", _anywhere(_CABINET, _cabinet_proves), _cabinet_end, ("cab",), (), frozenset({"cab"})),
    _Kind("iso", _iso, _no_end, ("iso9660",), (), frozenset({"iso"})),
    _Kind("lha", _lha, _no_end, ("lha",), (), frozenset({"lha", "lzh"})),
    _Kind("ar", _at_start(b"!<arch>\n"), _no_end, ("ar",)),
    _Kind("cpio", _cpio, _no_end, ("cpio",)),
    _Kind("xar", _at_start(b"xar!\0\x1c"), _no_end, ("xar",)),
    _Kind("rpm", _at_start(b"\xed\xab\xee\xdb"), _no_end, ("cpio",), ("rpm", *_COMPRESSIONS)),
)


# --- opening ----------------------------------------------------------------------------------------------------------


def _open(kind: _Kind, content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Its entries, then what is wrong with it. Raises Unreadable and Exhausted."""
    start, end = kind.start(content), len(content)
    told = kind.end(content, start)
    placed = misplaced(content, start, told if told > start else end, kind.name)
    named = belied(declared, kind.name, kind.suffixes) if start == 0 else None
    yield from (one for one in (placed, named) if one is not None)
    if told > end:
        yield Defect("container.unreadable", f"the {kind.name} archive is cut off, or a volume of several", start)
    try:
        for found in read_archive(content, start, kind.formats, kind.filters, budget):
            if found.read_bytes and not found.name and kind.name in _TOLD_BY_READING:
                yield from behind(content, found.read_bytes, kind.name)
            else:
                yield from _given(found, start)
    except Unreadable as error:
        raise Unreadable(f"the {kind.name} archive can't be read: {error}") from error
    yield from _afterwards(kind, content, start, told, budget)


def _given(found: Found, start: int) -> Iterator[Member | Defect]:
    if found.encrypted and not found.name:
        yield Defect("container.encrypted", "the names in the archive are encrypted", start)
    elif found.encrypted:
        yield Member((found.name,), None, "", (Defect("container.encrypted", "it is encrypted", start),))
    elif found.problem:
        fault = Defect("container.unreadable", f"it can't be read: {found.problem}", start)
        yield Member((found.name,), found.content or None, "", (fault,))
    elif found.name or found.content is not None:
        yield Member((found.name,) if found.name else (), found.content)


def _afterwards(kind: _Kind, content: bytes, start: int, told: int, budget: Budget) -> Iterator[Member | Defect]:
    if start <= told < len(content):
        yield from behind(content, told, kind.name) if start == 0 else ()
    if kind.name == "cab" and content[start + 30] & 3:
        raise Unreadable("it is one cabinet of a set of several")
    if kind.name == "iso":
        yield from _other_views(content, budget)
    if kind.name == "tar":
        yield from (Member((name,)) for name in overridden_names(content, budget))


def _other_views(content: bytes, budget: Budget) -> Iterator[Defect]:
    """With Rock Ridge, Joliet and neither, an image may show other files to other systems."""
    views = set()
    for switched_off in ((), ("rockridge",), ("rockridge", "joliet")):
        options = [("iso9660", name) for name in switched_off]
        entries = read_archive(content, 0, ("iso9660",), (), budget, options=options, names_only=True)
        views.add(frozenset(found.size for found in entries if found.size))  # links differ rightly
    if len(views) > 1:
        yield Defect("container.mismatch", "the image shows other files to other systems", 32768)
    if b"NSR0" in content[32768 : 32768 + 64 * 2048]:
        raise Unreadable("the image has a second file system, UDF, which can't be opened")


def _opener(kind: _Kind) -> Opener:
    def fits(content: bytes, declared: Declared) -> bool:
        return kind.start(content) >= 0

    def open_kind(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
        return _open(kind, content, declared, budget)

    return Opener(kind.name, fits, open_kind)


OPENERS = tuple(_opener(kind) for kind in _KINDS)
