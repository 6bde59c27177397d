"""Containers that nothing opens are named, volumes too, and ordinary files are neither."""

from __future__ import annotations

import lzma

import pytest

from gateway.understand.member import Declared
from gateway.understand.openers.archives.sealed import SEALED, VOLUME
from tests.corpus import archives_sealed
from tests.corpus.archives_made import made
from tests.corpus.archives_zip import CLEAN, NOTE
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import unpacked

NOISE = bytes(range(256)) * 20


@pytest.mark.parametrize("name", archives_sealed.SEALED)
def test_formats(name: str) -> None:
    """Whatever their name is, the sentence names the format."""
    ended = unpacked(SEALED, archives_sealed.SEALED[name]).ended
    assert ended.startswith("the format ")
    assert ended.endswith(" can't be opened")


_ARC = b"\x1a\2" + b"\xff A.TXT".ljust(13, b"\0") + (4).to_bytes(4, "little") + bytes(10) + b"data"


@pytest.mark.parametrize("end", [b"", b"\x1a", b"\x1a\0", b"\x1a\0more", b"\x1a\4", _ARC, _ARC * 9])
def test_the_end_of_arc_may_be_missing(end: bytes) -> None:
    """The Unarchiver extracts what stands before it."""
    assert "ARC" in unpacked(SEALED, _ARC + end).ended


def test_a_cabinet_with_reserved_fields() -> None:
    """These fields are ignored by libmspack and The Unarchiver."""
    cabinet = made("plain.cab")
    assert "cabinet" in unpacked(SEALED, cabinet[:4] + b"\1" + cabinet[5:]).ended
    assert not SEALED.fits(cabinet, Declared())


def test_lzma_behind_the_octet_of_a_filter() -> None:
    """7-Zip opens it under any name."""
    assert "LZMA86" in unpacked(SEALED, b"\1" + lzma.compress(NOTE, lzma.FORMAT_ALONE)).ended


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"FWS\x08\x5a\0\0\0" + bytes(82), "Flash"),
        (b"CWS\x0a\x5a\1\0\0" + bytes(82), "Flash"),
        (b"FLV\1\5\0\0\0\x09" + bytes(20), "Flash"),
        (b"\0" + b" " * 11 + b"\0\0\1\0" + bytes(240), "LBR"),
    ],
)
def test_what_archivers_take_apart(content: bytes, kind: str) -> None:
    """7-Zip makes files of the pieces of a film, The Unarchiver of those of a library."""
    assert kind in unpacked(SEALED, content).ended


def test_installers() -> None:
    """NSIS and Inno Setup stand behind a program."""
    for mark in (b"\xef\xbe\xad\xdeNullsoftInst", b"Inno Setup Setup Data (5.5.0)"):
        assert "installer" in unpacked(SEALED, STUB + mark).ended


@pytest.mark.parametrize(
    "content",
    [
        bytes(32) + b"NXSB\0\x10\0\0" + bytes(4096),
        b"ER\2\0" + bytes(508) + b"PM\0\0" + bytes(508),
        b"sprs\0\0\0\3" + bytes(56),
    ],
)
def test_disk_images_of_macos(content: bytes) -> None:
    """Raw APFS, a partition map, a sparse image: a double click mounts them."""
    assert "image can't be opened" in unpacked(SEALED, content).ended


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(32) + b"NXSB" + NOTE,
        b"ER" + bytes(600),
        b"sprs" + NOTE,
        NOTE,
        STUB,
        CLEAN,
        NOISE,
        bytes(70_000),
        b"\x1a" + NOTE,
        b"\x1a\x08" + NOTE,
        b"\x1a\x02NAME.TXT\0" + NOISE,
        b"ZOO opens at nine",
        b"**ACE** is a word",
        b"x" * 7 + b"**ACE**" + b"x" * 40,
        b"koly" + NOTE,
        b"ISO\r\n" + NOTE * 3,
        b"FWS stands for more than one thing",
        b"CWS\r\n" + NOTE,
        b"FLV is a film",
        b"\0" + b" " * 11 + b"\0\0\xff\xff" + bytes(240),
        b"\xeb\x3c\x90" + bytes(507) + b"\x55\xaa",
        bytes(510) + b"\x55\xaa" + bytes(512),
        b"conec" + NOTE,
        bytes(1080) + b"\x53\xef" + bytes(2000),
    ],
)
def test_what_is_none(content: bytes) -> None:
    """Weak magics need the rest of a header."""
    assert not SEALED.fits(content, Declared())


def test_a_bootable_disc() -> None:
    """ISO 9660 is opened elsewhere, whatever boot record it has."""
    content = bytearray(made("a.iso"))
    content[446:512] = b"\x80\1\1\0\x17\xfe\xff\xff" + b"\1\0\0\0\1\1\0\0" + bytes(48) + b"\x55\xaa"
    assert not SEALED.fits(bytes(content), Declared())


@pytest.mark.parametrize(
    "name", ["a.z02", "a.r07", "a.7z.002", "a.zip.003", "a.part2.rar", "a.002", "A.PART10.RAR", "a.tar.gz.012"]
)
def test_volumes(name: str) -> None:
    """Volumes are known by their names; their octets show nothing."""
    assert "volume" in unpacked(VOLUME, NOISE, name).ended


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("minutes.001", NOTE),
        ("fax.001", b"II*\0" + NOISE),
        ("a.zip.001", CLEAN),
        ("a.dat", NOISE),
        ("libx.so.207", STUB + NOISE),
        ("report.2024", NOISE),
        ("version 1.002", b"%PDF-1.4\n" + NOISE),
        ("", NOISE),
    ],
)
def test_what_is_no_volume(name: str, content: bytes) -> None:
    """Text, pictures and documents with numbers, and whole archives, which have openers of their own."""
    assert not VOLUME.fits(content, Declared((name,)))
