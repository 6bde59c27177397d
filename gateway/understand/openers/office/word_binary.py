"""Word's binary documents ([MS-DOC]): encryption, DDE fields and a template on another host. Never reads the text."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.openers.remote import is_remote

_MARKS = frozenset({0xA5EC, 0xA5DC})  # of Word 97 and later, of Word 6 and 95
_ENCRYPTED = 0x0100  # [MS-DOC] 2.5.2: fEncrypted
_SECOND_TABLE = 0x0200  # fWhichTblStm
_STRINGS_AT = 0x019A  # fcSttbfAssoc, [MS-DOC] 2.5.6
_TEMPLATE = 1  # its place among the associated strings, [MS-DOC] 2.7.4

_DDE_8BIT = re.compile(rb"\x13[ \t]*+DDE(?:AUTO)?[ \t]", re.IGNORECASE)
_DDE_16BIT = re.compile(rb"\x13\0(?:[ \t]\0)*+D\0D\0E\0(?:A\0U\0T\0O\0)?[ \t]\0", re.IGNORECASE)


def defects_of(stream: bytes) -> Iterator[Defect]:
    """Yield the defects of a WordDocument stream."""
    if _flags(stream) & _ENCRYPTED:
        yield Defect("container.encrypted", "The document is encrypted", 0x0A)
    if _DDE_8BIT.search(stream) or _DDE_16BIT.search(stream):
        yield Defect("document.external", "A field runs a program by DDE", 0)


def table_name(stream: bytes) -> str:
    """Return the name, in lower case, of the table stream that the document uses; "" when there is none."""
    if stream[:2] != b"\xec\xa5":
        return ""
    return "1table" if _flags(stream) & _SECOND_TABLE else "0table"


def template_defects(stream: bytes, table: bytes) -> Iterator[Defect]:
    """Yield a defect where Word fetches a template from another host when it opens the document."""
    if is_remote(_template(stream, table)):
        yield Defect("document.external", "The template is loaded from another host", _STRINGS_AT)


def _flags(stream: bytes) -> int:
    if len(stream) < 0x0C:
        return 0
    mark, flags = struct.unpack_from("<H8xH", stream)
    return int(flags) if mark in _MARKS else 0


def _template(stream: bytes, table: bytes) -> str:
    """Return the template's name from the table of associated strings; "" where there is none.

    Each string has its count of characters in front ([MS-DOC] 2.2.4).
    """
    try:
        at, size = struct.unpack_from("<II", stream, _STRINGS_AT)
        strings = table[at : at + size]
        extended, count = struct.unpack_from("<HH", strings)
        if extended != 0xFFFF or count <= _TEMPLATE:
            return ""
        at = 6
        for _ in range(_TEMPLATE):
            at += 2 + 2 * struct.unpack_from("<H", strings, at)[0]
        (characters,) = struct.unpack_from("<H", strings, at)
    except struct.error:
        return ""
    return strings[at + 2 : at + 2 + 2 * characters].decode("utf-16-le", "replace")
