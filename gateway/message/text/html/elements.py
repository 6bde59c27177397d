"""The open elements of an HTML document while its tokens are read, nested as a browser nests them, near enough.

The stack knows for each element whether its text is shown and whether text may be put into it. The standard's tree
construction (13.2.6) repairs broken nesting in ways that are not followed here. Behind an element that shows nothing
and was not closed by its own end tag, with nothing broken inside, no place is known: a browser may have it open still.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from itertools import islice
from typing import Final

from gateway.message.text.html.hiding import BLOCKS
from gateway.message.text.html.look import SHOWN, Look, child
from gateway.message.text.html.text_colours import TextColours
from gateway.message.text.html.tokens import RAW_ELEMENTS
from gateway.message.text.lines import Mark, Quoted

VOID: Final = frozenset({
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "image", "input", "keygen",
    "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip

#: Elements that don't begin a line.
INLINE: Final = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "img", "wbr", "o:p", "st1:personname", "st1:place", "st1:city",
})  # fmt: skip

_TABLE_PARENTS: Final[Mapping[str, frozenset[str]]] = {
    "td": frozenset({"tr", "table"}),
    "th": frozenset({"tr", "table"}),
    "tr": frozenset({"tbody", "thead", "tfoot", "table"}),
    **dict.fromkeys(("tbody", "thead", "tfoot", "caption", "colgroup"), frozenset({"table"})),
}
_STRUCTURE: Final = frozenset({"table", "tbody", "thead", "tfoot", "tr", "colgroup", "ul", "ol", "dl", "html"})
_CLOSED: Final = frozenset({"a", "button", "label", "svg", "math", "ruby", "marquee", "meter", "progress", "picture"})
#: Elements in which an end tag closes nothing outside.
_SCOPES: Final = frozenset({
    "table", "td", "th", "caption", "template", "select", "object", "marquee", "applet", "foreignobject",
})  # fmt: skip
_TEMPLATE_SCOPE: Final = "#template"
_INTEGRATION: Final = frozenset({"foreignobject", "desc", "title", "annotation-xml", "mi", "mo", "mn", "ms", "mtext"})

_COUNTED: Final = ("table", "pre", "template", "svg", "math", "select")

#: Elements whose inside is cut into tokens by rules of its own.
_SWITCHES: Final = frozenset({"svg", "math", "select"})

#: Names whose start tags inside svg or math decide how the following text is cut into tokens (13.2.6.5), and may be
#: taken for something else here.
_SWITCHING: Final = RAW_ELEMENTS | _INTEGRATION | {"font", "mglyph", "malignmark"}

#: Elements that their parent's end tag ends as well as their own, whatever the tree.
_OPTIONAL_ENDS: Final = frozenset({"p", "li", "dd", "dt", "option", "optgroup"})


#: Elements that a block's start tag ends, or the end tag of an element around them.
_ENDED_BY_OTHERS: Final = frozenset({
    "p", "li", "dd", "dt", "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "colgroup", "rp", "rt",
})  # fmt: skip

#: Elements that keep an item from ending the item before it, when they stand between the two.
_LISTS: Final = (BLOCKS - {"address", "div", "p"}) | _SCOPES | {"li", "ul", "ol", "noscript", "button"}
_ENDS: Final = BLOCKS | {"li", "button", "svg", "math"}

#: Elements that no svg or math holds: their start tags end svg and math (13.2.6.5).
_HTML_ONLY: Final = frozenset({
    "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "font", "h1",
    "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre",
    "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
})  # fmt: skip

#: Elements looked at, from the innermost outwards, for the one that an end tag of inline markup closes.
_WALK = 64


class TextPermission(IntEnum):
    """The permission to put text into an element."""

    NEVER = 0  # and into nothing inside it
    NOT_ITSELF = 1
    TEXT = 2


class Element:
    """An open element. Its reader sets `mark`, `quoted` and `colours`, which are inherited, and `gap`, which isn't."""

    __slots__ = ("colours", "gap", "holds", "look", "mark", "name", "quoted", "start")

    def __init__(self, name: str, start: int, look: Look, holds: TextPermission) -> None:
        self.name = name
        self.start = start  # offset of its start tag
        self.look = look
        self.holds = holds
        self.mark: Mark = ""
        self.quoted = Quoted.NO
        self.colours: TextColours | None = None
        self.gap = 0


