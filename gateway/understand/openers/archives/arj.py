"""ARJ archives, which libarchive doesn't read: the names from their headers, and files stored without compression.

The format is that of "ARJ archive file format" (ARJ's own technote). Each header has a checksum, so that the two octets
of the magic are no coincidence. All other files are reported as unread.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.placement import behind, belied
from gateway.understand.openers.archives.signatures import is_arj
from gateway.understand.openers.archives.streams import copied

_END = b"\x60\xea\0\0"  # a header of no octets
_FIRST = struct.Struct("<BBBBBBBxIIII")  # size, versions, host, flags, method, type, time, packed, size, crc
_ENCRYPTED, _VOLUME = 0x01, 0x04
_FOLDER, _COMMENT, _LABEL = 3, 2, 4


@dataclass(frozen=True, slots=True)
class _Header:
    end: int  # behind the header and its extended headers
    flags: int
    method: int
    kind: int
    packed: int
    name: str


def _read(content: bytes, at: int) -> _Header | None:
    """Read the header at a place; return None where there is no true one, and at the end mark."""
    if not is_arj(content, at):
        return None
    size = int.from_bytes(content[at + 2 : at + 4], "little")
    body = content[at + 4 : at + 4 + size]
    first_bytes, _version, _needed, _host, flags, method, kind, _time, packed, _size, _crc = _FIRST.unpack_from(body)
    name = body[first_bytes:].partition(b"\0")[0]
    return _Header(_behind_extended(content, at + 8 + size), flags, method, kind, packed, name.decode("cp437"))


def _behind_extended(content: bytes, at: int) -> int:
    """Return the place behind the extended headers.

    Each has a size, that many octets and a checksum; a size of 0 ends them.
    """
    while (size := int.from_bytes(content[at : at + 2], "little")) and at < len(content):
        at += 2 + size + 4
    return at + 2


def fits(content: bytes, declared: Declared) -> bool:
    """Return whether the content begins with a header whose checksum is true."""
    return is_arj(content, 0)


def open_arj(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield every file that a header names, and the octets behind the last. Raises Unreadable and Exhausted."""
    named = belied(declared, "ARJ", frozenset({"arj"}))
    yield from () if named is None else (named,)
    header = _read(content, 0)
    unread, end = False, header.end if header else 0
    while header is not None and (header := _read(content, header.end)) is not None:
        budget.take_entry()
        member = _member(content, header, budget)
        unread = unread or any(defect.code == "container.unreadable" for defect in member.defects)
        yield member
        end = header.end + header.packed
        header = _Header(end, 0, 0, 0, 0, "")
    yield from behind(content, end + len(_END), "ARJ", declared) if content.startswith(_END, end) else ()
    if unread:
        raise Unreadable("the format ARJ can't be opened")
    if not content.startswith(_END, end):
        raise Unreadable("the ARJ archive is cut off")


def _member(content: bytes, header: _Header, budget: Budget) -> Member:
    if header.flags & _ENCRYPTED:
        return Member((header.name,), None, "", (Defect("container.encrypted", "it is encrypted", header.end),))
    if header.kind in (_FOLDER, _COMMENT, _LABEL):
        return Member((header.name,))
    if header.method != 0 or header.flags & _VOLUME or header.end + header.packed > len(content):
        fault = Defect("container.unreadable", "ARJ's compression can't be opened", header.end)
        return Member((header.name,), None, "", (fault,))
    return Member((header.name,), copied(memoryview(content)[header.end : header.end + header.packed], budget))


OPENER = Opener("arj", fits, open_arj)
