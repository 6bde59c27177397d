"""Archives by libarchive: contents, names as they stand, and what is wrong with them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence

import pytest
from libarchive import custom_writer

from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Opener
from gateway.understand.openers.archives import arj
from gateway.understand.openers.archives.archive import OPENERS
from gateway.understand.openers.archives.foreign import OPENER as FOREIGN
from tests.corpus.archives_made import made, of_tar
from tests.corpus.archives_sealed import seven
from tests.corpus.archives_zip import CLEAN, NOTE
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import Unpacking, unpacked

BY_NAME = {opener.name: opener for opener in OPENERS}
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def written(kind: str, files: Sequence[tuple[str, bytes]] = (("ü/evil.exe", STUB), ("ok.txt", NOTE))) -> bytes:
    """Return an archive of these files, written by libarchive."""
    out: list[bytes] = []

    def write(octets: bytes) -> int:
        out.append(bytes(octets))
        return len(octets)

    with custom_writer(write, kind) as archive:
        for name, content in files:
            archive.add_file_from_memory(name, len(content), content)
    return b"".join(out)


def tar(*files: tuple[str, bytes]) -> bytes:
    return of_tar(iter([(name, tarfile.REGTYPE, content) for name, content in files]))


def opened(kind: str, content: bytes, name: str = "", budget: Budget | None = None) -> Unpacking:
    return unpacked(BY_NAME[kind], content, name, budget)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("7z", "7zip"),
        ("tar", "pax"),
        ("tar", "ustar"),
        ("tar", "gnutar"),
        ("cpio", "cpio"),
        ("cpio", "cpio_newc"),
        ("xar", "xar"),
    ],
)
def test_contents(kind: str, form: str) -> None:
    """Names that aren't ASCII, and contents, come out of each."""
    assert opened(kind, written(form)).members == [(("ü/evil.exe",), STUB), (("ok.txt",), NOTE)]
    assert opened(kind, written(form)).codes == set()


def test_ar() -> None:
    """The archive is like a Debian package."""
    assert opened("ar", written("ar_svr4", [("a.tar", b"x" * 10)])).members == [(("a.tar",), b"x" * 10)]


@pytest.mark.parametrize("name", ["a.cab", "plain.cab", "a.lzh", "a.iso", "joliet.iso"])
def test_contents_by_their_own_programs(name: str) -> None:
    """gcab, jlha, xorriso."""
    kind = {"lzh": "lha"}.get(name.partition(".")[2], name.partition(".")[2])
    found = opened(kind, made(name), name)
    assert (("evil.exe",), STUB) in [(names, content) for names, content in found.members]
    assert found.codes == set()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file(kind: bytes) -> None:
    """Links, devices and folders are names."""
    [(names, content)] = opened("tar", of_tar(iter([("../evil.exe", kind, b"")]))).members
    assert names[0].rstrip("/") == "../evil.exe"
    assert content is None


def test_old_tar() -> None:
    """The archive lacks "ustar", and is known by its checksum."""
    out = io.BytesIO()
    info = tarfile.TarInfo("a.txt")
    info.size = 3
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    out.write(bytes(header) + b"abc".ljust(512, b"\0") + bytes(1024))
    assert opened("tar", out.getvalue()).members == [(("a.txt",), b"abc")]


@pytest.mark.parametrize("behind", [tar(("b", NOTE)), CLEAN], ids=["tar", "zip"])
def test_what_stands_behind_a_tar(behind: bytes) -> None:
    """Is given, and told."""
    found = opened("tar", tar(("a.txt", NOTE)) + behind)
    assert found.codes == {"container.mismatch"}
    assert found.members[0] == (("a.txt",), NOTE)
    assert behind in (found.members[1][1] or b"")


@pytest.mark.parametrize(("kind", "content"), [("7z", written("7zip")), ("cab", made("a.cab"))], ids=["7z", "cab"])
def test_what_stands_around(kind: str, content: bytes) -> None:
    """A program before it is none of our business, a picture is; what is behind it is given."""
    assert unpacked(FOREIGN, STUB + content).codes == set()
    assert unpacked(FOREIGN, GIF + content).codes == {"container.mismatch"}
    assert ((), STUB) in opened(kind, content + STUB).members
    assert opened(kind, content, "a.pdf").codes == {"container.mismatch"}
    assert opened(kind, content, f"a.{kind}").codes == set()


