"""One-file compressors: gzip, bzip2, xz, lzma by the standard library; zstd, lz4, compress, lzip by libarchive.

Several streams one behind the other are one file to some programs and several, or the first alone, to others: both are
given. A tar inside is the next container, not this one's business.
"""

from __future__ import annotations

import bz2
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.archive_reader import read_archive
from gateway.understand.openers.archives.placement import behind, belied
from gateway.understand.openers.archives.streams import LZMA_MEMORY_BYTES, Decoder, Inflater, Unpacked, copied, unpack

#: Streams that are also given one by one. Programs that compress in parallel write thousands, which belong together.
MAX_SINGLE_STREAMS = 32
#: Streams in one file, in all: `bgzip` writes one for each 64 KiB, which makes 1.2 GiB.
MAX_STREAMS = 20_000

#: Suffix -> what it becomes without the compression.
_SUFFIXES = {
    "tgz": ".tar", "taz": ".tar", "tbz": ".tar", "tbz2": ".tar", "tb2": ".tar", "txz": ".tar", "tlz": ".tar",
    "tzst": ".tar", "svgz": ".svg", "emz": ".emf", "wmz": ".wmf", "cpgz": ".cpio", "gz": "", "bz2": "", "bz": "",
    "xz": "", "lzma": "", "zst": "", "zstd": "", "lz4": "", "z": "", "lz": "",
}  # fmt: skip

_LZMA_ALONE = re.compile(rb"\x5d\0\0[\0-\x08]\0(?:\xff{8}|.{5}\0\0\0)|\x5d\0\0.[\0-\x08](?:\xff{8}|.{5}\0\0\0)", re.S)


def _inner_names(declared: Declared, *given: str) -> tuple[str, ...]:
    """The name in the stream, then the container's without its suffix."""
    outer = (stem + _SUFFIXES[end] for stem, end in declared.names_inside(_SUFFIXES))
    names = [*given, *outer]
    return tuple(dict.fromkeys(name for name in names if name))


# --- by the standard library ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    fits: Callable[[bytes], bool]
    decoder: Callable[[], Decoder]
    #: Where the compressed data of a stream begins at a place (-1: there is no stream), and its file name.
    head: Callable[[bytes, int], tuple[int, str]]
    trailer_bytes: int = 0
    suffixes: frozenset[str] = frozenset()


