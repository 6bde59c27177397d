"""The records of a zip file, read from its octets: local headers, central headers, end records.

The format is PKWARE's APPNOTE 6.3.10, with zip64. Nothing is followed, compared or unpacked here; nothing raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
DESCRIPTOR = b"PK\x07\x08"
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_END = b"PK\x06\x06"

ENCRYPTED = 0x1  # general purpose flags, APPNOTE 4.4.4
STREAMED = 0x8  # sizes and checksum follow the data
STRONG = 0x40
_UTF8 = 0x800
MASKED = 0x2000  # the central directory is encrypted; values in the local header are masked

IN_ZIP64 = 0xFFFFFFFF
_ZIP64_EXTRA = 0x0001
_UNICODE_PATH_EXTRA = 0x7075

#: Characters of one name, counted from its end, where the extension is. No file system takes longer paths.
MAX_NAME_CHARS = 4_096

_LOCAL = struct.Struct("<4sHHH4xIIIHH")
_CENTRAL = struct.Struct("<4sBBHHH4xIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCATOR = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQHHIIQQQQ")


@dataclass(frozen=True, slots=True)
class Header:
    """The values that one header, local or central, has for a file."""

    at: int
    end: int  # behind the name, the extra field and the comment
    version: int  # needed to extract
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name: bytes = field(repr=False)
    names: tuple[str, ...]
    local_at: int = 0  # of a central header: the place that it gives for the local one
    disk: int = 0

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & (ENCRYPTED | STRONG | MASKED)) or self.method == 99  # AES: APPNOTE 7.2, AE-x

    @property
    def knows_sizes(self) -> bool:
        """Return whether the sizes stand here, not behind the data or in an extra field that is missing."""
        return self.packed != IN_ZIP64 and not (self.flags & STREAMED and self.packed == 0)


@dataclass(frozen=True, slots=True)
class EndRecord:
    """An end of central directory record, with its zip64 form where there is one."""

    at: int
    end: int  # behind the comment, or the end of the content where the comment claims to be longer
    directory_end: int  # the start of the record, or of its zip64 form
    disk: int
    count: int
    size: int
    offset: int
    is_zip64: bool = False


def read_local(content: bytes, at: int) -> Header | None:
    """Read the local header at a place (APPNOTE 4.3.7)."""
    if at < 0 or len(content) - at < _LOCAL.size:
        return None
    magic, version, flags, method, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack_from(content, at)
    name_at = at + _LOCAL.size
    end = name_at + name_bytes + extra_bytes
    if magic != LOCAL or end > len(content):
        return None
    name = content[name_at : name_at + name_bytes]
    extra = content[name_at + name_bytes : end]
    size, packed = _zip64(extra, size, packed)
    return Header(at, end, version & 0xFF, flags, method, crc, packed, size, name, decoded_names(name, flags, extra))


def read_central(content: bytes, at: int) -> Header | None:
    """Read the central header at a place (APPNOTE 4.3.12)."""
    if at < 0 or len(content) - at < _CENTRAL.size:
        return None
    (magic, _made, _system, version, flags, method, crc, packed, size, name_bytes, extra_bytes, comment_bytes, disk,
     _internal, _external, local_at) = _CENTRAL.unpack_from(content, at)  # fmt: skip
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_bytes
    end = extra_at + extra_bytes + comment_bytes
    if magic != CENTRAL or end > len(content):
        return None
    name = content[name_at:extra_at]
    extra = content[extra_at : extra_at + extra_bytes]
    size, packed, local_at = _zip64(extra, size, packed, local_at)
    names = decoded_names(name, flags, extra)
    return Header(at, end, version & 0xFF, flags, method, crc, packed, size, name, names, local_at, disk)


def read_end(content: bytes, at: int) -> EndRecord | None:
    """Read the end record at a place (APPNOTE 4.3.16), with the values of its zip64 form (4.3.14, 4.3.15)."""
    if at < 0 or len(content) - at < _END.size:
        return None
    magic, disk, _first, _here, count, size, offset, comment_bytes = _END.unpack_from(content, at)
    if magic != END:
        return None
    end = min(at + _END.size + comment_bytes, len(content))
    large = _read_end64(content, at)
    if large is None or not (count == 0xFFFF or IN_ZIP64 in (size, offset)):
        return EndRecord(at, end, at if large is None else large[0], disk, count, size, offset)
    return EndRecord(at, end, large[0], disk if disk != 0xFFFF else 0, *large[1:], is_zip64=True)


def _read_end64(content: bytes, end_at: int) -> tuple[int, int, int, int] | None:
    """Return place, count, size and offset of the zip64 end record.

    The record is looked for right before its locator first, then at the place that the locator gives.
    """
    locator_at = end_at - _LOCATOR.size
    if locator_at < 0 or not content.startswith(_ZIP64_LOCATOR, locator_at):
        return None
    said = _LOCATOR.unpack_from(content, locator_at)[2]
    for at in (locator_at - _END64.size, said):
        if 0 <= at <= locator_at - _END64.size and content.startswith(_ZIP64_END, at):
            record = _END64.unpack_from(content, at)
            return at, record[7], record[8], record[9]
    return None


def _zip64(extra: bytes, *values: int) -> tuple[int, ...]:
    """Return the values of 32 bits; a full one is replaced by that of the zip64 extra field (APPNOTE 4.5.3)."""
    if IN_ZIP64 not in values:
        return values
    large = next((data for kind, data in _extra_fields(extra) if kind == _ZIP64_EXTRA), b"")
    resolved, at = [], 0
    for value in values:
        if value == IN_ZIP64 and at + 8 <= len(large):
            value = int.from_bytes(large[at : at + 8], "little")  # noqa: PLW2901 -- the larger form of the same value
            at += 8
        resolved.append(value)
    return tuple(resolved)


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def decoded_names(name: bytes, flags: int, extra: bytes = b"") -> tuple[str, ...]:
    """Return the name, and the one in Info-ZIP's Unicode Path extra field (APPNOTE 4.6.9) where it differs."""
    names = [_decoded(name, flags)]
    for kind, data in _extra_fields(extra):
        if kind == _UNICODE_PATH_EXTRA and len(data) > 5:
            names.append(data[5:].decode("utf-8", "replace"))
    return tuple(dict.fromkeys(one[-MAX_NAME_CHARS:] for one in names if one))


def _decoded(name: bytes, flags: int) -> str:
    """Decode a name: UTF-8 where the flag says so or where it fits, else the original IBM code page 437 (APPNOTE D)."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace") if flags & _UTF8 else name.decode("cp437")
