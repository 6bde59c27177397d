"""Objects in the format of OLE 1 ([MS-OLEDS] 2.2), and the Package object, which holds any file with its names.

Office and Windows are lenient with the lengths in them, so this module is too. It never follows a link: it reports that
there is one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.message.defect import Defect
from gateway.message.encodings.decode import decode_text
from gateway.understand.budget import Budget
from gateway.understand.member import Member
from gateway.understand.openers.remote import is_remote

#: Octets of one name or path in a package; Windows takes no longer paths than 32,767 characters.
MAX_NAME_BYTES = 32_767 * 2

#: Places in the digits of one object at which another one seems to begin.
MAX_OBJECTS = 100

_LINKED, _EMBEDDED = 1, 2  # [MS-OLEDS] 2.2.4, FormatID
_SIGNATURE = b"\2\0"
_LINK_TYPE = 1  # a package that only names a file or a command
_FILE_TYPE = 3
#: FormatID, and a class name of printable letters behind its length.
_OBJECT_HEAD = re.compile(rb"[\x01\x02]\0\0\0(?=[\x02-\x41]\0\0\0[!-~]{1,64}\0)")
_SLASH = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class OldObject:
    """An OLE 1 object: its class, the target of its link, and its native data."""

    class_name: str
    topic: str
    native: bytes
    is_link: bool


@dataclass(frozen=True, slots=True)
class Package:
    """The file in a Package object."""

    names: tuple[str, ...]
    content: bytes | None  # None = the package only names it
    command: str = ""  # the command that a link runs


def read_object(octets: bytes) -> OldObject | None:
    """Read the object in \\objdata; return None when there is none.

    Its version number is ignored, as Word ignores it.
    """
    try:
        (format_id,) = struct.unpack_from("<I", octets, 4)
        if format_id not in (_LINKED, _EMBEDDED):
            return None
        class_name, at = _counted(octets, 8)
        topic, at = _counted(octets, at)
        _, at = _counted(octets, at)
        if format_id == _LINKED:
            return OldObject(class_name, topic, b"", True)
        (size,) = struct.unpack_from("<I", octets, at)
    except (struct.error, ValueError):
        return None
    return OldObject(class_name, topic, octets[at + 4 : at + 4 + size], False)


def read_objects(octets: bytes) -> list[OldObject]:
    """Read the objects in the octets of one \\objdata: at their start, and wherever else one begins."""
    first = read_object(octets)
    found = [] if first is None else [first]
    for number, at in enumerate(head.start() for head in _OBJECT_HEAD.finditer(octets, 5)):
        if number == MAX_OBJECTS:
            break
        other = read_object(octets[at - 4 :])
        if other is not None and (other.native or other.is_link):
            found.append(other)
    return found


def _counted(octets: bytes, at: int) -> tuple[str, int]:
    """Read a LengthPrefixedAnsiString ([MS-OLEDS] 2.1.4); return it with the place behind it."""
    (size,) = struct.unpack_from("<I", octets, at)
    if size > min(MAX_NAME_BYTES, len(octets) - at - 4):
        raise ValueError("a string longer than its object")
    return _text(octets[at + 4 : at + 4 + size]), at + 4 + size


def _text(octets: bytes) -> str:
    return decode_text(octets.partition(b"\0")[0], None).text


def native_members(octets: bytes, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the content of an Ole10Native stream, which begins with its length.

    It is a package's file, else the octets themselves.
    """
    package = read_package(octets[4:]) or read_package(octets)
    if package is None:
        yield from _member((), octets[4:], budget)
    else:
        yield from package_members(package, budget)


def package_members(package: Package, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the file, and a defect when the package is a link that leads outside or runs a command."""
    if package.content is None:
        budget.take_entry()
        yield Member(package.names)
        yield Defect("document.external", "An embedded package runs a file or a command outside the document", 0)
    else:
        yield from _member(package.names, package.content, budget)


def object_members(found: OldObject, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the content of an OLE 1 object, or a defect for a link to another host."""
    if found.is_link and is_remote(found.topic):
        yield Defect("document.external", "A linked object is loaded from another host", 0)
    package = read_package(found.native) if found.class_name.lower() == "package" else None
    if package:
        yield from package_members(package, budget)
    elif found.native:
        yield from _member((), found.native, budget)


def _member(names: tuple[str, ...], content: bytes, budget: Budget) -> Iterator[Member]:
    budget.take_entry()
    budget.take(len(content))
    yield Member(names, content)


def read_package(octets: bytes) -> Package | None:
    """Read a package's native data; return None when the octets are none."""
    try:
        return _package(octets)
    except (struct.error, ValueError):
        return None


def _package(octets: bytes) -> Package:
    label, at = _terminated(octets, 2)
    source, at = _terminated(octets, at)
    _, kind = struct.unpack_from("<HH", octets, at)
    at += 4
    if kind == _LINK_TYPE:
        command, _ = _terminated(octets, at)
        return Package(_names(label, source, command), None, command)
    if kind != _FILE_TYPE and octets[:2] != _SIGNATURE:
        raise ValueError("no package")
    temporary, at = _temporary(octets, at)
    (size,) = struct.unpack_from("<I", octets, at)
    at += 4
    return Package(_names(label, source, temporary, *_wide_names(octets, at + size)), octets[at : at + size])


def _temporary(octets: bytes, at: int) -> tuple[str, int]:
    """Read the path of the temporary file.

    Its length, which includes the NUL, comes first and is often wrong.
    """
    (size,) = struct.unpack_from("<I", octets, at)
    text, end = _terminated(octets, at + 4)
    return text, at + 4 + size if end - at - 4 <= size <= MAX_NAME_BYTES else end


def _terminated(octets: bytes, at: int) -> tuple[str, int]:
    end = octets.find(b"\0", at, at + MAX_NAME_BYTES)
    if end < 0:
        raise ValueError("a string without its end")
    return _text(octets[at:end]), end + 1


def _wide_names(octets: bytes, at: int) -> Iterator[str]:
    """Yield the same three names again in UTF-16, which newer packagers write."""
    for _ in range(3):
        if at + 4 > len(octets):
            return
        (characters,) = struct.unpack_from("<I", octets, at)
        if characters > MAX_NAME_BYTES // 2:
            return
        yield octets[at + 4 : at + 4 + characters * 2].decode("utf-16-le", "replace").partition("\0")[0]
        at += 4 + characters * 2


def _names(*paths: str) -> tuple[str, ...]:
    """Return the file names of these paths, each once."""
    return tuple(dict.fromkeys(name for path in paths if (name := _SLASH.split(path.rstrip("/\\"))[-1])))
