"""Names in zip files, honest and otherwise."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from gateway.message import containers
from gateway.message.containers import MAX_NAME_BYTES, zip_listing, zip_names


def zipped(*names: str) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return octets.getvalue()


def local(name: bytes, flags: int = 0) -> bytes:
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, 0, 0, 0, 0, 0, 0, len(name), 0) + name


def test_names_of_a_zip_file() -> None:
    """In order, each once, with their folders."""
    assert zip_names(zipped("a.txt", "dir/evil.exe", "caf\u00e9.pdf")) == ("a.txt", "dir/evil.exe", "caf\u00e9.pdf")


def test_joined_archives_show_the_names_of_both() -> None:
    """Python's zipfile lists the last one only."""
    assert zip_names(zipped("evil.exe") + zipped("clean.txt")) == ("evil.exe", "clean.txt")


def test_an_end_record_that_lies_hides_nothing() -> None:
    """A second, empty end record behind the archive."""
    empty = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    assert zip_names(zipped("evil.exe") + empty) == ("evil.exe",)


def test_names_that_differ_are_both_seen() -> None:
    """One in the central directory, one in the local header."""
    archive = zipped("evil.exe")
    assert zip_names(archive.replace(b"evil.exe", b"fine.txt", 1)) == ("evil.exe", "fine.txt")


def test_data_before_and_no_directory() -> None:
    """A prefix, and an archive that is cut off."""
    assert zip_names(b"MZ" * 500 + local(b"evil.exe")) == ("evil.exe",)
    assert zip_names(zipped("evil.exe")[:45]) == ("evil.exe",)


def test_encodings_of_names() -> None:
    """UTF-8 where it fits or is flagged, else code page 437."""
    assert zip_names(local(b"\x81.exe")) == ("\u00fc.exe",)
    assert zip_names(local("\u00fc.exe".encode())) == ("\u00fc.exe",)
    assert zip_names(local(b"\xff.exe", 0x800)) == ("\ufffd.exe",)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"PK\x01\x02" + b"\xff" * 41, local(b"")])
def test_what_is_no_archive_has_no_names(content: bytes) -> None:
    """Cut off anywhere, nothing raises."""
    assert zip_listing(content) == containers.Listing(())


@pytest.mark.parametrize(("members", "complete"), [(9, True), (10, True), (11, False)])
def test_the_limit_of_headers(members: int, complete: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it the listing says that it isn't complete."""
    monkeypatch.setattr(containers, "MAX_HEADERS", 10)
    listing = zip_listing(b"".join(local(b"%d" % number) for number in range(members)))
    assert (len(listing.names), listing.complete) == (min(members, 10), complete)


@pytest.mark.parametrize(("more", "kept"), [(-1, -1), (0, 0), (1, 0)])
def test_long_names_keep_their_end(more: int, kept: int) -> None:
    """The extension is what counts."""
    (name,) = zip_names(local(b"x" * (MAX_NAME_BYTES + more - 4) + b".exe"))
    assert (len(name), name[-4:]) == (MAX_NAME_BYTES + kept, ".exe")


@pytest.mark.parametrize(("more", "complete"), [(-1, True), (0, True), (1, False)])
def test_the_limit_of_all_names(more: int, complete: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Octets of the names in one container, together."""
    monkeypatch.setattr(containers, "MAX_NAMES_BYTES", 100)
    listing = zip_listing(local(b"x" * 50) + local(b"y" * (50 + more)))
    assert (len(listing.names), listing.complete) == (2 if complete else 1, complete)


def test_names_that_overlap_are_not_complete() -> None:
    """A few octets can show a long name each: nothing can hold more of names than it is long."""
    listing = zip_listing(b"".join(b"PK\x03\x04//a.b/////%03d" % number for number in range(999)))
    assert not listing.complete
    assert sum(map(len, listing.names)) <= 999 * 17
