"""Excel's binary workbooks ([MS-XLS]): macro sheets, encryption and DDE, in a compound file's stream or a bare one.

Only the records of the first substream are read, and the head of each sheet that they point to; never a cell.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.decryption.binary import decrypted_workbook
from gateway.understand.openers.office.decryption.default_passwords import PASSWORDS
from gateway.understand.openers.remote import is_remote

#: Records of the workbook's first substream; large workbooks have some ten thousand.
MAX_RECORDS = 500_000

_HEAD = struct.Struct("<HH")
_BOFS = {0x0009: 4, 0x0209: 6, 0x0409: 6, 0x0809: 8}  # of BIFF 2, 3, 4 and 5 to 8 -> least length in octets
_EOF, _FILEPASS, _BOUNDSHEET, _SUPBOOK, _EXTERNNAME = 0x000A, 0x002F, 0x0085, 0x01AE, 0x0023
_MACRO_SHEET = 0x0040  # type of a substream, [MS-XLS] 2.4.21
_SHEET_TYPES = {1: "an Excel 4 macro sheet", 6: "a Visual Basic module"}  # of BOUNDSHEET, [MS-XLS] 2.4.28
_BARE_TYPES = frozenset({0x05, 0x10, 0x20, 0x40, 0x100})
_OLE_LINK = 0x10  # EXTERNNAME, [MS-XLS] 2.5.16: fOleLink

ENCRYPTED = "container.encrypted"
_MACRO = "The workbook has {}"


def defects_of(stream: bytes) -> Iterator[Defect]:
    """Yield the defects of a Workbook or Book stream."""
    if _substream_type(stream, 0) == _MACRO_SHEET:
        yield Defect("document.macro", _MACRO.format("an Excel 4 macro sheet"), 0)
    encrypted = False
    link = b""
    for number, (kind, at, size) in enumerate(_records(stream)):
        if number >= MAX_RECORDS:
            yield Defect("container.limit", f"The workbook has more than {MAX_RECORDS} records", at)
            return
        if kind == _FILEPASS:
            encrypted = True
            yield Defect(ENCRYPTED, "The workbook is encrypted", at)
        elif kind == _BOUNDSHEET:
            yield from _sheet(stream, at, size, encrypted)
        elif kind == _SUPBOOK:
            link = stream[at + 4 : at + size]
        elif kind == _EXTERNNAME and b"\3" in link and not encrypted:
            yield from _link(link, stream[at : at + size], at)
            link = b""


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield kind, place and size of each record of the first substream."""
    at = 0
    while at + _HEAD.size <= len(stream):
        kind, size = _HEAD.unpack_from(stream, at)
        at += _HEAD.size
        yield kind, at, size
        if kind == _EOF:
            return
        at += size


def _sheet(stream: bytes, at: int, size: int, encrypted: bool) -> Iterator[Defect]:
    """Yield a defect where a sheet has macros.

    Its record says so, or the head of the sheet itself, which encryption leaves alone.
    """
    if size < 6 or at + 6 > len(stream):
        return
    (place,) = struct.unpack_from("<I", stream, at)
    if _substream_type(stream, place) == _MACRO_SHEET:
        yield Defect("document.macro", _MACRO.format("an Excel 4 macro sheet"), at)
    elif not encrypted and stream[at + 5] in _SHEET_TYPES:
        yield Defect("document.macro", _MACRO.format(_SHEET_TYPES[stream[at + 5]]), at)


def _substream_type(stream: bytes, at: int) -> int:
    """Return the type in the BOF record at a place; -1 when there is none."""
    if at + 8 > len(stream):
        return -1
    kind, size, _, found = struct.unpack_from("<HHHH", stream, at)
    return int(found) if size >= _BOFS.get(kind, 0x10000) else -1


def _link(link: bytes, name: bytes, at: int) -> Iterator[Defect]:
    """Yield a defect where a link is DDE, or loads an object from another host.

    A link of two parts joined by an octet 3 ([MS-XLS] 2.5.277) is DDE, unless its name says that it is OLE.
    """
    if len(name) < 2 or not name[0] & _OLE_LINK:
        yield Defect("document.external", "The workbook has a DDE link", at)
        return
    text = link[1:].decode("utf-16-le" if link[:1] == b"\1" else "latin-1", "replace")
    if is_remote(text.rpartition("\3")[2]):
        yield Defect("document.external", "A linked object is loaded from another host", at)


def _fits(content: bytes, declared: Declared) -> bool:
    return content[3:4] == b"\0" and content[2] <= 16 and _substream_type(content, 0) in _BARE_TYPES


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    found = dict.fromkeys(defects_of(content))
    clear = decrypted_workbook(content, PASSWORDS, budget) if any(one.code == ENCRYPTED for one in found) else None
    if clear is not None:
        yield Member(declared.names, clear, declared.media_type, reading="decrypted")
    yield from (one for one in found if clear is None or one.code != ENCRYPTED)


#: The opener of bare workbooks: Excel opens a workbook stream without a compound file around it.
BARE_WORKBOOK = Opener("biff", _fits, _open)
