"""Visible text of OpenDocument files (ODF 1.3, part 3): paragraphs, cells, notes.

Tracked deletions are left out. Some text is hardly seen (white, without a height, hidden): a part is read both with and
without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared
from gateway.understand.openers.office.odf import ODF
from gateway.understand.openers.office.office_xml import Attributes
from gateway.understand.openers.office.office_xml import Reader as XmlReader
from gateway.understand.openers.office.zip_parts import parts

#: Blanks that one element (`s`) may stand for.
MAX_BLANKS = 100

#: Height in points up to which letters are too small to be seen.
MOST_FAINT_POINTS = 2.5

_LIGHT = re.compile(r"#[Ff][0-9A-Fa-f][Ff][0-9A-Fa-f][Ff][0-9A-Fa-f]")
_SIZE = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)pt")
_STYLED = frozenset({"p", "h", "span"})
_PARAGRAPHS = frozenset({"p", "h"})
_BEHIND = {"p": "\n\n", "h": "\n\n", "table-cell": "\t", "table-row": "\n", "line-break": "\n", "tab": "\t"}
_UNREAD = frozenset({"tracked-changes", "script", "binary-data"})


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    xml = XmlReader()
    faint: set[str] = set()
    found = [one for one in parts(content, budget) if one.name.rpartition("/")[2] in ("content.xml", "styles.xml")]
    for part in sorted(found, key=lambda one: "styles.xml" not in one.name):
        if part.xml:
            budget.check_time()
            text = _Text(faint)
            xml.read(part.name, part.xml, text.start, text.characters, text.end)
            for one in dict.fromkeys((text.whole, text.clear)):
                if one.strip():
                    yield one


OPEN_DOCUMENT = Reader("OpenDocument", ODF.fits, _read, is_container=True)


class _Text:
    def __init__(self, faint_styles: set[str]) -> None:
        self._faint_styles = faint_styles  # gathered as they come: a document's own styles stand before its text
        self._style = ""
        self._faint: list[bool] = [False]  # of each open element with a style
        self._pieces: list[str] = []
        self._clear: list[str] = []  # without what is hardly seen
        self._paragraphs = 0  # open ones
        self._unread = 0

    @property
    def whole(self) -> str:
        return "".join(self._pieces)

    @property
    def clear(self) -> str:
        return "".join(self._clear)

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "style":
            self._style = attributes.get("name", "")
        elif tag == "text-properties" and _is_faint(attributes):
            self._faint_styles.add(self._style)
        if tag in _STYLED:
            self._faint.append(self._faint[-1] or attributes.get("style-name", "") in self._faint_styles)
        if tag in _PARAGRAPHS:
            self._paragraphs += 1
        elif tag in _UNREAD:
            self._unread += 1
        elif tag == "s" and self._paragraphs:
            count = attributes.get("c", "1")
            self._put(" " * (min(int(count), MAX_BLANKS) if count.isascii() and count.isdigit() else 1))

    def characters(self, text: str) -> None:
        if self._paragraphs and not self._unread:
            self._put(text, seen=not self._faint[-1])

    def end(self, tag: str) -> None:
        if tag in _STYLED and len(self._faint) > 1:
            self._faint.pop()
        if tag in _PARAGRAPHS:
            self._paragraphs -= 1
        elif tag in _UNREAD:
            self._unread -= 1
        if tag in _BEHIND:
            self._put(_BEHIND[tag])

    def _put(self, text: str, *, seen: bool = True) -> None:
        self._pieces.append(text)
        if seen:
            self._clear.append(text)


def _is_faint(attributes: Attributes) -> bool:
    size = _SIZE.fullmatch(attributes.get("font-size", ""))
    light = _LIGHT.fullmatch(attributes.get("color", "")) is not None
    return light or attributes.get("display") == "none" or (size is not None and float(size[1]) <= MOST_FAINT_POINTS)
