"""A: zip files whose views disagree, written octet by octet: what the standard library's writer would not write."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.corpus.case import Case
from tests.corpus.payloads import STUB, encoded, multipart

FOUND = frozenset({"attachment.executable"})
AMBIGUOUS = frozenset({"structure.ambiguous"})
ENCRYPTED = frozenset({"attachment.encrypted"})
UNREAD = frozenset({"attachment.uninspectable"})
NOTE = b"Good morning, the figures are as agreed.\r\n" * 20


def deflated(content: bytes) -> bytes:
    return zlib.compress(content, 9, -15)


def _lzma(content: bytes) -> bytes:
    """LZMA as in zip: five octets of properties, then the raw stream."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
    return b"\x5d\0\0\1\0" + lzma.compress(content, lzma.FORMAT_RAW, filters=filters)


#: Method -> its compressor.
_METHODS: Mapping[int, Callable[[bytes], bytes]] = {
    0: bytes,
    8: deflated,
    12: bz2.compress,
    14: lambda c: b"\x09\x14\x05\0" + _lzma(c),
    95: lzma.compress,
}


@dataclass(frozen=True, slots=True)
class File:
    """One file; what the local header says differently stands in `local_…`."""

    name: bytes
    content: bytes = STUB
    method: int = 8
    flags: int = 0
    extra: bytes = b""
    packed: bytes | None = None  # None = compressed by the method
    mode: int = 0
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_sizes: tuple[int, int, int] | None = None  # checksum, packed, size
    descriptor: bool = False

    def data(self) -> bytes:
        return _METHODS[self.method](self.content) if self.packed is None else self.packed

    def sizes(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return crc, len(self.data()), len(self.content) if self.size is None else self.size


def local(file: File) -> bytes:
    """A local header with its data, and a descriptor behind it where it has one."""
    name = file.name if file.local_name is None else file.local_name
    method = file.method if file.local_method is None else file.local_method
    flags = (file.flags if file.local_flags is None else file.local_flags) | (8 if file.descriptor else 0)
    said = file.local_sizes or ((0, 0, 0) if file.descriptor else file.sizes())
    header = struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, flags, method, 0x5A210000, *said, len(name), len(file.extra))
    behind = b"PK\7\b" + struct.pack("<III", *file.sizes()) if file.descriptor else b""
    return header + name + file.extra + file.data() + behind


def central(file: File, at: int) -> bytes:
    header = struct.pack(
        "<4sHHHHIIIIHHHHHII",
        *(b"PK\1\2", 0x0314, 20, file.flags | (8 if file.descriptor else 0), file.method, 0x5A210000, *file.sizes()),
        *(len(file.name), len(file.extra), 0, 0, 0, file.mode << 16, at),
    )
    return header + file.name + file.extra


def end(count: int, size: int, offset: int, comment: bytes = b"", disk: int = 0) -> bytes:
    return struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, count, count, size, offset, len(comment)) + comment


def archive(*files: File, comment: bytes = b"", disk: int = 0) -> bytes:
    """A whole zip file."""
    body, directory = b"", b""
    for file in files:
        directory += central(file, len(body))
        body += local(file)
    return body + directory + end(len(files), len(directory), len(body), comment, disk)


