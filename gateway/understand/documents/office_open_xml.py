"""Visible text of Word, Excel and PowerPoint documents since 2007 (ECMA-376), parts in their order.

Parts are recognised by their content, never by their names. Deleted and hidden text is left out; a sheet is read row by
row, numbers included. Some text is hardly seen: it is white, without a height, or hidden by its style. A part with such
text is read both with and without it: such letters may stand amid a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gateway.understand.budget import Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared
from gateway.understand.openers.office.office_xml import Attributes
from gateway.understand.openers.office.office_xml import Reader as XmlReader
from gateway.understand.openers.office.ooxml import OOXML
from gateway.understand.openers.office.zip_parts import parts

#: Elements with text that a part may have, as they are written.
_TEXTS = (b":t>", b":t ", b"<t>", b"<t ", b"<v>", b":v>")

#: Text that is put behind each element, in any kind of document.
_BEHIND = {
    "p": "\n\n", "tc": "\t", "tr": "\n", "br": "\n", "cr": "\n", "tab": "\t", "row": "\n", "si": "\n\n",
    "comment": "\n\n",
}  # fmt: skip
#: Elements that define styles, as they are written.
_STYLES = (b":style ", b"<style ")
#: Height in half points up to which letters are too small to be seen.
MOST_FAINT_HALF_POINTS = 5
_LIGHT = re.compile(r"[Ff][0-9A-Fa-f][Ff][0-9A-Fa-f][Ff][0-9A-Fa-f]")
_NOT_TEXT = (".rels", "[content_types].xml")


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    found = [(part.name, part.xml) for part in parts(content, budget) if part.xml and not part.name.endswith(_NOT_TEXT)]
    xml = XmlReader()
    shared: list[str] = []
    used: set[int] = set()
    faint = _faint_styles(xml, found)
    for name, octets in sorted(found, key=lambda one: "sharedstrings" not in one[0]):
        if not any(mark in octets for mark in _TEXTS):
            continue
        budget.check_time()
        part = _Part(shared, used, faint)
        xml.read(name, octets, part.start, part.text, part.end)
        if part.is_shared:
            shared += part.strings
        for text in dict.fromkeys((part.whole, part.clear)):
            if text.strip():
                yield text
    unused = [one for number, one in enumerate(shared) if number not in used]
    if unused:
        yield "\n\n".join(unused)


OFFICE_OPEN_XML = Reader("Office Open XML", OOXML.fits, _read, is_container=True)


def _faint_styles(xml: XmlReader, found: Sequence[tuple[str, bytes]]) -> frozenset[str]:
    """Return the styles of a document whose text is hardly seen."""
    styles = _Styles()
    for name, octets in found:
        if any(mark in octets for mark in _STYLES):
            xml.read(name, octets, styles.start, lambda _: None, lambda _: None)
    return frozenset(styles.faint)


def _is_faint(tag: str, attributes: Attributes) -> bool:
    """Return whether a property of a run leaves its text hardly seen: ink, height (half points), width (%)."""
    value = attributes.get("val", "")
    if tag in ("color", "srgbClr"):
        return _LIGHT.fullmatch(value) is not None
    if tag in ("vanish", "specVanish", "webHidden"):
        return value not in ("0", "false", "off")
    if tag == "rPr" and "sz" in attributes:  # of a slide, in hundredths of a point
        return _number(attributes["sz"]) <= 50 * MOST_FAINT_HALF_POINTS
    return (tag == "sz" and _number(value) <= MOST_FAINT_HALF_POINTS) or (tag == "w" and _number(value) <= 10)


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 1_000_000


class _Styles:
    """Gathers the styles that are hardly seen while the elements of a part with styles go by."""

    def __init__(self) -> None:
        self.faint: set[str] = set()
        self._style = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "style":
            self._style = attributes.get("styleId", "")
        elif self._style and _is_faint(tag, attributes):
            self.faint.add(self._style)


class _Part:
    """The text of one part, gathered while its elements go by."""

    def __init__(self, shared: list[str], used: set[int], faint_styles: frozenset[str] = frozenset()) -> None:
        self._shared = shared
        self._used = used  # indexes of strings that stand in a cell
        self._faint_styles = faint_styles
        self._pieces: list[str] = []
        self._clear: list[str] = []  # without what is hardly seen
        self._is_faint = False  # of the run
        self._in_faint = False  # of the paragraph, by its style
        self._inside = ""  # the element whose characters are text
        self._cell = ""  # the type of the cell of a sheet
        self._is_hidden = False  # of the run
        self._unread = 0  # depth of nested reading aids (rPh), which are left out
        self._string: list[str] = []
        self.is_shared = False
        self.strings: list[str] = []

    @property
    def whole(self) -> str:
        return "".join(self._pieces)

    @property
    def clear(self) -> str:
        return "".join(self._clear)

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "r":
            self._is_faint = self._in_faint
        elif tag == "p":
            self._is_faint = self._in_faint = False
        elif tag == "pStyle":
            self._in_faint = attributes.get("val", "") in self._faint_styles
        self._is_faint = self._is_faint or _is_faint(tag, attributes)
        if tag == "rStyle":
            self._is_faint = self._is_faint or attributes.get("val", "") in self._faint_styles
        if tag == "sst":
            self.is_shared = True
        elif tag in ("r", "rPr"):
            self._is_hidden = self._is_hidden and tag != "r"
        elif tag in ("vanish", "webHidden"):
            self._is_hidden = attributes.get("val", "true") not in ("0", "false", "off")
        elif tag == "rPh":
            self._unread += 1
        elif tag == "c":
            self._cell = attributes.get("t", "n")
        elif tag in ("t", "v"):
            self._inside = tag

    def text(self, characters: str) -> None:
        if not self._inside or self._is_hidden or self._unread:
            return
        if self._inside == "v" and self._cell == "s":
            self._string.append(characters)
        else:
            self._add(characters, seen=not self._is_faint)

    def end(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""
            if tag == "v" and self._cell == "s":
                self._add(self._of_shared("".join(self._string)))
                self._string = []
        elif tag == "rPh":
            self._unread -= 1
        elif tag == "c" and self._cell:
            self._cell = ""
            self._add("\t")
        elif tag in _BEHIND:
            self._add(_BEHIND[tag])
        if tag == "si":
            self.strings.append("".join(self._pieces).strip())
            self._pieces = []
            self._clear = []

    def _of_shared(self, number: str) -> str:
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
        self._used.add(at)
        return self._shared[at] if 0 <= at < len(self._shared) else ""

    def _add(self, text: str, *, seen: bool = True) -> None:
        self._pieces.append(text)
        if seen:
            self._clear.append(text)
