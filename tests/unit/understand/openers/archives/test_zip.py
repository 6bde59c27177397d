"""Zip files: every view of them is opened, their disagreements are told, and ordinary ones are left in peace."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member
from gateway.understand.openers.archives.zip import OPENER
from gateway.understand.openers.archives.zip_directories import MAX_ENDINGS, MAX_HEADERS
from gateway.understand.openers.archives.zip_records import MAX_NAME_CHARS
from tests.corpus.archives_bombs import full_overlap, quoted_overlap
from tests.corpus.archives_zip import NOTE, File, archive, central, end, local, plain
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import Unpacking, unpacked

NAMED = Declared(("archive.zip",))
CLEAN, EVIL = archive(File(b"ok.txt", NOTE)), archive(File(b"evil.exe"))


def opened(content: bytes, name: str = "archive.zip", budget: Budget | None = None) -> Unpacking:
    return unpacked(OPENER, content, name, budget)


def all_codes(content: bytes, name: str = "archive.zip") -> set[str]:
    return opened(content, name).codes


def names(content: bytes) -> list[tuple[str, ...]]:
    return opened(content).names


class Unseekable(io.RawIOBase):
    """A stand-in for a pipe: a writer of zip files puts sizes behind the data."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, octets: object) -> int:
        self.written += memoryview(octets)  # type: ignore[arg-type]
        return len(memoryview(octets))  # type: ignore[arg-type]


def streamed(method: int) -> bytes:
    out = Unseekable()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr("a.txt", NOTE)
        made.writestr("b/", b"")
        made.writestr("c.zip", CLEAN)
    return bytes(out.written)


# --- ordinary ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_writes(method: int) -> None:
    """Names and contents come out for each method, without a defect."""
    content = plain([("a.txt", NOTE), ("é/ü.txt", b""), ("in.zip", CLEAN)], method)
    expected = (Member(("a.txt",), NOTE), Member(("é/ü.txt",), b""), Member(("in.zip",), CLEAN))
    assert opened(content) == Unpacking(expected)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_goes_through_a_pipe(method: int) -> None:
    """Sizes behind the data are no conflict, and a stored archive in it isn't taken for this one's files."""
    assert opened(streamed(method)).members == [(("a.txt",), NOTE), (("b/",), None), (("c.zip",), CLEAN)]
    assert all_codes(streamed(method)) == set()


def test_zip64_extra_fields() -> None:
    """Full fields are replaced from the extra field (APPNOTE 4.5.3)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, made.open("a.txt", "w", force_zip64=True) as file:
        file.write(NOTE)
    assert opened(out.getvalue()) == Unpacking((Member(("a.txt",), NOTE),))


def test_zip64_end_record() -> None:
    """The directory is found by it (APPNOTE 4.3.14)."""
    body, directory = local(File(b"a.txt", NOTE)), central(File(b"a.txt", NOTE), 0)
    at = len(body) + len(directory)
    large = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    content = body + directory + large + locator + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    assert opened(content) == Unpacking((Member(("a.txt",), NOTE),))


def test_slashes_and_an_equal_unicode_path() -> None:
    """A name that programs write differently in two places is one name."""
    assert all_codes(archive(File(b"a/b.txt", NOTE, local_name=b"a\\b.txt"))) == set()
    raw = "Übersicht.txt".encode("cp437")
    path = b"\1" + struct.pack("<I", zlib.crc32(raw)) + "Übersicht.txt".encode()
    content = archive(File(raw, NOTE, extra=struct.pack("<HH", 0x7075, len(path)) + path))
    assert names(content) == [("Übersicht.txt",)]
    assert all_codes(content) == set()


@pytest.mark.parametrize(
    "front", [STUB, b"#!/usr/bin/python3\n", b"JM\1\0", bytes(100)], ids=["exe", "#!", "jmod", "0"]
)
def test_an_archive_behind_a_program(front: bytes) -> None:
    """Programs that unpack themselves are no disguise; offsets may count from either place."""
    assert opened(front + EVIL).members == [(("evil.exe",), STUB)]
    assert all_codes(front + EVIL) == set()


def test_padding_behind() -> None:
    """Line breaks and zeros are not data."""
    assert all_codes(CLEAN + b"\r\n\0\0\x1a") == set()


def test_an_archive_held_by_another_container() -> None:
    """A zip in the middle of an OLE file is none, and its pieces in unknown octets lead to no defect."""
    assert not OPENER.fits(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + CLEAN + bytes(70_000), NAMED)
    assert all_codes(b"\1\2\3\4" * 100 + CLEAN[:-30] + b"\5" * 100) == set()


@pytest.mark.parametrize("content", [b"", b"PK", b"PKware", b"a PK\3\4 in the text", b"%PDF-1.4 PK\3\4" + bytes(40)])
def test_what_is_no_archive(content: bytes) -> None:
    """Two letters, or four octets by chance."""
    assert not OPENER.fits(content, NAMED)


# --- views that disagree ----------------------------------------------------------------------------------------------


def test_joined_archives() -> None:
    """Files of both come out, whichever stands last."""
    assert sorted(names(CLEAN + EVIL)) == sorted(names(EVIL + CLEAN)) == [("evil.exe",), ("ok.txt",)]
    assert all_codes(CLEAN + EVIL) == all_codes(EVIL + CLEAN) == {"container.mismatch"}


@pytest.mark.parametrize("ending", [end(1, 0, len(local(File(b"evil.exe")))), end(0, 0, 0), end(9, 54, 31), b""])
def test_an_end_record_that_lies(ending: bytes) -> None:
    """Or is missing: the files come out by their own headers."""
    content = EVIL[:-22] + ending
    assert (("evil.exe",), STUB) in opened(content).members
    assert all_codes(content) & {"container.mismatch", "container.unreadable"}


def test_two_names() -> None:
    """Both are given, the directory's first."""
    content = archive(File(b"ok.txt", NOTE, local_name=b"evil.exe"))
    assert names(content) == [("ok.txt", "evil.exe")]
    assert all_codes(content) == {"container.mismatch"}