def test_7z_encryption() -> None:
    """The names are encrypted, or the contents alone."""
    assert opened("7z", seven(True)).codes == {"container.encrypted"}
    assert opened("7z", seven(False)).members == [(("evil.exe",), None)]
    assert opened("7z", seven(False)).codes == {"container.encrypted"}


@pytest.mark.parametrize(
    ("kind", "content"),
    [("7z", written("7zip")[:-9]), ("cab", made("a.cab")[:60]), ("cab", b"MSCF\0\0\0\0" + bytes(40))],
    ids=["7z", "cab", "empty"],
)
def test_what_is_cut_off(kind: str, content: bytes) -> None:
    """Is named as unread."""
    assert "container.unreadable" in opened(kind, content).codes


def test_a_hole() -> None:
    """A sparse file is filled with zeros, within the budget."""
    out = io.BytesIO()
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    size = 1 << 40
    header[386:410] = b"%011o\0%011o\0" % (size - 512 & 0o77777777777, 512)
    header[483:495] = b"%011o\0" % (size & 0o77777777777)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    out.write(bytes(header) + bytes(512 + 1024))
    budget = Budget(Allowance(bytes=2 * 1024 * 1024), 10**6)
    assert opened("tar", out.getvalue(), budget=budget).codes <= {"container.limit", "container.unreadable"}


@pytest.mark.parametrize(("entries", "codes"), [(2, {"container.limit"}), (3, set()), (4, set())])
def test_entries(entries: int, codes: set[str]) -> None:
    """Three need three."""
    content = tar(("a", b""), ("b", b""), ("c", b""))
    assert opened("tar", content, budget=Budget(Allowance(entries=entries), 10**6)).codes == codes


def test_another_tree_in_an_image() -> None:
    """The Joliet names of other files than ISO 9660 lists are a conflict."""
    content = bytearray(made("joliet.iso"))
    at = content.find(b"EVIL.EXE;1")
    content[at - 23 : at - 15] = (99).to_bytes(4, "little") + (99).to_bytes(4, "big")
    assert "container.mismatch" in opened("iso", bytes(content)).codes


@pytest.mark.parametrize("opener", OPENERS, ids=lambda opener: opener.name)
@pytest.mark.parametrize(
    "content",
    [b"", b"x", NOTE, STUB, GIF, b"-lh5- is a method", bytes(40_000), b"!<arch>", b"7z", b"MSCF", b"\xc7\x71" * 30],
)
def test_what_is_none(opener: Opener, content: bytes) -> None:
    """Text, pictures, programs, zeros, and magics without a header."""
    assert not opener.fits(content, Declared())


def test_a_7z_header_that_is_cut() -> None:
    """The checksum of the octets that aren't there is right; the header is not."""
    assert opened("7z", b"7z\xbc\xaf\x27\x1c" + bytes(10)).codes == {"container.unreadable"}


@pytest.mark.parametrize("content", [b"\x60\xea", b"\x60\xea" + bytes(60), b"\x60\xea\x22\0" + b"\x1e" * 60, STUB])
def test_what_is_no_arj(content: bytes) -> None:
    """Two octets without a header that is true."""
    assert not arj.OPENER.fits(content, Declared())


def test_nothing_is_read_behind_a_fatal_fault() -> None:
    """A broken block of a cabinet ends it: libarchive would crash when it is asked for the next file."""
    content = bytearray(made("plain.cab"))
    folder_at = int.from_bytes(content[36:40], "little")
    content[folder_at + 4 : folder_at + 6] = b"\xff\xff"  # the size of the block (MS-CAB 2.4)
    found = opened("cab", bytes(content))
    assert found.codes == {"container.unreadable"}
    assert len(found.members) == 1


@pytest.mark.parametrize("mode", [b"100644", b"10644 ", b"20644 ", b"60644 ", b"140644"])
def test_content_of_what_is_no_regular_file(mode: bytes) -> None:
    """Archivers make a file of a pipe or a device that has content."""
    header = b"a.txt/".ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + mode.ljust(8) + b"%-10d`\n" % len(NOTE)
    assert (("a.txt",), NOTE) in unpacked(BY_NAME["ar"], b"!<arch>\n" + header + NOTE).members
