"""One-file compressors: gzip, bzip2, xz, lzma by the standard library; zstd, lz4, compress, lzip by libarchive.

Several streams in a row are one file to some programs. To others they are several files, or the first stream alone.
Both readings are given. A tar inside is a container of its own and is left to its opener.
"""

from __future__ import annotations

import bz2
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.archive_reader import read_archive
from gateway.understand.openers.archives.placement import behind, belied
from gateway.understand.openers.archives.signatures import XZ, gzip_data, is_bzip2
from gateway.understand.openers.archives.streams import LZMA_MEMORY_BYTES, Decoder, Inflater, Unpacked, copied, unpack

#: Streams that are also given one by one. Programs that compress in parallel write thousands, which belong together.
MAX_SINGLE_STREAMS = 32
#: All streams in one file: `bgzip` writes one for each 64 KiB, which makes 1.2 GiB.
MAX_STREAMS = 20_000

#: Suffix of a packed file -> suffix of the file inside.
_SUFFIXES = {
    "tgz": ".tar", "taz": ".tar", "tbz": ".tar", "tbz2": ".tar", "tb2": ".tar", "txz": ".tar", "tlz": ".tar",
    "tzst": ".tar", "svgz": ".svg", "emz": ".emf", "wmz": ".wmf", "cpgz": ".cpio", "gz": "", "bz2": "", "bz": "",
    "xz": "", "lzma": "", "zst": "", "zstd": "", "lz4": "", "z": "", "lz": "",
}  # fmt: skip

#: A size in octets that no mail has; the size field of a stream that doesn't know its own size.
_MAX_LZMA_BYTES, _UNKNOWN_SIZE = 1 << 40, b"\xff" * 8
#: Octets that must come out of an LZMA stream, where it has as many, before it is taken for one.
_LZMA_TRIAL_BYTES = 64


def _inner_names(declared: Declared, *given: str) -> tuple[str, ...]:
    """Return the name in the stream, then the container's without its suffix."""
    outer = (stem + _SUFFIXES[end] for stem, end in declared.names_inside(_SUFFIXES))
    names = [*given, *outer]
    return tuple(dict.fromkeys(name for name in names if name))


# --- by the standard library ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    fits: Callable[[bytes], bool]
    decoder: Callable[[], Decoder]
    #: Finds the start of the compressed data of a stream at a place (-1: there is no stream), and its file name.
    head: Callable[[bytes, int], tuple[int, str]]
    trailer_bytes: int = 0
    suffixes: frozenset[str] = frozenset()


def _gzip_head(content: bytes, at: int) -> tuple[int, str]:
    data, name = gzip_data(content, at)
    return data, _text(name)


def _text(name: bytes) -> str:
    """Decode a name: RFC 1952 says Latin-1, but today's programs write the file system's octets."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _magic_head(magic: bytes) -> Callable[[bytes, int], tuple[int, str]]:
    return lambda content, at: (at if content.startswith(magic, at) else -1, "")


def is_lzma(content: bytes) -> bool:
    """Return whether the content is LZMA: by its properties, by a dictionary size that 7-Zip accepts, and by unpacking.

    The format has no magic, so these signs are weak.
    """
    if len(content) < 18 or content[0] >= 225 or content[13] or not _is_dictionary(content[1:5]):
        return False
    size = int.from_bytes(content[5:13], "little")
    said = content[5:13] if size < _MAX_LZMA_BYTES else _UNKNOWN_SIZE  # The Unarchiver checks no size
    trial = content[:5] + said + content[13:4096]
    try:
        return len(_lzma_alone().decompress(trial, _LZMA_TRIAL_BYTES)) >= min(size, _LZMA_TRIAL_BYTES)
    except lzma.LZMAError:
        return False


def _is_dictionary(octets: bytes) -> bool:
    size = int.from_bytes(octets, "little")
    by_three = (size // 3).bit_count() if size % 3 == 0 else 0
    return size == 0xFFFFFFFF or (size >= 4096 and 1 in (size.bit_count(), by_three))


def _lzma_alone() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY_BYTES)


def _lzma_head(content: bytes, at: int) -> tuple[int, str]:
    return at if at == 0 or is_lzma(content[at : at + 4096]) else -1, ""


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES)


def _bzip2_head(content: bytes, at: int) -> tuple[int, str]:
    return at if is_bzip2(content, at) else -1, ""


_KINDS = (
    _Kind("gzip", lambda c: _gzip_head(c, 0)[0] >= 0, Inflater, _gzip_head, 8, frozenset({"gz", "svg"})),
    _Kind("bzip2", lambda c: _bzip2_head(c, 0)[0] >= 0, bz2.BZ2Decompressor, _bzip2_head),
    _Kind("xz", lambda c: c.startswith(XZ), _xz, _magic_head(XZ)),
    _Kind("lzma", is_lzma, _lzma_alone, _lzma_head),
)


def _open(kind: _Kind, content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield all streams as one file, then each stream. Raises Unreadable and Exhausted."""
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
        yield from behind(content, end, kind.name, declared)


def _single(streams: list[Unpacked], names: list[str]) -> list[tuple[Unpacked, str]]:
    """Return the streams that some program takes for the file: all where they are few, else the first."""
    if len(streams) == 1:
        return []
    return list(zip(streams, names, strict=True))[: len(streams) if len(streams) <= MAX_SINGLE_STREAMS else 1]


def _streams(kind: _Kind, content: bytes, budget: Budget) -> tuple[list[Unpacked], list[str], int]:
    """Return the streams, their names, and the place where the last one ends."""
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
    """Return the place behind zeros.

    The xz format pads between streams (2.2), and gzip files from tapes have zeros too.
    """
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
    """Return whether the content is a `compress` stream.

    It has 9 to 16 bits and two unused flags. The first code is an octet, so its ninth bit is clear.
    """
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
                yield from behind(content, found.read_bytes, name, declared)
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