def test_two_methods() -> None:
    """The data is read by both."""
    found = opened(archive(File(b"a", method=0, local_method=8))).members
    assert (("a",), STUB) in found
    assert len(found) == 2


@pytest.mark.parametrize(
    "file",
    [
        File(b"a", local_sizes=(1, 2, 3)),
        File(b"a", crc=1),
        File(b"a", size=7),
        File(b"a", local_flags=1),
        File(b"a", local_sizes=(zlib.crc32(STUB), 0xFFFFFFFF, 0xFFFFFFFF)),
    ],
    ids=["sizes", "checksum", "size", "encryption", "no zip64"],
)
def test_headers_that_lie(file: File) -> None:
    """The content comes out, and the lie is told."""
    content = archive(file)
    assert STUB in [content for _, content in opened(content).members]
    assert "container.mismatch" in all_codes(content)


def test_data_behind_a_stream() -> None:
    """Octets within a file's size but behind its stream are returned too."""
    content = archive(File(b"a", NOTE, packed=zlib.compress(NOTE, 9, -15) + EVIL))
    assert ((), EVIL) in opened(content).members


def test_a_directory_that_leads_nowhere() -> None:
    """Its name is given."""
    gone = central(File(b"evil.exe"), 9_999)
    body = local(File(b"ok.txt", NOTE))
    content = body + central(File(b"ok.txt", NOTE), 0) + gone
    content += end(2, len(content) - len(body), len(body))
    assert (("evil.exe",), None) in opened(content).members


@pytest.mark.parametrize("front", [b"%PDF-1.4\n" + bytes(200), b"GIF89a" + b"\1" * 40, bytes(range(1, 200))])
def test_an_archive_behind_something_else(front: bytes) -> None:
    """A file that two programs read as two things."""
    assert all_codes(front + EVIL) == {"container.mismatch"}
    assert names(front + EVIL) == [("evil.exe",)]


def test_a_program_behind() -> None:
    """It is given."""
    assert ((), STUB) in opened(CLEAN + STUB).members


