"""RAR: names and encryption of every sample of rarfile's, contents of those that can be read. Left out without them."""

from __future__ import annotations

import struct
import zlib

import pytest

from gateway.understand.budget import Exhausted
from gateway.understand.member import Declared
from gateway.understand.openers.archives import rar
from gateway.understand.openers.archives.foreign import OPENER as FOREIGN
from tests.corpus.archives_made import rar_samples
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import Unpacking, unpacked

STORED_NAME = b"evil.exe"


@pytest.fixture(scope="module")
def samples() -> dict[str, bytes]:
    found = rar_samples()
    if not found:
        pytest.skip("rarfile's samples can't be fetched")
    return found


def opened(content: bytes, name: str = "") -> Unpacking:
    return unpacked(rar.OPENER, content, name)


def block(kind: int, flags: int, rest: bytes, data: bytes = b"") -> bytes:
    """Return a block of RAR 3: checksum, type, flags, size."""
    body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body + data


def stored(name: bytes = STORED_NAME, content: bytes = STUB, flags: int = 0) -> bytes:
    """Return a file of RAR 3 without compression."""
    fixed = struct.pack("<IIBIIBBHI", len(content), len(content), 2, zlib.crc32(content), 0, 20, 0x30, len(name), 0x20)
    return block(0x74, 0x8000 | flags, fixed + name, content)


def behind_a_program(content: bytes) -> bytes:
    """Return the archive that is found in a program."""
    [(_, found)] = unpacked(FOREIGN, content).members
    return found or b""


HEAD = b"Rar!\x1a\7\0" + block(0x73, 0, bytes(6))
END = block(0x7B, 0x4000, b"")


def test_a_stored_file() -> None:
    """Name and content."""
    found = opened(HEAD + stored() + END)
    assert found.members == [((STORED_NAME.decode(),), STUB)]
    assert found.codes == set()


@pytest.mark.parametrize(
    "name", ["rar5-crc.rar", "seektest.rar", "rar5-solid.rar", "rar3-seektest.sfx", "rar5-crc.sfx"]
)
def test_contents(samples: dict[str, bytes], name: str) -> None:
    """Contents of RAR 3 and 5 come out, behind a program too."""
    found = opened(behind_a_program(samples[name]) if name.endswith(".sfx") else samples[name])
    assert [names for names, _ in found.members] == [("stest1.txt",), ("stest2.txt",)]
    assert all(content is not None and len(content) == 2048 for _, content in found.members)
    assert found.codes == set()


def test_names_that_are_not_ascii(samples: dict[str, bytes]) -> None:
    """Names are read in both versions."""
    for name in ("rar3-subdirs.rar", "rar5-subdirs.rar"):
        assert ("sub/üȵĩöḋè/file.txt",) in opened(samples[name]).names


def test_old_versions_of_a_file(samples: dict[str, bytes]) -> None:
    """Are files too."""
    for name in ("rar3-versions.rar", "rar5-versions.rar"):
        assert len(opened(samples[name]).members) == 3


@pytest.mark.parametrize("name", ["rar3-comment-psw.rar", "rar5-psw.rar", "rar202-comment-psw.rar"])
def test_encrypted_files(samples: dict[str, bytes], name: str) -> None:
    """Names are given, and that they are encrypted; comments, which need a program, are left alone."""
    found = opened(samples[name])
    assert len(found.names) == 2
    assert found.codes == {"container.encrypted"}


@pytest.mark.parametrize("name", ["rar3-comment-hpsw.rar", "rar5-hpsw.rar"])
def test_encrypted_names(samples: dict[str, bytes], name: str) -> None:
    """The defect is that of the archive as a whole."""
    assert opened(samples[name]).members == []
    assert opened(samples[name]).codes == {"container.encrypted"}


@pytest.mark.parametrize(
    "name", ["rar3-solid.rar", "rar15-comment.rar", "rar2-unix-owner.rar", "rar202-comment-nopsw.rar"]
)
def test_what_is_not_read(samples: dict[str, bytes], name: str) -> None:
    """Names are given all the same."""
    assert all(opened(samples[name]).names)
    assert opened(samples[name]).codes == {"container.unreadable"}


@pytest.mark.parametrize("name", ["rar3-vols.part1.rar", "rar3-vols.part2.rar", "rar5-vols.part1.rar", "rar3-old.r00"])
def test_volumes(samples: dict[str, bytes], name: str) -> None:
    """Are named as such."""
    assert "volume" in opened(samples[name]).ended


def test_links_and_copies_are_no_fault(samples: dict[str, bytes]) -> None:
    """They have no content of their own."""
    for name in ("rar5-dups.rar", "rar5-hlink.rar", "rar3-symlink-unix.rar", "rar5-symlink-win.rar"):
        assert opened(samples[name]).codes == set()


def test_what_stands_around() -> None:
    """Behind a picture, or with a program behind it, it is two files in one."""
    assert unpacked(FOREIGN, b"GIF89a" + bytes(90) + HEAD + stored() + END).codes == {"container.mismatch"}
    assert ((), STUB) in opened(HEAD + stored() + END + STUB).members
    assert opened(HEAD + stored() + END, "photo.jpg").codes == {"container.mismatch"}


@pytest.mark.parametrize(
    "content", [HEAD + b"\0" * 40, HEAD + stored()[:20], b"Rar!\x1a\7\0", b"Rar!\x1a\7\1\0" + b"\xff" * 40]
)
def test_broken_headers(content: bytes) -> None:
    """Are named as unread."""
    assert "container.unreadable" in opened(content).codes


def test_before_rar_1_5() -> None:
    """A format of its own."""
    assert "RAR 1.4" in opened(b"RE~^\7\0\0\0").ended


@pytest.mark.parametrize("content", [b"", b"Rar!", STUB, b"text about Rar!\x1a\7\0 and nothing behind it"])
def test_what_is_none(content: bytes) -> None:
    """The magic further back needs a true header behind it."""
    assert not rar.OPENER.fits(content, Declared())


@pytest.mark.parametrize(("over", "is_read"), [(-1, True), (0, True), (1, False)])
def test_headers(monkeypatch: pytest.MonkeyPatch, over: int, is_read: bool) -> None:
    """So many in one archive are read."""
    monkeypatch.setattr(rar, "MAX_HEADERS", 10)
    content = HEAD + stored() * (8 + over) + END
    assert ("container.limit" in opened(content).codes) is not is_read
    assert issubclass(Exhausted, ValueError)  # which the parser's own errors must not hide
