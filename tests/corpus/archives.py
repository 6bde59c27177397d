"""A: archives and containers: nested, compressed, split, encrypted, disguised, and of kinds that nothing opens."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator, Mapping

from tests.corpus import archives_bombs, archives_zip
from tests.corpus.archives_made import COMMANDS, made, of_tar, rar_samples
from tests.corpus.archives_sealed import SEALED, seven
from tests.corpus.archives_zip import AMBIGUOUS, CLEAN, ENCRYPTED, EVIL, FOUND, NOTE, UNREAD, mailed, plain
from tests.corpus.case import Case
from tests.corpus.payloads import STUB

LEFT_OUT: Mapping[str, str] = {
    "A12": "but for a zip file that holds itself: 41 archives in one another stand for it",
    "A15": "but for zstd and compress: tests/unit/understand/openers/archives/test_compressed.py runs their programs",
}

_ONE_FILE: Mapping[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
_ENCRYPTED_RAR = ("rar3-comment-psw.rar", "rar5-psw.rar", "rar5-psw-blake.rar", "rar202-comment-psw.rar")
_HIDDEN_RAR = ("rar3-comment-hpsw.rar", "rar5-hpsw.rar")
_UNREAD_RAR = ("rar3-solid.rar", "rar15-comment.rar", "rar2-unix-owner.rar", "rar202-comment-nopsw.rar")
_VOLUMES = ("rar3-vols.part1.rar", "rar3-vols.part2.rar", "rar5-vols.part1.rar", "rar3-old.rar", "rar3-old.r00")
_READ_RAR = (
    "rar3-subdirs.rar",
    "rar3-versions.rar",
    "rar5-crc.rar",
    "rar5-solid.rar",
    "rar5-subdirs.rar",
    "seektest.rar",
)


def cases() -> Iterator[Case]:
    yield from _nested()
    yield from archives_zip.cases()
    yield from archives_bombs.cases()
    yield from _other_kinds()
    yield from _of_rar()
    yield from _disguised()
    yield from _compressed()
    yield from _odd_members()


def _nested() -> Iterator[Case]:
    content = EVIL
    for depth in range(1, 11):
        yield Case("A01", f"zip-{depth}", mailed(content), all_of=FOUND)
        content = plain([("inner.zip", content)], 0 if depth % 2 else 8)
    tar = of_tar(iter([("evil.exe", tarfile.REGTYPE, STUB)]))
    for suffix, pack in _ONE_FILE.items():
        yield Case("A01", f"tar-{suffix}", mailed(pack(tar), f"a.tar.{suffix}".encode()), all_of=FOUND)
    yield Case("A01", "tgz-named-txt", mailed(gzip.compress(tar), b"notes.txt"), all_of=FOUND | AMBIGUOUS)
    yield Case("A01", "harmless", mailed(plain([("a.zip", CLEAN)])), passes=True)


def _other_kinds() -> Iterator[Case]:
    for name in COMMANDS:
        expected = FOUND | (ENCRYPTED if "secret" in name else UNREAD if name == "a.arj" else frozenset())
        yield Case("A13", name, mailed(made(name), name.encode()), all_of=expected, none_of=AMBIGUOUS)
    for name, content in SEALED.items():
        yield Case("A13", name, mailed(content, name.encode()), all_of=UNREAD)
        yield Case("A13", f"{name}-as-dat", mailed(content, b"a.dat"), all_of=UNREAD)
    yield Case("A03", "7z", mailed(seven(True), b"a.7z"), all_of=ENCRYPTED)
    yield Case("A02", "7z", mailed(seven(False), b"a.7z"), all_of=ENCRYPTED | FOUND)
    yield Case("A11", "7z-001", mailed(seven(True)[:40], b"a.7z.001"), all_of=UNREAD)
    yield Case("A11", "7z-002", mailed(bytes(range(256)) * 5, b"a.7z.002"), all_of=UNREAD)
    yield Case("A11", "002", mailed(bytes(range(256)) * 5, b"a.002"), all_of=UNREAD)
    yield Case("A11", "harmless", mailed(b"Minutes of the meeting\r\n" * 30, b"minutes.001"), passes=True)


def _of_rar() -> Iterator[Case]:
    samples = rar_samples()
    for row, names, expected in (
        ("A02", _ENCRYPTED_RAR, ENCRYPTED),
        ("A03", _HIDDEN_RAR, ENCRYPTED),
        ("A11", _VOLUMES, UNREAD),
    ):
        for name in names if samples else ():
            yield Case(row, name, mailed(samples[name], name.encode()), all_of=expected, none_of=AMBIGUOUS)
    for name in _UNREAD_RAR if samples else ():
        yield Case("A13", name, mailed(samples[name], name.encode()), all_of=UNREAD, none_of=AMBIGUOUS)
    for name in _READ_RAR if samples else ():
        yield Case("A13", name, mailed(samples[name], name.encode()), passes=True)
    if samples:
        yield Case("A14", "rar-as-jpg", mailed(samples["rar5-crc.rar"], b"photo.jpg"), all_of=AMBIGUOUS)


def _disguised() -> Iterator[Case]:
    cabinet = made("a.cab")
    yield Case("A14", "7z-as-pdf", mailed(seven(False), b"report.pdf"), all_of=AMBIGUOUS)
    yield Case("A14", "cab-as-doc", mailed(cabinet, b"report.doc"), all_of=AMBIGUOUS | FOUND)
    picture = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    yield Case("A09", "gif-cab", mailed(picture + cabinet, b"a.gif"), all_of=AMBIGUOUS | FOUND)
    yield Case("A09", "tar-zip", mailed(of_tar(iter([("a", tarfile.REGTYPE, NOTE)])) + EVIL, b"a.tar"),
               all_of=AMBIGUOUS | FOUND)  # fmt: skip


def _compressed() -> Iterator[Case]:
    for suffix, pack in _ONE_FILE.items():
        yield Case("A15", suffix, mailed(pack(STUB), f"evil.exe.{suffix}".encode()), all_of=FOUND)
        yield Case("A15", f"{suffix}-nameless", mailed(pack(STUB), b"a.dat"), all_of=FOUND)
        yield Case("A15", f"{suffix}-harmless", mailed(pack(NOTE), f"a.txt.{suffix}".encode()), passes=True)
        two = pack(NOTE) + pack(STUB)
        yield Case("A18", f"{suffix}-two", mailed(two, f"a.{suffix}".encode()), all_of=FOUND)
    yield Case("A15", "lzma", mailed(lzma.compress(STUB, lzma.FORMAT_ALONE), b"a.lzma"), all_of=FOUND)
    yield Case("A15", "file-name", mailed(_gzip_named("evil.exe", NOTE), b"a.gz"), all_of=FOUND)
    yield Case("A18", "padding", mailed(gzip.compress(NOTE) + bytes(700), b"a.gz"), passes=True)
    yield Case(
        "A18", "padded-second", mailed(gzip.compress(NOTE) + bytes(9) + gzip.compress(STUB), b"a.gz"), all_of=FOUND
    )
    yield Case("A18", "program-behind", mailed(gzip.compress(NOTE) + STUB, b"a.gz"), all_of=FOUND | AMBIGUOUS)
    many = b"".join(gzip.compress(NOTE) for _ in range(60))
    yield Case("A18", "harmless-many", mailed(many, b"a.gz"), passes=True)


def _gzip_named(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=out) as made_file:
        made_file.write(content)
    return out.getvalue()


def _odd_members() -> Iterator[Case]:
    for what, name, kind, content in (
        ("absolute", "/etc/evil.exe", tarfile.REGTYPE, NOTE),
        ("parent", "../../evil.exe", tarfile.REGTYPE, NOTE),
        ("symlink", "evil.exe", tarfile.SYMTYPE, b""),
        ("hard-link", "evil.exe", tarfile.LNKTYPE, b""),
        ("device", "evil.exe", tarfile.CHRTYPE, b""),
        ("long", "d/" * 20_000 + "evil.exe", tarfile.REGTYPE, NOTE),
    ):
        yield Case("A16", f"tar-{what}", mailed(of_tar(iter([(name, kind, content)])), b"a.tar"), all_of=FOUND)
    twice = of_tar(iter([("a.txt", tarfile.REGTYPE, NOTE), ("a.txt", tarfile.REGTYPE, STUB)]))
    yield Case("A16", "tar-twice", mailed(twice, b"a.tar"), all_of=FOUND)