@pytest.mark.parametrize(
    ("name", "inside", "found"),
    [
        ("a.docx", "evil.exe", {"container.mismatch"}),
        ("a.jpg", "ok.txt", {"container.mismatch"}),
        ("a.rar", "ok.txt", {"container.mismatch"}),
        ("a.docx", "[Content_Types].xml", set()),
        ("a.odt", "mimetype", set()),
        ("a.jar", "a.class", set()),
        ("a.dat", "ok.txt", set()),
        ("archive", "ok.txt", set()),
    ],
)
def test_names_that_promise_something_else(name: str, inside: str, found: set[str]) -> None:
    """An archive under the name of a document, a picture or another archive."""
    assert all_codes(plain([(inside, NOTE)]), name) == found


# --- what can't be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file", [File(b"a.exe", flags=1), File(b"a.exe", method=99, packed=b"x" * 40)], ids=["1", "AES"]
)
def test_encrypted(file: File) -> None:
    """The name is given, and that it is encrypted."""
    assert opened(archive(file)).members == [(("a.exe",), None)]
    assert all_codes(archive(file)) == {"container.encrypted"}


def test_an_encrypted_directory() -> None:
    """The defect is that of the container as a whole."""
    content = local(File(b"1", packed=b"x" * 40, flags=0x2041)) + b"x" * 40 + end(1, 40, 71)
    assert [one.code for one in opened(content).found if isinstance(one, Defect)] == ["container.encrypted"]


@pytest.mark.parametrize("method", [1, 6, 9, 98, 200])
def test_methods_that_are_not_opened(method: int) -> None:
    """The name is given, and the method."""
    content = archive(File(b"evil.exe", packed=b"x" * 64, method=method))
    assert opened(content).members == [(("evil.exe",), None)]
    assert all_codes(content) == {"container.unreadable"}


@pytest.mark.parametrize("content", [archive(File(b"a", NOTE), disk=3), b"PK\7\b" + CLEAN[:60]], ids=["last", "first"])
def test_volumes(content: bytes) -> None:
    """One of several is named as such, not as a conflict."""
    assert "container.unreadable" in all_codes(content)
    assert "container.mismatch" not in all_codes(content)


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bomb", [full_overlap(), quoted_overlap()], ids=["full", "quoted"])
def test_overlapping_files(bomb: bytes) -> None:
    """They are told before the budget ends."""
    assert "container.mismatch" in all_codes(bomb)


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
def test_octets(over: int, fits: bool) -> None:
    """The budget's octets may be used up, and no more."""
    size = 3 * 1024 * 1024
    content = plain([("a", bytes(size + over))])
    budget = Budget(Allowance(bytes=size, ratio=10**6), len(content))
    assert bool(opened(content, budget=budget).members) is fits


def test_a_size_that_lies_is_not_followed() -> None:
    """A stream that goes on far beyond the size that its headers give is left."""
    content = archive(File(b"a", bytes(8 * 1024 * 1024), size=100))
    [(_, content_so_far)] = opened(content).members
    assert content_so_far is not None
    assert len(content_so_far) == 100 + 1024 * 1024


@pytest.mark.parametrize(("count", "is_read"), [(MAX_ENDINGS - 1, True), (MAX_ENDINGS, True), (MAX_ENDINGS + 1, False)])
def test_end_records(count: int, is_read: bool) -> None:
    """So many in one file are read."""
    assert bool(opened(local(File(b"a", NOTE)) + end(0, 0, 0) * count).members) is is_read


@pytest.mark.parametrize(("over", "is_read"), [(-1, True), (0, True), (1, False)])
def test_headers(over: int, is_read: bool) -> None:
    """So many of one kind in one file are read; of a file with more, none."""
    header = local(File(b"a", b"", 0))
    budget = Budget(Allowance(entries=1), 10**6)
    assert bool(opened(header * (MAX_HEADERS + over), budget=budget).members) is is_read


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_long_names(over: int) -> None:
    """A long name is cut to its end."""
    [(name,)] = names(archive(File(b"x" * (MAX_NAME_CHARS + over - 4) + b".exe", NOTE)))
    assert len(name) == min(MAX_NAME_CHARS + over, MAX_NAME_CHARS)
    assert name.endswith("x.exe")


def test_end_records_that_share_a_directory() -> None:
    """Cost no more than their directory."""
    file = File(b"a", b"", 0)
    directory = central(file, 0) * 5_000
    content = local(file) + directory + b"".join(end(5_000, len(directory), at) for at in range(900))
    assert all_codes(content) == {"container.limit"}
