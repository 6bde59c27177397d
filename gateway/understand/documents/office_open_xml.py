"""What a person reads in Word's, Excel's and PowerPoint's documents since 2007 (ECMA-376), parts in their order.

Parts are told by what is in them, never by their names. Deleted and hidden text is left out; a sheet is read row by
row, numbers included.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared
from gateway.understand.openers.office.office_xml import Attributes
from gateway.understand.openers.office.office_xml import Reader as XmlReader
from gateway.understand.openers.office.ooxml import OOXML
from gateway.understand.openers.office.zip_parts import parts

#: Elements with text that may be in a part, as they are written.
_TEXTS = (b":t>", b":t ", b"<t>", b"<t ", b"<v>", b":v>")

#: What stands behind an element's text, whatever document it is of.
_BEHIND = {
    "p": "\n\n", "tc": "\t", "tr": "\n", "br": "\n", "cr": "\n", "tab": "\t", "row": "\n", "si": "\n\n",
    "comment": "\n\n",
}  # fmt: skip
_NOT_TEXT = (".rels", "[content_types].xml")


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    found = [(part.name, part.xml) for part in parts(content, budget) if part.xml and not part.name.endswith(_NOT_TEXT)]
    xml = XmlReader()
    shared: list[str] = []
    used: set[int] = set()
    for name, octets in sorted(found, key=lambda one: "sharedstrings" not in one[0]):
        if not any(mark in octets for mark in _TEXTS):
            continue
        budget.check_time()
        part = _Part(shared, used)
        xml.read(name, octets, part.start, part.text, part.end)
        if part.is_shared:
            shared += part.strings
        if part.whole.strip():
            yield part.whole
    unused = [one for number, one in enumerate(shared) if number not in used]
    if unused:
        yield "\n\n".join(unused)


OFFICE_OPEN_XML = Reader("Office Open XML", OOXML.fits, _read, is_container=True)


class _Part:
    """The text of one part, gathered while its elements go by."""

    def __init__(self, shared: list[str], used: set[int]) -> None:
        self._shared = shared
        self._used = used  # strings that stand in a cell
        self._pieces: list[str] = []
        self._inside = ""  # the element whose characters are text
        self._cell = ""  # the type of the cell of a sheet
        self._is_hidden = False  # of the run
        self._unread = 0  # readings aids, as deep as they nest
        self._string: list[str] = []
        self.is_shared = False
        self.strings: list[str] = []

    @property
    def whole(self) -> str:
        return "".join(self._pieces)

    def start(self, tag: str, attributes: Attributes) -> None:
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
            self._add(characters)

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

    def _of_shared(self, number: str) -> str:
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
        self._used.add(at)
        return self._shared[at] if 0 <= at < len(self._shared) else ""

    def _add(self, text: str) -> None:
        self._pieces.append(text)
