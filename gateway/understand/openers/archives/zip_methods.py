"""The compression methods of zip (APPNOTE 4.4.5): one entry's data in, its content out, within the budget."""

from __future__ import annotations

import bz2
import lzma
import struct

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable
from gateway.understand.openers.archives.archive_reader import read_archive
from gateway.understand.openers.archives.streams import LZMA_MEMORY_BYTES, Decoder, Inflater, Unpacked, copied, unpack

STORED, DEFLATE = 0, 8
#: Octets that an entry is unpacked beyond the size that its headers give.
OVERRUN_BYTES = 1024 * 1024

_LZMA_END_MARK = 0x2  # flag bit 1, APPNOTE 4.4.4
_BZIP2, _LZMA, _ZSTD, _XZ, _PPMD = 12, 14, 93, 95, 98

#: Every method that APPNOTE names. Those that aren't opened here are listed too: their entries are shown by name.
KNOWN_METHODS = {
    STORED: "stored", 1: "shrink", 2: "reduce", 3: "reduce", 4: "reduce", 5: "reduce", 6: "implode", DEFLATE: "deflate",
    9: "deflate64", 10: "PKWARE implode", _BZIP2: "bzip2", _LZMA: "LZMA", 16: "CMPSC", 18: "TERSE", 19: "LZ77",
    20: "zstd (old)", _ZSTD: "zstd", 94: "MP3", _XZ: "xz", 96: "JPEG", 97: "WavPack", _PPMD: "PPMd", 99: "AES",
}  # fmt: skip


def unpack_entry(method: int, flags: int, data: memoryview, size: int | None, budget: Budget) -> Unpacked:
    """Unpack an entry; `size` is the one in its headers, or None. Raises Exhausted, nothing else."""
    kind = KNOWN_METHODS.get(method, str(method))
    if method == STORED:
        return Unpacked(copied(data, budget), len(data))
    if method in (_ZSTD, _PPMD):
        return _by_library(method, flags, data, size, budget)
    try:
        decoder, start = _decoder(method, data)
    except (lzma.LZMAError, ValueError):
        return Unpacked(b"", 0, f"the {kind} data is broken")
    if decoder is None:
        return Unpacked(b"", 0, f"the method {kind} can't be opened")
    most = _most(method, flags, size)
    found = unpack(decoder, data[start:], budget, kind, most)
    # A stream that was left at its size has no known end, so nothing is looked for behind it (LZMA needs no mark:
    # APPNOTE 5.8.9)
    used = start + found.used_bytes if decoder.eof else len(data)
    return Unpacked(found.content, used, found.problem)


def _decoder(method: int, data: memoryview) -> tuple[Decoder | None, int]:
    """Return the decoder, and the place where its stream begins in the data."""
    if method == DEFLATE:
        return Inflater(), 0
    if method == _BZIP2:
        return bz2.BZ2Decompressor(), 0
    if method == _XZ:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES), 0
    if method == _LZMA and len(data) >= 9 and data[2] == 5 and data[4] < 225:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[_lzma_filter(bytes(data[4:9]))]), 9
    return None, 0


def _lzma_filter(properties: bytes) -> dict[str, int]:
    """Read LZMA's properties, as in the header of an .lzma file.

    They are (pb * 5 + lp) * 9 + lc, then the dictionary's size.
    """
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    dictionary = int.from_bytes(properties[1:], "little")
    return {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(4096, min(dictionary, LZMA_MEMORY_BYTES)),
        "lc": lc,
        "lp": lp,
        "pb": pb,
    }


def _most(method: int, flags: int, size: int | None) -> int | None:
    """Return how many octets to unpack; None for all, where the headers tell no size.

    It is a little more than the size in the headers, which shows whether they lie.
    """
    if size is None:
        return None
    return size if method == _LZMA and not flags & _LZMA_END_MARK else size + OVERRUN_BYTES


def _by_library(method: int, flags: int, data: memoryview, size: int | None, budget: Budget) -> Unpacked:
    """Unpack zstd as a bare stream, and PPMd as the only entry of an archive made for it.

    PPMd knows no end of its own.
    """
    kind = KNOWN_METHODS[method]
    formats, filters = (("raw",), ("zstd",)) if method == _ZSTD else (("zip_streamable",), ())
    if method == _PPMD and size is None:
        return Unpacked(b"", 0, f"the {kind} data doesn't tell its size")
    packed = bytes(data) if method == _ZSTD else _archive_of_one(method, data, size or 0)
    try:
        for one in read_archive(packed, 0, formats, filters, budget):
            return Unpacked(one.content or b"", len(data), one.problem)
    except Unreadable:
        pass
    return Unpacked(b"", 0, f"the {kind} data is broken")


def _archive_of_one(method: int, data: memoryview, size: int) -> bytes:
    header = struct.pack("<4sHHHIIIIHH", b"PK\x03\x04", 63, 0, method, 0, 0, len(data), size, 1, 0)
    return header + b"x" + bytes(data)