def _gzip_head(content: bytes, at: int) -> tuple[int, str]:
    """RFC 1952 2.3: FEXTRA, FNAME, FCOMMENT, FHCRC."""
    if not content.startswith(b"\x1f\x8b\x08", at) or len(content) - at < 18:
        return -1, ""
    flags, end, name = content[at + 3], at + 10, ""
    if flags & 4:
        end += 2 + int.from_bytes(content[end : end + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            stop = content.find(b"\0", end)
            if stop < 0:
                return -1, ""
            name = _text(content[end:stop][-4096:]) if flag == 8 else name
            end = stop + 1
    return end + (2 if flags & 2 else 0), name


def _text(name: bytes) -> str:
    """RFC 1952 says Latin-1; programs of today write what the file system has."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _magic_head(magic: bytes) -> Callable[[bytes, int], tuple[int, str]]:
    return lambda content, at: (at if content.startswith(magic, at) else -1, "")


def _alone(content: bytes) -> bool:
    """Weak: the usual properties, a dictionary of 64 KiB or more, a size unknown or below 1 TiB; and it unpacks."""
    if _LZMA_ALONE.match(content) is None:
        return False
    try:
        return bool(_lzma_alone().decompress(content[:4096], 64))
    except lzma.LZMAError:
        return False


def _lzma_alone() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY_BYTES)


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES)


def _bzip2_head(content: bytes, at: int) -> tuple[int, str]:
    blocks = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # a block, or the end of an empty stream
    return at if re.match(rb"BZh[1-9]", content[at : at + 4]) and content.startswith(blocks, at + 4) else -1, ""


_XZ_MAGIC = b"\xfd7zXZ\0"
_KINDS = (
    _Kind("gzip", lambda c: _gzip_head(c, 0)[0] >= 0, Inflater, _gzip_head, 8, frozenset({"gz", "svg"})),
    _Kind("bzip2", lambda c: _bzip2_head(c, 0)[0] >= 0, bz2.BZ2Decompressor, _bzip2_head),
    _Kind("xz", lambda c: c.startswith(_XZ_MAGIC), _xz, _magic_head(_XZ_MAGIC)),
    _Kind("lzma", _alone, _lzma_alone, _magic_head(b"\x5d\0\0")),
)


def _open(kind: _Kind, content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """All streams as one file, then each. Raises Unreadable and Exhausted."""
    named = belied(declared, kind.name, kind.suffixes)
    yield from () if named is None else (named,)
    streams, names, end = _streams(kind, content, budget)
    budget.take_entry()
    whole = streams[0].content if len(streams) == 1 else b"".join(one.content for one in streams)
    problem = streams[-1].problem
    fault = (Defect("container.unreadable", problem, 0),) if problem else ()
    yield Member(_inner_names(declared, *names[:1]), whole, "", fault)
    for one, name in _single(streams, names):
        budget.take_entry()
        copied(memoryview(one.content), budget)
        yield Member(_inner_names(declared, name), one.content)
    if not problem:
        yield from behind(content, end, kind.name)


def _single(streams: list[Unpacked], names: list[str]) -> list[tuple[Unpacked, str]]:
    """The streams that some program takes for the file: the first; all of a few."""
    if len(streams) == 1:
        return []
    return list(zip(streams, names, strict=True))[: len(streams) if len(streams) <= MAX_SINGLE_STREAMS else 1]


def _streams(kind: _Kind, content: bytes, budget: Budget) -> tuple[list[Unpacked], list[str], int]:
    """The streams, their names, and where the last one ends."""
    found: list[Unpacked] = []
    names: list[str] = []
    at, view = 0, memoryview(content)
    start, name = kind.head(content, at)
    while start >= 0:
        one = unpack(kind.decoder(), view[start:], budget, kind.name)
        found.append(one)
        names.append(name)
        at = start + one.used_bytes + kind.trailer_bytes
        if at > len(content):
            found[-1] = replace(one, problem=one.problem or f"the {kind.name} data is cut off")
        if found[-1].problem:
            break
        if len(found) > MAX_STREAMS:
            raise Unreadable(f"more than {MAX_STREAMS} {kind.name} streams in one file")
        start, name = kind.head(content, _behind_padding(kind, content, at))
    return found, names, at


def _behind_padding(kind: _Kind, content: bytes, at: int) -> int:
    """The xz format pads between streams (2.2); gzip files from tapes have zeros too."""
    if content[at : at + 1] != b"\0":
        return at
    rest = re.compile(rb"\0*+").match(content, at)
    return rest.end() if rest else at


# --- by libarchive ----------------------------------------------------------------------------------------------------


def _zstd(content: bytes) -> bool:
    return content.startswith(b"\x28\xb5\x2f\xfd") or (
        re.match(rb"[\x50-\x5f]\x2a\x4d\x18", content) is not None and b"\x28\xb5\x2f\xfd" in content
    )


def _compress(content: bytes) -> bool:
    """`compress`: 9 to 16 bits, two flags unused; the first code is an octet, so its ninth bit is clear."""
    return len(content) > 4 and content.startswith(b"\x1f\x9d") and 9 <= content[2] & 0x1F <= 16 and not content[4] & 1


_BY_LIBRARY: tuple[tuple[str, str, Callable[[bytes], bool]], ...] = (
    ("zstd", "zstd", _zstd),
    ("lz4", "lz4", lambda content: content.startswith((b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"))),
    ("compress", "compress", _compress),
    ("lzip", "lzip", lambda content: content.startswith((b"LZIP\0", b"LZIP\1"))),
)


def _open_by_library(
    name: str, filter_name: str, content: bytes, declared: Declared, budget: Budget
) -> Iterator[Member | Defect]:
    named = belied(declared, name, frozenset())
    yield from () if named is None else (named,)
    try:
        for found in read_archive(content, 0, ("raw",), (filter_name,), budget):
            if found.content is not None:
                fault = (
                    (Defect("container.unreadable", f"it can't be read: {found.problem}", 0),) if found.problem else ()
                )
                yield Member(_inner_names(declared), found.content, "", fault)
            elif found.read_bytes:
                yield from behind(content, found.read_bytes, name)
    except Unreadable as error:
        raise Unreadable(f"the {name} data can't be read: {error}") from error


def _opener(kind: _Kind) -> Opener:
    return Opener(kind.name, lambda content, declared: kind.fits(content), lambda c, d, b: _open(kind, c, d, b))


def _library_opener(name: str, filter_name: str, is_it: Callable[[bytes], bool]) -> Opener:
    return Opener(
        name,
        lambda content, declared: is_it(content),
        lambda c, d, b: _open_by_library(name, filter_name, c, d, b),
    )


OPENERS = (*(_opener(kind) for kind in _KINDS), *(_library_opener(*one) for one in _BY_LIBRARY))
