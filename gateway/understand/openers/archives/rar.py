"""RAR archives: names and encryption from their headers by rarfile, contents by libarchive where it can read them.

rarfile only parses headers here. It never extracts, and comments, which it would unpack with a program, are left alone.
Solid RAR 3, RAR 1.5 and 2, and volumes are reported as unreadable.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import rarfile

from gateway.message.defect import Defect
from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.archive_reader import MAX_NAME_CHARS, ArchiveEntry, read_archive
from gateway.understand.openers.archives.placement import behind, belied
from gateway.understand.openers.archives.signatures import RAR

_MAGIC_5 = RAR + b"\1\0"
_MAGIC_1 = b"RE~^"  # before RAR 1.5

#: Headers of all kinds in one archive: three for each of the 65,536 files of a large one. The limit bounds the memory.
MAX_HEADERS = 3 * 65_536

#: Service headers that hold another stream (NTFS) of the file before them, which WinRAR writes out beside it; the extra
#: record with its name (RAR 5.0 technote, 0x07); and the one stream that every file from the network has.
_STREAM, _SERVICE_DATA, _USUAL_STREAM = "STM", b"\7", "zone.identifier"

#: Errors that rarfile raises at headers that lie.
_BROKEN = (rarfile.Error, struct.error, ValueError, IndexError, TypeError, KeyError, AttributeError, OverflowError)


class _Headers:
    """Headers collected by a parser of rarfile: every file, old versions and parts of files included; no comments."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.files: list[Any] = []
        self.streams: list[Any] = []
        self.count = 0
        self.is_ended = False
        self.read_to = 0

    def process_entry(self, fd: Any, item: Any) -> None:
        self.count += 1
        if self.count > MAX_HEADERS:
            raise Exhausted("entries", f"a RAR archive has more than {MAX_HEADERS} headers")
        self.read_to = item.data_offset + max(item.add_size, 0)
        self.is_ended = self.is_ended or item.type == rarfile.RAR_BLOCK_ENDARC
        if item.type == rarfile.RAR_BLOCK_FILE:
            self.files.append(item)
        elif item.type == rarfile.RAR_BLOCK_SUB and item.filename == _STREAM:
            self.streams.append(item)

    def _parse_subblocks(self, h: Any, hdata: bytes, pos: int) -> int:
        return pos


class _Rar3(_Headers, rarfile.RAR3Parser):  # type: ignore[misc]
    pass


class _Rar5(_Headers, rarfile.RAR5Parser):  # type: ignore[misc]
    def _process_file_extra(self, h: Any, xdata: bytes) -> None:
        """Keep the data that a service header has about itself: of a stream, its name."""
        if xdata[:1] == _SERVICE_DATA:
            h.service_data = xdata[1:]
        else:
            super()._process_file_extra(h, xdata)


def fits(content: bytes, declared: Declared) -> bool:
    """Return whether the content begins with RAR's magic."""
    return content.startswith((_MAGIC_1, RAR))


def open_rar(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield every file that a header names. Raises Unreadable and Exhausted."""
    if content.startswith(_MAGIC_1):
        raise Unreadable("the format RAR 1.4 can't be opened")
    named = belied(declared, "RAR", frozenset({"rar", "cbr"}))
    yield from () if named is None else (named,)
    headers, problem = _parsed(content)
    if headers.has_header_encryption():
        yield Defect("container.encrypted", "the names in the archive are encrypted", 0)
        return
    yield from _members(content, headers.files, budget)
    for stream in headers.streams:
        budget.take_entry()
        yield _stream(content, stream)
    if headers.is_ended:
        yield from behind(content, headers.read_to, "RAR", declared)
    if _is_volume(headers):
        raise Unreadable("it is one volume of a RAR archive of several")
    if problem or not (headers.is_ended or headers.read_to >= len(content)):
        raise Unreadable("the headers of the RAR archive can't be read to their end")


def _parsed(content: bytes) -> tuple[Any, str]:
    parser = _Rar5 if content.startswith(_MAGIC_5) else _Rar3
    headers = parser(io.BytesIO(content), None, True, rarfile.DEFAULT_CHARSET, False, None, 0, True)
    try:
        headers.parse()
    except Exhausted:
        raise
    except _BROKEN as error:
        return headers, str(error) or "broken"
    return headers, headers.strerror() or ""


def _is_volume(headers: Any) -> bool:
    split = rarfile.RAR_FILE_SPLIT_BEFORE | rarfile.RAR_FILE_SPLIT_AFTER
    main = headers._main
    return (main is not None and bool(main.flags & rarfile.RAR_MAIN_VOLUME)) or any(
        one.flags & split for one in headers.files
    )


def _members(content: bytes, files: list[Any], budget: Budget) -> Iterator[Member]:
    """Yield libarchive's entries, each with its header.

    Both list the same files in the same order, as far as libarchive can read.
    """
    number, reason = 0, "it can't be read"
    try:
        for found in read_archive(content, 0, ("rar", "rar5"), (), budget):
            if found.name or found.encrypted:
                yield _member(found, files[number] if number < len(files) else None)
                number += 1
    except Unreadable as error:
        reason = f"it can't be read: {error}"
    for header in files[number:]:
        budget.take_entry()
        yield _unread(header, reason)


def _member(found: ArchiveEntry, header: Any) -> Member:
    if header is not None and not found.content and (header.needs_password() or _should_have_content(header)):
        return _unread(header, f"it can't be read: {found.problem or 'nothing came out'}")
    names = dict.fromkeys(name for name in (_name(header), found.name) if name)
    fault = (Defect("container.unreadable", f"it can't be read: {found.problem}", 0),) if found.problem else ()
    return Member(tuple(names), found.content, "", fault)


def _stream(content: bytes, header: Any) -> Member:
    """Return a stream beside a file, with its content where it isn't compressed."""
    name = getattr(header, "service_data", b"").decode("utf-8", "replace")[-MAX_NAME_CHARS:].lstrip(":")
    names = (name,) if name else ()
    if header.needs_password():
        return Member(names, None, "", (Defect("container.encrypted", "it is encrypted", 0),))
    if header.compress_type == rarfile.RAR_M0:
        return Member(names, content[header.data_offset : header.data_offset + header.add_size])
    fault = Defect("container.unreadable", "a stream beside a file is packed, and can't be read", 0)
    return Member(names, None, "", () if name.lower() == _USUAL_STREAM else (fault,))


def _unread(header: Any, reason: str) -> Member:
    defects: tuple[Defect, ...] = ()
    if header.needs_password():
        defects = (Defect("container.encrypted", "it is encrypted", 0),)
    elif _should_have_content(header):
        defects = (Defect("container.unreadable", reason, 0),)
    return Member((_name(header),), None, "", defects)


def _should_have_content(header: Any) -> bool:
    """Return whether a file should have content: it is not empty, no folder, no link, and no copy of another file."""
    return bool(header.file_size) and header.is_file() and not header.file_redir


def _name(header: Any) -> str:
    return str(header.filename or "")[-MAX_NAME_CHARS:] if header is not None else ""


OPENER = Opener("rar", fits, open_rar)
