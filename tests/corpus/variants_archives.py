"""Variants of the archives' rows: streams beside files, names that only old programs read, what only a name tells."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterator

from tests.corpus.archives_zip import mailed
from tests.corpus.case import Case
from tests.corpus.payloads import STUB

PROGRAM = frozenset({"attachment.executable"})
SCRIPT = frozenset({"attachment.script"})
UNREAD = frozenset({"attachment.uninspectable"})
_NOTE = b"nothing of note here\n" * 3
_NOISE = bytes(range(256)) * 8


def cases() -> Iterator[Case]:
    yield from _rar_streams()
    yield Case("A16", "tar-old-name", mailed(_renamed("ok.txt", "evil.js"), b"a.tar"), all_of=SCRIPT)
    yield Case("A16", "tar-long-name", mailed(_renamed("\u00dcbersicht.txt", "bersicht.txt"), b"a.tar"), passes=True)
    for suffix in (b"zip", b"rar", b"7z", b"tgz", b"lzma", b"cab"):
        what = f"{suffix.decode()}-by-name-alone"
        yield Case("A14", what, mailed(b"\1" + _NOISE, b"a." + suffix), any_of=UNREAD | PROGRAM)
    yield Case("A14", "page-named-zip", mailed(b"<html>404 not found</html>", b"a.zip"), passes=True)
    yield Case("A13", "outlook-data-file", mailed(b"!BDN" + _NOISE, b"a.pst"), all_of=UNREAD)
    installer = b"#!/bin/sh\ntail -c +99 $0 | tar x\nexit 0\n" + _NOISE
    yield Case("A09", "shell-installer", mailed(installer, b"a.dat"), all_of=SCRIPT)


def _renamed(extended: str, old: str) -> bytes:
    """A tar archive in which a pax header gives another name than the file's own header."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(old)
        info.size, info.pax_headers = len(_NOTE), {"path": extended}
        archive.addfile(info, io.BytesIO(_NOTE))
    return out.getvalue()


# --- RAR 5 -----------------------------------------------------------------------------------------------------------


def _rar_streams() -> Iterator[Case]:
    """A service header "STM" holds a stream that WinRAR writes beside the file before it (CVE-2025-8088)."""
    usual = b":Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n"
    streams = {
        "name": (PROGRAM, _stream(b":..\\..\\evil.exe", _NOTE)),
        "content": (PROGRAM, _stream(b":x", STUB)),
        "packed": (UNREAD, _stream(b":x", STUB, method=3)),
    }
    for what, (codes, stream) in streams.items():
        yield Case("A16", f"rar-stream-{what}", mailed(_rar(stream), b"a.rar"), all_of=codes)
    yield Case("A16", "rar-stream-usual", mailed(_rar(_stream(*usual)), b"a.rar"), passes=True)
    yield Case("A16", "rar-stream-none", mailed(_rar(), b"a.rar"), passes=True)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _block(kind: int, flags: int, body: bytes, extra: bytes = b"", data: bytes = b"") -> bytes:
    sizes = (_number(len(extra)) if extra else b"") + (_number(len(data)) if data else b"")
    head = _number(kind) + _number(flags | bool(extra) | 2 * bool(data)) + sizes + body + extra
    head = _number(len(head)) + head
    return struct.pack("<I", zlib.crc32(head)) + head + data


def _file(kind: int, name: bytes, content: bytes, extra: bytes = b"", method: int = 0, flags: int = 0) -> bytes:
    check = struct.pack("<I", zlib.crc32(content))
    body = _number(4) + _number(len(content)) + _number(0x20) + check + _number(method << 7) + _number(0)
    return _block(kind, flags, body + _number(len(name)) + name, extra, content)


def _stream(name: bytes, content: bytes, method: int = 0) -> bytes:
    record = b"\7" + name
    return _file(3, b"STM", content, _number(len(record)) + record, method, 0x60)


def _rar(stream: bytes = b"") -> bytes:
    end = _block(5, 0, _number(0))
    return b"Rar!\x1a\7\1\0" + _block(1, 0, _number(0)) + _file(2, b"a.txt", _NOTE) + stream + end
