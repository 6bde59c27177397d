"""One-file compressors: the content, its name, several streams, and what is wrong."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
from libarchive import custom_writer

from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Opener
from gateway.understand.openers.archives.compressed import MAX_SINGLE_STREAMS, MAX_STREAMS, OPENERS
from tests.corpus.archives_zip import NOTE
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import Unpacking, unpacked

BY_NAME = {opener.name: opener for opener in OPENERS}


def alone(content: bytes) -> bytes:
    return lzma.compress(content, lzma.FORMAT_ALONE)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": alone,
}


def by_library(name: str) -> bytes:
    """Return a tar with the program in it, compressed."""
    out: list[bytes] = []

    def write(octets: bytes) -> int:
        out.append(bytes(octets))
        return len(octets)

    with custom_writer(write, "ustar", name) as archive:
        archive.add_file_from_memory("evil.exe", len(STUB), STUB)
    return b"".join(out)


def opened(kind: str, content: bytes, name: str = "", budget: Budget | None = None) -> Unpacking:
    return unpacked(BY_NAME[kind], content, name, budget)


@pytest.mark.parametrize("kind", PACK)
def test_content(kind: str) -> None:
    """One file, under the container's name without its suffix."""
    suffix = {"gzip": "gz", "bzip2": "bz2"}.get(kind, kind)
    found = opened(kind, PACK[kind](STUB), f"evil.exe.{suffix}")
    assert found.members == [(("evil.exe",), STUB)]
    assert found.codes == set()


@pytest.mark.parametrize("name", ["zstd", "lz4", "compress", "lzip"])
def test_content_by_the_library(name: str) -> None:
    """The same."""
    [(names, content)] = opened(name, by_library(name), "a.tar.z").members
    assert names == ("a.tar",)
    assert content is not None
    assert content[512 : 512 + len(STUB)] == STUB


@pytest.mark.parametrize(
    ("name", "inner"),
    [("a.tgz", "a.tar"), ("A.TXZ", "A.tar"), ("a.svgz", "a.svg"), ("a.txt.gz", "a.txt"), ("a.tar.gz", "a.tar")],
)
def test_names(name: str, inner: str) -> None:
    """Short suffixes stand for two."""
    assert opened("gzip", gzip.compress(NOTE), name).names == [(inner,)]


def test_the_name_in_the_stream() -> None:
    """FNAME (RFC 1952 2.3.1) comes first."""
    out = io.BytesIO()
    with gzip.GzipFile("evil.exe", "wb", fileobj=out) as file:
        file.write(NOTE)
    assert opened("gzip", out.getvalue(), "a.gz").names == [("evil.exe", "a")]


def test_all_fields_of_a_header() -> None:
    """Extra field, name, comment and checksum of the header are stepped over."""
    plain = gzip.compress(NOTE)
    content = plain[:3] + b"\x1e" + plain[4:10] + b"\3\0abc" + b"evil.exe\0" + b"why\0" + b"\0\0" + plain[10:]
    assert opened("gzip", content).members == [(("evil.exe",), NOTE)]


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
@pytest.mark.parametrize("padding", [b"", bytes(8)])
def test_two_streams(kind: str, padding: bytes) -> None:
    """The streams are read as one file and as two."""
    if kind == "bzip2" and padding:
        padding = b""
    found = opened(kind, PACK[kind](NOTE) + padding + PACK[kind](STUB))
    assert [content for _, content in found.members] == [NOTE + STUB, NOTE, STUB]
    assert found.codes == set()


@pytest.mark.parametrize(
    ("streams", "members"),
    [
        (MAX_SINGLE_STREAMS - 1, MAX_SINGLE_STREAMS),
        (MAX_SINGLE_STREAMS, MAX_SINGLE_STREAMS + 1),
        (MAX_SINGLE_STREAMS + 1, 2),
    ],
)
def test_many_streams(streams: int, members: int) -> None:
    """A file of very many streams is read as a whole, and its first stream by itself."""
    assert len(opened("gzip", gzip.compress(NOTE) * streams).members) == members


@pytest.mark.parametrize(("over", "is_read"), [(-1, True), (0, True), (1, False)])
def test_too_many_streams(over: int, is_read: bool) -> None:
    """So many and no more."""
    assert bool(opened("gzip", gzip.compress(b"") * (MAX_STREAMS + over)).members) is is_read


def test_what_stands_behind() -> None:
    """Zeros are padding; a program is given, and told."""
    assert opened("gzip", gzip.compress(NOTE) + bytes(700)).codes == set()
    found = opened("gzip", gzip.compress(NOTE) + STUB)
    assert ((), STUB) in found.members
    assert found.codes == {"container.mismatch"}


@pytest.mark.parametrize("cut", [1, 8, 20])
@pytest.mark.parametrize("kind", PACK)
def test_what_is_cut_off(kind: str, cut: int) -> None:
    """The octets that came out are returned, with a defect."""
    assert opened(kind, PACK[kind](STUB * 9 + NOTE)[:-cut]).codes == {"container.unreadable"}


def test_a_name_that_promises_something_else() -> None:
    """A compressed file under the name of a text."""
    assert opened("gzip", gzip.compress(NOTE), "notes.txt").codes == {"container.mismatch"}


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb(kind: str) -> None:
    """Ends at the budget."""
    budget = Budget(Allowance(bytes=1024 * 1024), 10**6)
    assert opened(kind, PACK[kind](bytes(4 * 1024 * 1024)), budget=budget).codes == {"container.limit"}


@pytest.mark.parametrize(("over", "codes"), [(-1, set()), (0, set()), (1, {"container.limit"})])
@pytest.mark.parametrize("kind", PACK)
def test_octets(kind: str, over: int, codes: set[str]) -> None:
    """The budget's octets may be used up, and no more."""
    size = 2 * 1024 * 1024
    content = PACK[kind](bytes(size + over))
    assert opened(kind, content, budget=Budget(Allowance(bytes=size, ratio=10**6), len(content))).codes == codes


@pytest.mark.parametrize("opener", OPENERS, ids=lambda opener: opener.name)
@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", b"BZh9", b"]\0\0\x10\0", b"]\0\0 text", NOTE, STUB, bytes(900), b"\x1f\x9d"]
)
def test_what_is_none(opener: Opener, content: bytes) -> None:
    """Text, programs, zeros, and magics without a stream."""
    assert not opener.fits(content, Declared())
