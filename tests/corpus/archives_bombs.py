"""A12: zip bombs that a writer of zip files would not write: entries that share their data."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Iterator

from tests.corpus.archives_zip import AMBIGUOUS, UNREAD, File, archive, central, deflated, end, local, mailed, plain
from tests.corpus.case import Case

_MEBIBYTE = 1024 * 1024
_ENTRIES = 200


def full_overlap() -> bytes:
    """A directory that lists one file's data under many names."""
    file = File(b"0.txt", bytes(_MEBIBYTE))
    body = local(file)
    packed = file.data()
    headers = [central(File(b"%d.txt" % n, file.content, packed=packed), 0) for n in range(_ENTRIES)]
    directory = b"".join(headers)
    return body + directory + end(_ENTRIES, len(directory), len(body))


def quoted_overlap() -> bytes:
    """Fifield's: each file's data quotes the next header in a stored block and goes on with the next file's data."""
    data, size = deflated(bytes(_MEBIBYTE)), _MEBIBYTE
    body, names, sizes = b"", [b"%03d.txt" % n for n in range(_ENTRIES)], []
    for name in reversed(names):
        header = struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, len(data), size, len(name), 0) + name
        sizes.append((len(data), size))
        body = header + data
        data = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + header + data
        size += len(header)
    directory, at, step = b"", 0, len(names[0]) + 30 + 5
    for name, (packed, size) in zip(names, reversed(sizes), strict=True):
        directory += struct.pack(
            "<4sHHHHIIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, packed, size, len(name), 0, 0, 0, 0, 0, at
        )
        directory += name
        at += step
    return body + directory + end(_ENTRIES, len(directory), len(body))


def zeros_deflated(mebibytes: int) -> bytes:
    """Many zeros without holding them: a full flush makes each piece independent, so that one can be repeated."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = stream.compress(bytes(_MEBIBYTE)) + stream.flush(zlib.Z_FULL_FLUSH)
    return piece * mebibytes + stream.flush()


def cases() -> Iterator[Case]:
    either = AMBIGUOUS | UNREAD
    yield Case("A12", "full-overlap", mailed(full_overlap()), all_of=AMBIGUOUS)
    yield Case("A12", "quoted-overlap", mailed(quoted_overlap()), all_of=AMBIGUOUS)
    flat = File(b"zeros", b"", packed=zeros_deflated(3 * 1024), size=3 << 30)
    yield Case("A12", "flat", mailed(archive(flat)), all_of=UNREAD)
    lying = File(b"zeros", b"", packed=zeros_deflated(64), size=100)
    yield Case("A12", "flat-that-lies", mailed(archive(lying)), any_of=either)
    nested = plain([("0", bytes(8 * _MEBIBYTE))])
    for level in range(4):
        nested = plain([(f"{level}-{number}.zip", nested) for number in range(16)])
    yield Case("A12", "42-zip", mailed(nested), all_of=UNREAD)
    deep = plain([("a.txt", b"a")])
    for _ in range(40):
        deep = plain([("a.zip", deep)])
    yield Case("A12", "endless", mailed(deep), all_of=UNREAD)
    zeros = bytes(64 * _MEBIBYTE)
    yield Case("A12", "gzip-thrice", mailed(gzip.compress(gzip.compress(gzip.compress(zeros))), b"a.gz"), all_of=UNREAD)
    yield Case("A12", "bzip2", mailed(bz2.compress(zeros), b"a.bz2"), all_of=UNREAD)
    yield Case("A12", "xz", mailed(lzma.compress(zeros, preset=0), b"a.xz"), all_of=UNREAD)
    yield Case("A12", "gzip-streams", mailed(gzip.compress(b"") * 25_000, b"a.gz"), all_of=UNREAD)
