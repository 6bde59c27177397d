"""Archives that only their name tells of, names that old readers of tar see, streams in RAR, and what stands behind."""

from __future__ import annotations

import libarchive
import pytest

from gateway.understand.budget import Exhausted
from gateway.understand.member import Declared
from gateway.understand.openers.archives.old_tar import overridden_names
from gateway.understand.openers.known import OPENERS
from tests.corpus import variants_archives as made
from tests.support.probes.archive_opener import unpacked
from tests.support.probes.opener import budget

NOISE = bytes(range(256)) * 9
PICTURE = b"\x89PNG\r\n\x1a\n" + NOISE
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BY_NAME = OPENERS[-1]
RAR = next(one for one in OPENERS if one.name == "rar")


@pytest.mark.parametrize("name", ["a.zip", "a.rar", "a.7z.", "a.tar.gz", "A.CAB"])
@pytest.mark.parametrize("content", [b"\1" + NOISE, PICTURE, b"%PDF-1.4\n\1", OLE_MAGIC + bytes(600)])
def test_by_name(name: str, content: bytes) -> None:
    """A file of no known kind is unread under an archive's name, whatever else it is."""
    assert unpacked(BY_NAME, content, name).codes == {"container.unreadable"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (NOISE, "a.dat"),
        (b"<html>not found</html>", "a.zip"),
        (b"text", "a.gz"),
    ],
)
def test_not_by_name(content: bytes, name: str) -> None:
    """Other names and text are no archives."""
    assert not BY_NAME.fits(content, Declared((name,)))


def test_known_kinds_are_theirs() -> None:
    """An archive of a known kind is left to its own opener."""
    assert not BY_NAME.fits(b"PK\3\4" + NOISE, Declared(("a.zip",)))


def test_old_names() -> None:
    """The name in a file's own header counts where its extension is another than in the extended header."""
    assert list(overridden_names(made._renamed("ok.txt", "evil.js"), budget())) == ["evil.js"]
    assert list(overridden_names(made._renamed("\u00fc.txt", "u.txt"), budget())) == []
    assert list(overridden_names(bytes(1024), budget())) == []


def test_old_names_are_counted() -> None:
    """Each costs an entry."""
    with pytest.raises(Exhausted):
        list(overridden_names(made._renamed("ok.txt", "evil.js"), budget(entries=0)))


def test_stream() -> None:
    """A stored stream is a member by its name; a packed one is unread, unless it is the usual mark of the network."""
    note = b"[ZoneTransfer]\r\n"
    stored = unpacked(RAR, made._rar(made._stream(b":x.exe", note)), "a.rar")
    assert stored.members[1:] == [(("x.exe",), note)]
    assert not stored.codes
    assert unpacked(RAR, made._rar(made._stream(b":x", note, 3))).codes == {"container.unreadable"}
    assert not unpacked(RAR, made._rar(made._stream(b":Zone.Identifier", note, 3))).codes


def _packed(filter_name: str | None, format_name: str = "raw") -> bytes:
    pieces: list[bytes] = []

    def write(piece: bytes) -> int:
        pieces.append(bytes(piece))
        return len(piece)

    with libarchive.custom_writer(write, format_name, filter_name) as archive:
        archive.add_file_from_memory("x", 4, b"text")
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("name", "content"), [("lz4", _packed("lz4")), ("lzip", _packed("lzip")), ("cpio", _packed(None, "cpio_newc"))]
)
def test_behind(name: str, content: bytes) -> None:
    """The octets behind the end of the data are returned, and noted."""
    opener = next(one for one in OPENERS if one.name == name)
    assert not unpacked(opener, content).codes
    found = unpacked(opener, content + NOISE)
    assert found.codes == {"container.mismatch"}
    assert NOISE[99:] in (found.members[-1][1] or b"")  # some readers take the first octets for a stream's
