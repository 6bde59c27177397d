"""OpenDocument files, LibreOffice's: macros, events that call them, DDE, links loaded from outside, encryption.

The embedded objects are members of the zip file, which its own opener gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import CaselessBytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.office.office_xml import Attributes, Reader, may_hold
from gateway.understand.openers.office.zip_parts import Part, looks_like_zip, parts
from gateway.understand.openers.remote import is_remote

_MANIFEST = CaselessBytePattern(b"meta-inf/manifest.xml", rare=b"-inf")
_MARK = re.compile(rb"application/vnd\.(?:oasis\.opendocument|sun\.xml)")

#: Modules of Basic, whose folder may also hold mere lists of them; scripts in other languages.
_CODE = re.compile(r"basic/.+/(?!script-lb\.xml|script-lc\.xml|dialog-lb\.xml|dialog-lc\.xml)[^/]+|scripts/.+[^/]")

#: Words that XML must have to be parsed, whatever its prefixes are called.
_WORDS = (
    *(b"vnd.sun.star.script", b"event-listener", b"encryption-data", b"dde-", b"section-source", b"floating-frame"),
    *(b"table-source", b":object", b"<object", b":plugin", b"<plugin"),
)
_LOADED = frozenset({"section-source", "object", "object-ole", "floating-frame", "table-source", "plugin"})
_DDE = frozenset({"dde-source", "dde-connection-decl", "dde-link"})


def _fits(content: bytes, declared: Declared) -> bool:
    if not looks_like_zip(content):
        return False
    return _MANIFEST.is_in(content) or _MARK.search(content[:512].lower()) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    said: set[Defect] = set()
    reader = Reader()
    for part in parts(content, budget):
        for defect in _defects(part, reader):
            if defect not in said:
                said.add(defect)
                yield defect


def _defects(part: Part, reader: Reader) -> Iterator[Defect]:
    if _CODE.fullmatch(part.name):
        yield Defect("document.macro", "The document has macros", 0)
    if part.xml is not None and may_hold(part.xml, _WORDS):
        yield from _in_xml(part.name, part.xml, reader)


def _in_xml(name: str, xml: bytes, reader: Reader) -> Iterator[Defect]:
    found: list[Defect] = []
    try:
        reader.read(name, xml, lambda tag, attributes: found.extend(_of_element(tag, attributes)))
    except Unreadable as error:  # the other parts are looked at all the same
        found.append(Defect("container.unreadable", str(error), 0))
    yield from found


def _of_element(tag: str, attributes: Attributes) -> Iterator[Defect]:
    target = attributes.get("href", "")
    if target.lower().startswith("vnd.sun.star.script:"):
        yield Defect("document.macro", "The document calls a macro", 0)
    elif tag == "encryption-data":
        yield Defect("container.encrypted", "The document is encrypted", 0)
    elif tag in _DDE:
        yield Defect("document.external", "The document has a DDE link", 0)
    elif tag in _LOADED and is_remote(target):
        yield Defect("document.external", "A part of the document is loaded from another host", 0)


ODF = Opener("odf", _fits, _open)