class OpenElements:
    """The stack of open elements, the body first; each operation is constant, or pays with the elements it closes."""

    def __init__(self, start: int = 0) -> None:
        self.stack = [Element("body", start, SHOWN, TextPermission.TEXT)]
        self._scopes: list[dict[str, int]] = [{}]
        self._foreign = 0  # svg and math elements
        self._within = dict.fromkeys(_COUNTED, 0)
        self.old = 1  # elements of the stack that began before the last seen text; set by the reader
        self._unshown = 0  # index of the outermost element that shows nothing; 0 = there is none
        self._is_well_closed = self._is_form = self._has_switched = False
        self.certain_to: int | None = None  # the last known place, where such an element was not closed well

    def body(self, start: int) -> OpenElements:
        """Return the open elements of the body, which begins here; elements open in the head are not among them.

        Doubts from the head stay.
        """
        begun = OpenElements(start)
        begun.certain_to, begun._has_switched = self.certain_to, self._has_switched
        return begun

    @property
    def top(self) -> Element:
        return self.stack[-1]

    @property
    def depth(self) -> int:
        return len(self.stack)

    @property
    def preformatted(self) -> bool:
        return self._within["pre"] > 0

    @property
    def in_template(self) -> bool:
        return self._within["template"] > 0

    @property
    def is_misread(self) -> bool:
        """Return whether a tag of a browser's reading may be taken for text here, or a text for a tag."""
        return self.certain_to is not None and self._has_switched

    @property
    def foreign(self) -> bool:
        return self._foreign > 0 and self.stack[-1].name not in _INTEGRATION

    def open(self, name: str, attributes: Mapping[str, str], start: int, *, plain: bool = False) -> Element:
        """Open an element by its start tag, which is of no void element; for `plain` see `look.is_plain`."""
        if self._foreign and name in _SWITCHING:
            self.doubt()
        self._make_room(name)
        above = self.stack[-1]
        look = child(above.look, name, attributes, plain=plain)
        element = Element(name, start, look, _holds(name, above, look))
        element.mark, element.quoted, element.colours = above.mark, above.quoted, above.colours
        self.stack.append(element)
        if not self._unshown and (look.gone or look.doubts or name in ("svg", "math")):
            self._unshown = len(self.stack) - 1
            self._is_form = name == "form"
        self._count(name, 1)
        if name in _SCOPES:
            self._scopes.append({_TEMPLATE_SCOPE: 1} if name == "template" else {})
        return element

    def admits(self, name: str) -> bool:
        """Return whether a start tag here makes an element; it may end svg and math.

        Pieces of a table make one only inside a table.
        """
        while self._foreign and name in _HTML_ONLY and self.foreign:
            self.doubt()
            self._pop()
        return name not in _TABLE_PARENTS or self._within["table"] > 0

    def close(self, name: str) -> None:
        """Close by an end tag; one that closes nothing is ignored."""
        if self._unshown and self.certain_to is None:
            self._is_well_closed = self._closes_well(name)
            if not self._is_well_closed:
                self.doubt()
        self._close(name)
        self._is_well_closed = False

    def _close(self, name: str) -> None:
        if name in _TABLE_PARENTS or name == "table":
            self._close_in_table(name)
        elif name in _SCOPES:
            outside = self._scopes[-_WALK:-1] if name == "template" else self._scopes[-2:-1]
            if any(scope.get(name) for scope in outside):
                self._pop_to(name)
        elif self._scopes[-1].get(name) and (name in _ENDS or self._is_near(name)):
            self._pop_to(name)

    def left_open(self) -> str:
        """Return the end tags of the elements that text at this point would be part of, fall out of, or look like."""
        around = self.stack[1:][: -_WALK - 1 : -1]
        return "".join(f"</{element.name}>" for element in around if element.name not in _ENDED_BY_OTHERS)

    def raw(self) -> None:
        """Read an element that holds only text: inside svg, math and select a browser may read it as something else."""
        if self._foreign or self._within["select"]:
            self.doubt()

    def doubt(self) -> None:
        """Note that a browser may have an element open that shows nothing: no place is known from its start on."""
        if self.certain_to is None and self._unshown:
            self.certain_to = self._before(self._unshown)

    def _before(self, index: int) -> int:
        """Return the start of this element, or of one around it, where text can be put."""
        while index > 1 and self.stack[index - 1].holds is not TextPermission.TEXT:
            index -= 1
        return self.stack[index].start

    def _closes_well(self, name: str) -> bool:
        """Return whether the end tag is that of the innermost element, apart from elements that need none.

        A form's end tag never is: a browser keeps the elements inside the form open (13.2.6.4.7).
        """
        if self._is_form and name == "form":
            return False
        for element in islice(reversed(self.stack), len(self.stack) - self._unshown):
            if element.name == name:
                return True
            if element.name not in _OPTIONAL_ENDS:
                return False
        return False

    def _make_room(self, name: str) -> None:
        """Close the elements that a start tag ends: a paragraph, or the cells and rows before it."""
        if name in _TABLE_PARENTS:
            while self._within["table"] and self.top.name not in _TABLE_PARENTS[name] and self.top.name != "template":
                self._pop()
        elif name == "li":
            self._close_item()
        elif name in BLOCKS and self._scopes[-1].get("p") and not self.foreign:
            self._pop_to("p")

    def _close_item(self) -> None:
        for element in self.stack[: -_WALK - 1 : -1]:
            if element.name == "li":
                self._pop_to("li")
            if element.name in _LISTS:
                return

    def _is_near(self, name: str) -> bool:
        """Return whether the element is near enough to be closed by its end tag.

        An inline element's end tag closes nothing if a block stands in the element (13.2.6.4.7).
        """
        for element in self.stack[: -_WALK - 1 : -1]:
            if element.name == name:
                return True
            if element.name not in INLINE:
                return False
        return False

    def _close_in_table(self, name: str) -> None:
        for scope in self._scopes[: -_WALK - 1 : -1]:
            if scope.get(name):
                self._pop_to(name)
                return
            if scope.get("table") or _TEMPLATE_SCOPE in scope:
                return

    def _pop_to(self, name: str) -> None:
        while self._pop() != name:
            pass

    def _pop(self) -> str:
        if self._unshown == len(self.stack) - 1:
            if not self._is_well_closed:
                self.doubt()
            self._unshown = 0
        name = self.stack.pop().name
        if name in _SCOPES:
            self._scopes.pop()
        self._count(name, -1)
        self.old = min(self.old, len(self.stack))
        return name

    def _count(self, name: str, one: int) -> None:
        scope = self._scopes[-1]
        scope[name] = scope.get(name, 0) + one
        if name in self._within:
            self._within[name] += one
            self._has_switched = self._has_switched or name in _SWITCHES
            self._foreign = self._within["svg"] + self._within["math"]


def _holds(name: str, above: Element, look: Look) -> TextPermission:
    if above.holds is TextPermission.NEVER or look.gone or look.doubts or name in _CLOSED:
        return TextPermission.NEVER
    return TextPermission.NOT_ITSELF if name in _STRUCTURE or not look.shown else TextPermission.TEXT
