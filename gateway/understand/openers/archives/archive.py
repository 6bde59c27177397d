"""Archives that libarchive reads: tar, 7z, cab, iso, lha, ar, cpio, xar, rpm, warc; from memory, each by its magic."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.archive_reader import ArchiveEntry, read_archive
from gateway.understand.openers.archives.old_tar import overridden_names
from gateway.understand.openers.archives.placement import behind, belied
from gateway.understand.openers.archives.signatures import (
    CABINET,
    SEVEN,
    Proof,
    is_cpio,
    is_iso,
    is_lha,
    is_seven,
    is_tar,
    is_warc,
    is_xar,
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One format: its proof, the end of its archives (-1: unknown), and libarchive's names for it."""

    name: str
    is_at: Proof
    end: Callable[[bytes], int]
    formats: Sequence[str]
    filters: Sequence[str] = ()
    suffixes: frozenset[str] = frozenset()


def _no_end(content: bytes) -> int:
    return -1


def _magic(octets: bytes) -> Proof:
    return lambda content, at: content.startswith(octets, at)


# --- where each ends --------------------------------------------------------------------------------------------------


def seven_end(content: bytes) -> int:
    """Return the end by the start header; -1 where the header is broken."""
    if not is_seven(content, 0):
        return -1
    offset, size = struct.unpack_from("<QQ", content, 12)
    return int(32 + offset + size)


def cabinet_end(content: bytes) -> int:
    """Return the end that the header tells; -1 where a signature (DER) stands behind it."""
    end = int.from_bytes(content[8:12], "little")
    return -1 if content[end : end + 2] in (b"\x30\x82", b"\x30\x83") else end


def _iso_end(content: bytes) -> int:
    """Return the end by the count of blocks in the primary descriptor (ECMA-119 8.4.8)."""
    blocks, block_bytes = struct.unpack_from("<I44xH", content, 32768 + 80) if len(content) > 32768 + 130 else (0, 0)
    return blocks * block_bytes or -1


#: Formats whose end shows only when they are read.
_TOLD_BY_READING = frozenset({"tar", "cpio", "ar", "lha", "warc"})
_COMPRESSIONS = ("gzip", "bzip2", "xz", "lzma", "zstd")

_KINDS = (
    _Kind("tar", is_tar, _no_end, ("tar",), (), frozenset({"tar"})),
    _Kind("7z", _magic(SEVEN), seven_end, ("7zip",), (), frozenset({"7z"})),
    _Kind("cab", _magic(CABINET), cabinet_end, ("cab",), (), frozenset({"cab"})),
    _Kind("iso", is_iso, _iso_end, ("iso9660",), (), frozenset({"iso"})),
    _Kind("lha", is_lha, _no_end, ("lha",), (), frozenset({"lha", "lzh"})),
    _Kind("ar", _magic(b"!<arch>\n"), _no_end, ("ar",)),
    _Kind("cpio", is_cpio, _no_end, ("cpio",)),
    _Kind("xar", is_xar, _no_end, ("xar",)),
    _Kind("rpm", _magic(b"\xed\xab\xee\xdb"), _no_end, ("cpio",), ("rpm", *_COMPRESSIONS)),
    _Kind("warc", is_warc, _no_end, ("warc",)),
)


# --- opening ----------------------------------------------------------------------------------------------------------


def _open(kind: _Kind, content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the archive's entries, then its defects. Raises Unreadable and Exhausted."""
    told = kind.end(content)
    named = belied(declared, kind.name, kind.suffixes)
    yield from () if named is None else (named,)
    if told > len(content) and kind.name != "iso":
        yield Defect("container.unreadable", f"the {kind.name} archive is cut off, or a volume of several", 0)
    try:
        for found in read_archive(content, 0, kind.formats, kind.filters, budget):
            if found.read_bytes and not found.name and kind.name in _TOLD_BY_READING:
                yield from behind(content, found.read_bytes, kind.name, declared)
            else:
                yield from _given(found)
    except Unreadable as error:
        raise Unreadable(f"the {kind.name} archive can't be read: {error}") from error
    yield from _afterwards(kind, content, told, declared, budget)


def _given(found: ArchiveEntry) -> Iterator[Member | Defect]:
    if found.encrypted and not found.name:
        yield Defect("container.encrypted", "the names in the archive are encrypted", 0)
    elif found.encrypted:
        yield Member((found.name,), None, "", (Defect("container.encrypted", "it is encrypted", 0),))
    elif found.problem:
        fault = Defect("container.unreadable", f"it can't be read: {found.problem}", 0)
        yield Member((found.name,), found.content or None, "", (fault,))
    elif found.name or found.content is not None:
        yield Member((found.name,) if found.name else (), found.content)


def _afterwards(
    kind: _Kind, content: bytes, told: int, declared: Declared, budget: Budget
) -> Iterator[Member | Defect]:
    if 0 <= told < len(content):
        yield from behind(content, told, kind.name, declared)
    if kind.name == "cab" and content[30:31] and content[30] & 3:
        raise Unreadable("it is one cabinet of a set of several")
    if kind.name == "iso":
        yield from _other_views(content, budget)
    if kind.name == "tar":
        yield from (Member((name,)) for name in overridden_names(content, budget))


def _other_views(content: bytes, budget: Budget) -> Iterator[Defect]:
    """Yield a defect where the image shows other files to other systems: by Rock Ridge, by Joliet, by neither."""
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
        return kind.is_at(content, 0)

    def open_kind(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
        return _open(kind, content, declared, budget)

    return Opener(kind.name, fits, open_kind)


OPENERS = tuple(_opener(kind) for kind in _KINDS)
