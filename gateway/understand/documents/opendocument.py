"""What a person reads in OpenDocument files (ODF 1.3, part 3): paragraphs, cells, notes.

Deletions that are tracked are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared
from gateway.understand.openers.office.odf import ODF
from gateway.understand.openers.office.office_xml import Attributes
from gateway.understand.openers.office.office_xml import Reader as XmlReader
from gateway.understand.openers.office.zip_parts import parts

#: Blanks that one element stands for.
MAX_BLANKS = 100

_PARAGRAPHS = frozenset({"p", "h"})
_BEHIND = {"p": "\n\n", "h": "\n\n", "table-cell": "\t", "table-row": "\n", "line-break": "\n", "tab": "\t"}
_UNREAD = frozenset({"tracked-changes", "script", "binary-data"})


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    xml = XmlReader()
    for part in parts(content, budget):
        if part.xml and part.name.rpartition("/")[2] in ("content.xml", "styles.xml"):
            budget.check_time()
            text = _Text()
            xml.read(part.name, part.xml, text.start, text.characters, text.end)
            if text.whole.strip():
                yield text.whole


OPEN_DOCUMENT = Reader("OpenDocument", ODF.fits, _read, is_container=True)


class _Text:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._paragraphs = 0  # open ones
        self._unread = 0

    @property
    def whole(self) -> str:
        return "".join(self._pieces)

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag in _PARAGRAPHS:
            self._paragraphs += 1
        elif tag in _UNREAD:
            self._unread += 1
        elif tag == "s" and self._paragraphs:
            count = attributes.get("c", "1")
            self._pieces.append(" " * (min(int(count), MAX_BLANKS) if count.isascii() and count.isdigit() else 1))

    def characters(self, text: str) -> None:
        if self._paragraphs and not self._unread:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._paragraphs -= 1
        elif tag in _UNREAD:
            self._unread -= 1
        if tag in _BEHIND:
            self._pieces.append(_BEHIND[tag])