def plain(files: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file as Python writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files:
            made.writestr(name, content)
    return out.getvalue()


def mailed(content: bytes, name: bytes = b"archive.zip") -> bytes:
    return multipart(encoded(name, content))


CLEAN = archive(File(b"ok.txt", NOTE))
EVIL = archive(File(b"evil.exe"))


def cases() -> Iterator[Case]:
    yield from _encrypted()
    yield from _end_records()
    yield from _headers()
    yield from _names()
    yield from _sizes()
    yield from _around()
    yield from _methods()


def _encrypted() -> Iterator[Case]:
    secret = bytes(range(40))
    aes = b"\x01\x99\x07\0\2\0AE\3\x08\0"
    visible = FOUND | ENCRYPTED
    yield Case("A02", "zipcrypto", mailed(archive(File(b"evil.exe", packed=secret, flags=1))), any_of=visible)
    hidden = archive(File(b"evil.exe", packed=secret, flags=1, method=99, extra=aes))
    yield Case("A02", "aes", mailed(hidden), any_of=visible)
    note = archive(File(b"payslip.pdf", packed=secret, flags=1))
    yield Case("A02", "harmless-name", mailed(note), all_of=ENCRYPTED, none_of=AMBIGUOUS)
    yield Case("A02", "archive-in-it", mailed(archive(File(b"inner.zip", packed=secret, flags=1))), all_of=ENCRYPTED)
    masked = local(File(b"1", packed=secret, flags=0x2041)) + secret + end(1, 40, 71)
    yield Case("A03", "zip-directory", mailed(masked), all_of=ENCRYPTED)


def _end_records() -> Iterator[Case]:
    both = FOUND | AMBIGUOUS
    yield Case("A04", "clean-evil", mailed(CLEAN + EVIL), all_of=both)
    yield Case("A04", "evil-clean", mailed(EVIL + CLEAN), all_of=both)
    streamed = archive(File(b"ok.txt", NOTE, 0, descriptor=True))
    yield Case("A04", "streamed", mailed(streamed + EVIL + streamed), all_of=both)
    body, directory = local(File(b"evil.exe")), central(File(b"evil.exe"), 0)
    whole = body + directory
    yield Case("A05", "no-size", mailed(whole + end(1, 0, len(body))), all_of=both)
    yield Case("A05", "empty-behind", mailed(EVIL + end(0, 0, 0)), all_of=both)
    yield Case("A05", "empty-in-comment", mailed(archive(File(b"evil.exe"), comment=end(0, 0, 0))), all_of=both)
    yield Case("A05", "empty-directory", mailed(whole + end(0, 0, len(whole))), all_of=both)
    yield Case("A05", "count", mailed(whole + end(7, len(directory), len(body))), all_of=both)
    yield Case("A05", "truncated", mailed(EVIL[:-30]), all_of=FOUND | UNREAD)
    yield Case("A05", "no-end", mailed(whole), all_of=FOUND | UNREAD)
    other = central(File(b"gone.txt"), 9_000)
    yield Case("A05", "leads-nowhere", mailed(body + other + end(1, len(other), len(body))), all_of=both)


def _headers() -> Iterator[Case]:
    both = FOUND | AMBIGUOUS
    yield Case("A06", "name-in-directory", mailed(archive(File(b"evil.exe", NOTE, local_name=b"ok.txt"))), all_of=both)
    yield Case("A06", "name-in-header", mailed(archive(File(b"ok.txt", NOTE, local_name=b"evil.exe"))), all_of=both)
    yield Case("A06", "stored-by-header", mailed(archive(File(b"a.bin", local_method=0))), all_of=both)
    yield Case("A06", "deflated-by-header", mailed(archive(File(b"a.bin", method=0, local_method=8))), all_of=both)
    _, packed, size = File(b"a.bin").sizes()
    for what, said in {"checksum": (1, packed, size), "packed": (0, 5, size), "size": (0, packed, 5)}.items():
        crc = said[0] or File(b"a.bin").sizes()[0]
        yield Case("A06", what, mailed(archive(File(b"a.bin", local_sizes=(crc, *said[1:])))), all_of=both)
    yield Case("A06", "encrypted-by-header", mailed(archive(File(b"a.bin", local_flags=1))), all_of=both)
    yield Case("A06", "wrong-checksum", mailed(archive(File(b"a.bin", crc=7))), all_of=both)
    yield Case(
        "A06", "hidden-behind-stream", mailed(archive(File(b"a", NOTE, packed=deflated(NOTE) + EVIL))), all_of=both
    )


def _names() -> Iterator[Case]:
    path = b"\1" + struct.pack("<I", zlib.crc32(b"ok.txt")) + b"evil.exe"
    extra = struct.pack("<HH", 0x7075, len(path)) + path
    yield Case("A07", "unicode-path", mailed(archive(File(b"ok.txt", NOTE, extra=extra))), all_of=FOUND | AMBIGUOUS)
    raw = "Übersicht.txt".encode("cp437")
    path = b"\1" + struct.pack("<I", zlib.crc32(raw)) + "Übersicht.txt".encode()
    equal = struct.pack("<HH", 0x7075, len(path)) + path
    yield Case("A07", "unicode-path-equal", mailed(archive(File(raw, NOTE, extra=equal))), passes=True)
    yield Case(
        "A07", "utf-8-flag", mailed(archive(File("évil.exe".encode(), flags=0x800))), all_of=FOUND, none_of=AMBIGUOUS
    )
    yield Case("A07", "cp437", mailed(archive(File("évil.exe".encode("cp437")))), all_of=FOUND, none_of=AMBIGUOUS)
    for what, name in {
        "absolute": b"/etc/evil.exe", "parent": b"..\\..\\evil.exe", "drive": b"C:\\evil.exe", "nul": b"evil.exe\0.txt",
        "dot": b"evil.exe.", "long": b"d/" * 30_000 + b"evil.exe",
    }.items():  # fmt: skip
        yield Case("A16", f"zip-{what}", mailed(archive(File(name, NOTE))), all_of=FOUND)
    yield Case("A16", "zip-symlink", mailed(archive(File(b"a.txt", mode=0xA1FF))), all_of=FOUND)
    yield Case("A16", "zip-twice", mailed(archive(File(b"a.txt", NOTE), File(b"a.txt"))), all_of=FOUND)


def _sizes() -> Iterator[Case]:
    only = File(b"evil.exe", descriptor=True)
    yield Case("A08", "descriptor", mailed(archive(only)), all_of=FOUND, none_of=AMBIGUOUS | UNREAD)
    stored = replace(only, name=b"a.bin", method=0)
    yield Case("A08", "descriptor-stored", mailed(archive(stored)), all_of=FOUND, none_of=AMBIGUOUS | UNREAD)
    yield Case("A08", "descriptor-no-directory", mailed(local(stored) + local(only)), all_of=FOUND | UNREAD)
    full = (zlib.crc32(STUB), 0xFFFFFFFF, 0xFFFFFFFF)
    yield Case("A08", "no-zip64", mailed(archive(File(b"a.bin", local_sizes=full))), all_of=FOUND | AMBIGUOUS)
    for method in (0, 8):
        harmless = archive(File(b"ok.txt", NOTE, method, descriptor=True))
        yield Case("A08", f"harmless-{method}", mailed(harmless), passes=True)


def _around() -> Iterator[Case]:
    yield Case("A09", "sfx", mailed(STUB + EVIL, b"setup.bin"), all_of=FOUND)
    pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    gif = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    for what, front, name in (
        ("pdf", pdf, b"a.pdf"),
        ("gif", gif, b"a.gif"),
        ("data", bytes(range(1, 256)) * 4200, b"a.dat"),
    ):
        yield Case("A09", what, mailed(front + EVIL, name), all_of=FOUND | AMBIGUOUS)
    yield Case("A09", "program-behind", mailed(CLEAN + STUB), all_of=FOUND | AMBIGUOUS)
    yield Case("A09", "padding-behind", mailed(CLEAN + b"\r\n\0\0"), passes=True)
    yield Case("A09", "archives-inside", mailed(plain([("a.zip", CLEAN), ("b.zip", CLEAN)], 0)), passes=True)
    yield Case("A14", "docx", mailed(EVIL, b"report.docx"), all_of=FOUND | AMBIGUOUS)
    yield Case("A14", "jpg", mailed(CLEAN, b"photo.jpg"), all_of=AMBIGUOUS)
    yield Case("A14", "rar", mailed(EVIL, b"evil.rar"), all_of=FOUND | AMBIGUOUS)
    yield Case("A14", "dat", mailed(EVIL, b"a.dat"), all_of=FOUND)


def _methods() -> Iterator[Case]:
    for method in _METHODS:
        found = archive(File(b"a.bin", method=method, flags=2 if method == 14 else 0))
        yield Case("A10", f"method-{method}", mailed(found), all_of=FOUND, none_of=AMBIGUOUS | UNREAD)
    for method in (1, 6, 9, 18, 96, 98):
        file = File(b"evil.exe", packed=bytes(range(64)), method=method)
        yield Case("A10", f"method-{method}", mailed(archive(file)), all_of=FOUND | UNREAD)
    yield Case("A11", "zip-last", mailed(archive(File(b"a.txt", NOTE), disk=2)), all_of=UNREAD, none_of=AMBIGUOUS)
    yield Case("A11", "zip-first", mailed(b"PK\7\b" + local(File(b"a.txt", NOTE))[:-40], b"a.z01"), all_of=UNREAD)
    yield Case("A11", "zip-middle", mailed(bytes(range(256)) * 9, b"a.z02"), all_of=UNREAD)
    yield Case("A11", "zip-001", mailed(CLEAN[:60], b"f.zip.001"), all_of=UNREAD)
