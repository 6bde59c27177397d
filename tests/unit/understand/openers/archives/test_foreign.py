"""Archives behind content of another kind: found by every signature that archivers search for, and opened."""

from __future__ import annotations

import gzip
import shutil
import struct
import zlib

import pytest

from gateway.understand.budget import Allowance, Budget
from gateway.understand.inspected_part import InspectedPart
from gateway.understand.member import Declared
from gateway.understand.openers.archives import search
from gateway.understand.openers.archives.foreign import OPENER
from gateway.understand.openers.archives.sealed import kind_of
from gateway.understand.openers.archives.sealed_signatures import SEALED_SIGNATURES
from gateway.understand.openers.known import OPENERS
from gateway.understand.walk import Walk
from tests.corpus.payloads import STUB, encoded, multipart
from tests.generated import foreign_archives as made
from tests.support.probes.archive_opener import unpacked

GIF = made.STARTS["gif"]
#: Kinds without a signature, or that programs know at the start alone.
AT_START_ALONE = {"lzma", "other.lzma", "oversized.lzma", "lzma86", "flags.gz"}
SEARCHED = sorted(set(made.ARCHIVES) - AT_START_ALONE)


def seen(content: bytes, name: str = "a.dat") -> list[InspectedPart]:
    raw = multipart(encoded(name.encode(), content))
    walk = Walk(OPENERS, lambda part: (), lambda octets: "", Budget(Allowance(), len(raw)), texts=False)
    return list(walk.message(raw))


@pytest.mark.parametrize("kind", SEARCHED)
def test_what_begins_an_archive_has_its_opener(kind: str) -> None:
    """Otherwise nobody would look behind its beginning."""
    assert any(one.fits(made.archive(kind), Declared()) for one in OPENERS[:-1] if one is not OPENER)


@pytest.mark.parametrize("one", SEALED_SIGNATURES, ids=lambda one: one.kind)
def test_a_sealed_kind_is_named(one: search.Signature) -> None:
    """The format is named as one that can't be opened, if its proof holds at the start."""
    content = bytes(one.offset) + one.magic + bytes(70_000)
    assert kind_of(content) is not None or not one.proves(content, 0)


def test_nested_foreign_starts() -> None:
    """Behind a picture in an archive behind a picture."""
    content = GIF + gzip.compress(GIF + made.archive("xz"))
    assert any(one.content == STUB for one in seen(content))


def test_two_archives_behind_one_another() -> None:
    """The octets behind a found archive are searched in turn, and are no oddity of their own."""
    found = seen(GIF + gzip.compress(b"harmless") + b"\0\1" + made.archive("lzh"))
    assert any(one.content == STUB for one in found)
    assert not any(one.defects for one in found)


def test_the_name_without_its_extension_is_the_content_s() -> None:
    """The name is the one that 7-Zip gives to the content of a stream without a name."""
    assert any("evil.exe" in one.names for one in seen(GIF + made.archive("xz"), "evil.exe.xz"))


def test_it_is_another_reading_of_the_file() -> None:
    """Its path is that of a reading, so that the scanner is shown it by itself."""
    paths = [one.path for one in seen(GIF + made.archive("gz"))]
    assert f"1.1/(gzip from octet {len(GIF)} on)" in paths


def test_behind_a_database() -> None:
    """Inside its pages nothing is searched, behind them everything is."""
    pages = (_database_header(2) + made.archive("gz")).ljust(1024, b"\1")
    assert not OPENER.fits(pages, Declared())
    assert unpacked(OPENER, pages + made.archive("gz")).members[0][1] == made.archive("gz")


def _database_header(pages: int) -> bytes:
    head = b"SQLite format 3\0\2\0\1\1\0\x40\x20\x20" + bytes(4) + pages.to_bytes(4, "big")
    return head.ljust(100, b"\0") + b"\x0d"


@pytest.mark.parametrize("header", [b"SQLite format 3\0", b"SQLite format 3\0" + b"7z" * 50, _database_header(1000)])
def test_what_only_begins_as_a_database(header: bytes) -> None:
    """A header that isn't true, or tells of more pages than there are, hides nothing."""
    assert unpacked(OPENER, header + made.archive("gz")).members[0][1] == made.archive("gz")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_chances(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    """A file with more false signatures than are looked at is unread, and one with fewer is searched to its end."""
    monkeypatch.setattr(search, "MAX_CHANCES", 20)
    content = GIF + b"\x60\xea\1" * (20 + more) + made.archive("gz")
    assert unpacked(OPENER, content).codes == ({"container.limit"} if more > 0 else set())


def test_a_cut_archive_is_unread() -> None:
    """Programs extract what is left of it."""
    assert any("container.unreadable" in {d.code for d in one.defects} for one in seen(GIF + made.archive("gz")[:-20]))


def test_generated_files() -> None:
    """No archiver that is here extracts the program from a file in which the gateway neither sees nor doubts it."""
    programs = [name for name, command in made._COMMANDS.items() if shutil.which(command[0])]
    _, passed = made.passing(made.files(400, seed=4), programs)
    assert not passed


@pytest.mark.parametrize("name", [b"e\1vil.exe", b""])
@pytest.mark.parametrize("version", [20, 64, 255])
def test_odd_local_headers(version: int, name: bytes) -> None:
    """7-Zip takes a zip file without a directory for one, whatever version its headers ask for."""
    sizes = struct.pack("<IIIHH", zlib.crc32(STUB), len(STUB), len(STUB), len(name), 0)
    header = b"PK\3\4" + struct.pack("<5H", version, 0, 0, 0, 0) + sizes + name
    assert any(one.content == STUB for one in seen(GIF + header + STUB))


def test_a_false_zip_file_hides_nothing() -> None:
    """Neither one that is empty, with an end record far behind, nor one that claims to be long and secret."""
    for flags, packed in ((0, 0), (1, 5), (1, 0xFFFFFF), (0, 0xFFFFFF)):
        header = b"PK\3\4" + struct.pack("<5HIIIHH", 20, flags, 0, 0, 0, 0, packed, packed, 1, 0) + b"x"
        found = seen(GIF + header + made.archive("gz") + b"PK\5\6" + bytes(18))
        assert any(one.content == STUB for one in found)


def test_intel_hex() -> None:
    """7-Zip extracts it under any name."""
    pieces = (STUB[at : at + 16].ljust(16, b"\0").hex().upper() for at in range(0, len(STUB), 16))
    lines = (b":10000000" + one.encode() + b"00" for one in pieces)
    found = seen(b"\r\n".join([*lines, b":00000001FF", b""]), "a.txt")
    assert any(one.content.startswith(STUB) for one in found)
