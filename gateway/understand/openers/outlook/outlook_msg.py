"""Outlook's saved messages ([MS-OXMSG]), .msg: attachments, bodies, and the messages inside them, at any depth.

A message inside is a storage of the same file, so all of them are read in one pass. The opener `ole` finds files that
OLE embeds in the same file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.cfb import MAGIC, CompoundFile, Entry
from gateway.understand.openers.outlook import mapi

#: The start of the names of the properties, which every such file has.
_PROPERTY_PREFIX = "__substg1.0_".encode("utf-16-le")

_PROPERTY = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})")
_ATTACHMENT = "__attach_version1.0_"
_FIXED = "__properties_version1.0"
_CODEPAGE = re.compile(rb"(?:\x03\0\xfd\x3f|\x03\0\xde\x3f).{4}(.{4})", re.DOTALL)  # PidTagMessageCodepage, -Internet

#: Properties that are read; others may be large and are of no use here.
_USED = frozenset(
    {mapi.BODY, mapi.RTF_BODY, mapi.HTML_BODY, mapi.ATTACH_DATA, mapi.ATTACH_EXTENSION, mapi.ATTACH_MIME_TAG}
).union(mapi.ATTACH_NAMES)

_Storage = dict[str, list[Entry]]  # a hostile file may give two streams one name


def _fits(content: bytes, declared: Declared) -> bool:
    return content.startswith(MAGIC) and _PROPERTY_PREFIX in content


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    file = CompoundFile(content)
    storages = _storages(file)
    charset = _charset(file, storages.get((), {}), budget)
    for path, storage in storages.items():
        if path and path[-1].startswith(_ATTACHMENT):
            found = _properties(file, storage, budget)
            yield from _attachment(found, charset, budget)
            yield from mapi.path_defects(found, charset)
        elif _FIXED in storage:
            found = _properties(file, storage, budget)
            yield from mapi.bodies(found, charset, budget)
            yield from mapi.path_defects(found, charset)
    if file.is_cut:
        yield Defect("container.unreadable", "A property of the message is cut short", 0)


def _storages(file: CompoundFile) -> dict[tuple[str, ...], _Storage]:
    """Return the streams of each storage, all names in lower case.

    An attachment's storage is listed even when it has none.
    """
    found: dict[tuple[str, ...], _Storage] = {}
    for entry in file.entries:
        path = tuple(name.lower() for name in entry.path)
        if entry.is_stream:
            found.setdefault(path[:-1], {}).setdefault(path[-1], []).append(entry)
        elif path[-1].startswith(_ATTACHMENT):
            found.setdefault(path, {})
    return found


def _properties(file: CompoundFile, storage: _Storage, budget: Budget) -> mapi.Properties:
    found: dict[int, tuple[tuple[int, bytes], ...]] = {}
    for name, entries in storage.items():
        match = _PROPERTY.fullmatch(name)
        number = int(match[1], 16) if match else -1
        kind = int(match[2], 16) if match else 0
        is_path = kind in (mapi.TEXT, mapi.TEXT_8BIT) and all(one.size <= mapi.MAX_PATH_BYTES for one in entries)
        if match and (number in _USED or is_path):
            values = tuple((kind, file.read(entry, budget)) for entry in entries)
            found[number] = (*found.get(number, ()), *values)
    return found


def _attachment(properties: mapi.Properties, charset: str | None, budget: Budget) -> Iterator[Member]:
    """Yield an attachment with its data, or without data where it only refers to a file.

    A message or an object inside lies in storages of its own.
    """
    data = [octets for kind, octets in properties.get(mapi.ATTACH_DATA, ()) if kind == mapi.BINARY]
    names = mapi.attachment_names(properties, charset, is_file=bool(data))
    declared = mapi.media_type(properties, charset)
    for octets in data:
        budget.take_entry()
        yield Member(names, octets, declared)
    if not data and names:
        budget.take_entry()
        yield Member(names, None, declared)


def _charset(file: CompoundFile, storage: _Storage, budget: Budget) -> str | None:
    """Return the code page of the message's 8-bit texts, from the fixed-length properties of the outermost message."""
    entries = storage.get(_FIXED)
    match = _CODEPAGE.search(file.read(entries[0], budget)) if entries else None
    page = struct.unpack("<I", match[1])[0] if match else 0
    return f"cp{page}" if page else None


OUTLOOK_MSG = Opener("msg", _fits, _open)
