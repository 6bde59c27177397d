"""Documents that are one XML file, with other files in it as base64.

They are Word's and PowerPoint's documents of 2003, flat packages, and Adobe's XDP around a PDF. The files become
members. Their macros and relationships are found by the same code as in zipped documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.office_xml import Attributes, Reader, looks_like_xml
from gateway.understand.openers.office.ooxml import by_content, by_relations
from gateway.understand.openers.pages.data_uris import from_base64

#: Octets at the start in which such a document shows its kind, behind its declaration and its comments.
LOOK_BYTES = 64 * 1024

_MARKS = (
    *("schemas.microsoft.com/office/word/2003/wordml", "schemas.microsoft.com/office/2006/xmlpackage"),
    *("ns.adobe.com/xdp", "mso-application", "urn:schemas-microsoft-com:office:spreadsheet"),
)
#: Elements whose text is a file: flat packages, Word 2003, XDP. Attributes named as in _NAMES tell the file's name.
_HOLDERS = frozenset({"binaryData", "binData", "chunk", "docOleData"})
_NAMES = ("name", "href")


def _fits(content: bytes, declared: Declared) -> bool:
    if not looks_like_xml(content[:LOOK_BYTES]):
        return False
    head = content[:LOOK_BYTES].replace(b"\0", b"").lower()
    return any(mark.encode() in head for mark in _MARKS)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    found = _Held(budget)
    Reader().read("the document", content, found.start, found.text, found.end)
    yield from found.members
    if found.has_macros:
        yield Defect("document.macro", "The document has macros", 0)
    yield from dict.fromkeys((*by_relations("the document", content, Reader()), *by_content("it", content, Reader())))


class _Held:
    """Gathers the files while the XML is read."""

    def __init__(self, budget: Budget) -> None:
        self.members: list[Member] = []
        self.has_macros = False
        self._budget = budget
        self._name = ""
        self._letters: list[str] | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        self.has_macros = self.has_macros or attributes.get("macrosPresent") == "yes"
        self._name = next((attributes[key] for key in _NAMES if attributes.get(key)), self._name)
        if tag in _HOLDERS:
            self._letters = []

    def text(self, text: str) -> None:
        if self._letters is not None:
            self._letters.append(text)

    def end(self, tag: str) -> None:
        if tag not in _HOLDERS or self._letters is None:
            return
        octets = from_base64("".join(self._letters).encode("ascii", "replace"))
        self._letters = None
        self._budget.take_entry()
        self._budget.take(len(octets))
        name = re.split(r"[/\\]", self._name)[-1]
        self.members.append(Member((name,) if name else (), octets))


XML_DOCUMENT = Opener("XML document", _fits, _open)
