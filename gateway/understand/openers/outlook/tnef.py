"""TNEF ([MS-OXTNEF]), Outlook's winmail.dat: attachments with every name, bodies, inner messages and objects.

Checksums are not checked, since Outlook's readers differ in checking them. Content before a break is given all the
same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.message.defect import Defect
from gateway.message.encodings.decode import decode_text
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.outlook import mapi
from gateway.understand.openers.outlook.tnef_properties import read_properties

MAGIC = b"\x78\x9f\x3e\x22"  # [MS-OXTNEF] 2.1.3.2
MEDIA_TYPE = "application/ms-tnef"

#: Attributes of one stream: each attachment takes about six.
MAX_ATTRIBUTES = 100_000

#: Octets in which the signature is looked for, in content that is only named TNEF.
_WITHIN_BYTES = 1024

_HEAD = struct.Struct("<BII")
_CHECKSUM_BYTES = 2
# [MS-OXTNEF] 2.1.3.4: the lower half of an attribute's number.
_BODY, _MESSAGE_PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_RENDERING, _DATA, _TITLE, _TRANSPORT_NAME, _ATTACHMENT_PROPERTIES = 0x9002, 0x800F, 0x8010, 0x9001, 0x9005

#: Octets of the interface that stands before an embedded object ([MS-OXTNEF] 2.1.3.4.2): IMessage is TNEF again.
_INTERFACE_BYTES = 16
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class _Attachment:
    """The data of one attachment, as far as it was read."""

    titles: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    properties: list[mapi.Properties] = field(default_factory=list)


_BROKEN = Defect("container.unreadable", "A list of properties in it breaks off", 0)


def _fits(content: bytes, declared: Declared) -> bool:
    called = declared.media_type in {MEDIA_TYPE, "application/vnd.ms-tnef"}
    return called or content.startswith(MAGIC) or "winmail.dat" in declared.forms


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    start = content.find(MAGIC, 0, _WITHIN_BYTES)
    if start < 0:
        raise Unreadable("it is called TNEF, and has not its signature")
    charset: str | None = None
    attachment = _Attachment()
    for number, octets in _attributes(content, start + 6):
        if number == _CODEPAGE and len(octets) >= 4:
            charset = f"cp{int.from_bytes(octets[:4], 'little')}"
        elif number == _BODY:
            yield from mapi.bodies({mapi.BODY: ((mapi.TEXT_8BIT, octets),)}, charset, budget)
        elif number == _MESSAGE_PROPERTIES:
            found = read_properties(octets)
            yield from mapi.bodies(found.values, charset, budget)
            yield from mapi.path_defects(found.values, charset)
            yield from [] if found.complete else [_BROKEN]
        elif number == _RENDERING:
            yield from _members(attachment, charset, budget)
            attachment = _Attachment()
        else:
            yield from _note(attachment, number, octets, charset)
    yield from _members(attachment, charset, budget)
    yield from _break(content, start + 6)


def _note(attachment: _Attachment, number: int, octets: bytes, charset: str | None) -> Iterator[Defect]:
    if number in (_TITLE, _TRANSPORT_NAME):
        attachment.titles.append(decode_text(octets.partition(b"\0")[0], charset).text)
    elif number == _DATA:
        attachment.data.append(octets)
    elif number == _ATTACHMENT_PROPERTIES:
        found = read_properties(octets)
        attachment.properties.append(found.values)
        yield from mapi.path_defects(found.values, charset)
        yield from [] if found.complete else [_BROKEN]


def _attributes(content: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and data of each attribute; the last one as far as it goes."""
    for _ in range(MAX_ATTRIBUTES):
        if not _is_attribute(content, at):
            return
        _, number, size = _HEAD.unpack_from(content, at)
        yield number & 0xFFFF, content[at + _HEAD.size : at + _HEAD.size + size]
        at += _HEAD.size + size + _CHECKSUM_BYTES


def _is_attribute(content: bytes, at: int) -> bool:
    return at + _HEAD.size <= len(content) and content[at] in (1, 2)  # of the message, of an attachment


def _break(content: bytes, at: int) -> Iterator[Defect]:
    """Yield a defect where more attributes follow than are read.

    Raises Unreadable where the attributes end before the octets do.
    """
    for _ in range(MAX_ATTRIBUTES):
        if not _is_attribute(content, at):
            break
        at += _HEAD.size + _HEAD.unpack_from(content, at)[2] + _CHECKSUM_BYTES
    if _is_attribute(content, at):
        yield Defect("container.limit", f"There are more than {MAX_ATTRIBUTES} attributes", at)
    elif at - _CHECKSUM_BYTES > len(content) or content[at:].strip(b"\0\r\n"):
        raise Unreadable("its attributes break off, or others follow that are none")


def _members(attachment: _Attachment, charset: str | None, budget: Budget) -> Iterator[Member]:
    """Yield the file of an attachment, or the message or object in it, under all names that it has."""
    objects = [one for properties in attachment.properties for one in properties.get(mapi.ATTACH_DATA, ())]
    titles = [name for title in attachment.titles if (name := title.replace("\\", "/").rpartition("/")[2])]
    as_file, as_message = (
        [n for p in attachment.properties for n in mapi.attachment_names(p, charset, is_file=is_file)]
        for is_file in (True, False)
    )
    of_file, every = tuple(dict.fromkeys((*as_file, *titles))), tuple(dict.fromkeys(as_message))
    declared = next(filter(None, (mapi.media_type(p, charset) for p in attachment.properties)), "")
    for octets in attachment.data:
        yield _file(of_file if octets else every, octets, declared, budget)
    for kind, octets in objects:
        yield _object(every if kind == mapi.OBJECT else of_file, kind, octets, declared, budget)
    if every and not attachment.data and not objects:
        budget.take_entry()
        yield Member(every, None, declared)


def _file(names: tuple[str, ...], octets: bytes, declared: str, budget: Budget) -> Member:
    budget.take_entry()
    budget.take(len(octets))
    return Member(names, octets, declared)


def _object(names: tuple[str, ...], kind: int, octets: bytes, declared: str, budget: Budget) -> Member:
    """Return the content of PidTagAttachDataObject.

    It is a message, a compound file, or another kind by its interface; else the file itself.
    """
    if kind != mapi.OBJECT:
        return _file(names, octets, declared, budget)
    inner = octets[_INTERFACE_BYTES:]
    return _file(names, inner, MEDIA_TYPE if octets.startswith(_MESSAGE) else declared, budget)


TNEF = Opener("tnef", _fits, _open)
