"""True types by the real libmagic."""

from __future__ import annotations

import struct

import magic
import pytest

from gateway.understand.true_type import HEAD_BYTES, LibMagic, TypeUnknown


@pytest.fixture
def types() -> LibMagic:
    return LibMagic()


def portable_executable() -> bytes:
    """Return the start of a Windows program: DOS stub, PE header, one section."""
    stub = b"MZ\x90\0" + bytes(56) + b"\x80\0\0\0" + bytes(64)
    return stub + b"PE\0\0L\1\1\0" + bytes(12) + b"\xe0\0\2\1\x0b\1" + bytes(222) + b".text\0\0\0" + bytes(300)


def compound_file(class_id: bytes, padding_sectors: int = 0) -> bytes:
    """Return a minimal OLE compound file [MS-CFB]; its summary and directory are behind so many empty sectors."""
    tables = 2 + padding_sectors // 120
    summary, directory = tables + padding_sectors, tables + padding_sectors + 8
    table = [0xFFFFFFFF] * (128 * tables)
    table[:tables] = [0xFFFFFFFD] * tables
    table[summary : directory + 1] = [*range(summary + 1, directory), 0xFFFFFFFE, 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, tables, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack(f"<{tables}I", *range(tables)).ljust(436, b"\xff")
    properties = struct.pack("<4H16xI16xI", 0xFFFE, 0, 0x0105, 2, 1, 48) + struct.pack("<4I", 28, 1, 18, 16)
    properties += struct.pack("<2I", 0x1E, 4) + b"abc\0"  # "name of creating application": what libmagic wants to see
    entries = _entry("Root Entry", 5, 1, class_id, start=0xFFFFFFFE, size=0)
    entries += _entry("\5SummaryInformation", 2, 0xFFFFFFFF, bytes(16), start=summary, size=4096)
    body = struct.pack(f"<{128 * tables}I", *table) + bytes(512 * padding_sectors) + properties.ljust(4096, b"\0")
    return header + body + entries.ljust(512, b"\0")


def _entry(name: str, kind: int, child: int, class_id: bytes, *, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<HBB3I", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return text.ljust(64, b"\0") + links + class_id + bytes(20) + struct.pack("<IQ", start, size)


INSTALLER = struct.pack("<IHH", 0x000C1084, 0, 0) + b"\xc0\0\0\0\0\0\0\x46"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "application/x-empty"),
        (b"hello, world\r\n", "text/plain"),
        (b"%PDF-1.4 hi", "application/pdf"),
        (b"MZ" + bytes(200), "application/x-dosexec"),
        (bytes.fromhex("cffaedfe07000001030000000200000010000000") + bytes(100), "application/x-mach-binary"),
        (b"#!/bin/sh\necho hi\n", "text/x-shellscript"),
        (bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(56), "application/x-ms-shortcut"),
        (bytes(32769) + b"CD001\x01" + bytes(3000), "application/x-iso9660-image"),
        (compound_file(INSTALLER), "application/x-msi"),
    ],
)
def test_octets_tell_the_type(types: LibMagic, content: bytes, expected: str) -> None:
    """The type comes from the content alone."""
    assert types.of(content) == expected


def test_portable_executable(types: LibMagic) -> None:
    """A Windows program; libmagic 5.46 has another name for it than 5.44."""
    expected = {"application/x-dosexec", "application/vnd.microsoft.portable-executable"}
    assert types.of(portable_executable()) in expected


def test_elf(types: LibMagic) -> None:
    """A program of this machine, whichever of ELF's kinds it is."""
    with open("/proc/self/exe", "rb") as program:
        content = program.read(4096)
    assert types.of(content) in {
        "application/x-executable",
        "application/x-pie-executable",
        "application/x-sharedlib",
    }


@pytest.mark.parametrize("size", [HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1])
def test_libmagic_is_shown_the_head_only(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """No more than HEAD_BYTES octets, and no fewer where there are as many."""
    shown: list[int] = []
    real = magic.Magic.from_buffer

    def from_buffer(self: magic.Magic, head: bytes) -> str:
        shown.append(len(head))
        return str(real(self, head))

    monkeypatch.setattr(magic.Magic, "from_buffer", from_buffer)
    service = LibMagic()
    assert service.of(b"%PDF-1.4\r\n".ljust(size, b".")) == "application/pdf"
    assert shown == [min(size, HEAD_BYTES)]


def test_installer_with_its_directory_far_behind(types: LibMagic) -> None:
    """An .msi larger than the head is still told from a document: the whole compound file is shown."""
    far = compound_file(INSTALLER, padding_sectors=2 * HEAD_BYTES // 512)
    assert types.of(far) == "application/x-msi"
    assert types.of(compound_file(bytes(16), padding_sectors=2 * HEAD_BYTES // 512)) != "application/x-msi"


def test_failure_is_an_error_not_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of libmagic is a ValueError that a filter can name."""

    class Broken:
        def __init__(self, mime: bool) -> None: ...

        def setparam(self, param: int, value: int) -> None: ...

        def from_buffer(self, head: bytes) -> str:
            raise magic.MagicException(b"line I/O error")

    monkeypatch.setattr(magic, "Magic", Broken)
    with pytest.raises(TypeUnknown, match="line I/O error"):
        LibMagic().of(b"x")


@pytest.mark.parametrize("version", [b"\x14\0", b"\x0a\0", b"\x2d\0", b"\x3f\0"])
def test_zip_of_any_program(types: LibMagic, version: bytes) -> None:
    """The versions of some programs only are known to libmagic."""
    header = b"PK\3\4" + version + b"\0\0\x08\0" + bytes(16) + b"\5\0\0\0a.txt" + b"\x03\0"
    assert types.of(header) == "application/zip"
