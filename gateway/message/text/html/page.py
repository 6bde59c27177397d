"""One pass over an HTML document: the lines that a person sees, and the offsets at which inserted text is seen.

Total, linear in the length, and bounded by limits, beyond which the end isn't known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.message.text.html.elements import INLINE, VOID, Element, OpenElements
from gateway.message.text.html.look import SHOWN, is_plain
from gateway.message.text.html.markup import blockquote, says
from gateway.message.text.html.places import climbed, end_place
from gateway.message.text.html.seen_lines import SeenLines
from gateway.message.text.html.tokens import Token, Tokens, attributes
from gateway.message.text.lines import MAX_LINES, Line, Mark

#: Tags of one document that are read, about 3 microseconds each; of a document with more, only the top is known.
MAX_TAGS = 100_000

#: Elements inside each other; browsers make a flat tree of deeper ones (Blink: 512).
MAX_DEPTH = 2_000

#: Elements that stand before the body without beginning it (the standard, 13.2.6.4.3 to 13.2.6.4.6).
_HEAD = frozenset({"html", "head", "title", "meta", "link", "style", "script", "base", "template", "basefont"})

#: Tags that may hide the body, wherever they stand: a browser gives it the attributes of each.
_ROOTS = re.compile(r"<(?:html|body|frameset)", re.IGNORECASE)

#: Characters that can stand before a body that no tag begins. A byte order mark may be a document's first character.
_BEFORE_BODY = " \t\r\n\f\ufeff"

_SEEN_VOID = frozenset({"img", "input", "embed", "image"})

#: A tag's attributes, the mark that they give, and whether they leave its content as visible as the text around it.
Told = tuple[Mapping[str, str], Mark, bool]
NOTHING: Told = ({}, "", True)


@dataclass(slots=True)
class Page:
    """The result of one pass. A place is an offset into the source, or None where text would not be seen."""

    lines: list[Line] = field(default_factory=list)
    top: int | None = None
    end: int | None = None
    body: int | None = None  # start of the body, seen or not; None for frames, which have no body
    end_prefix: str = ""
    swallowed: bool = False
    complete: bool = True
    read_to: int | None = None  # the place where reading was given up


def read_page(html: str) -> Page:
    """Return the seen lines, and the places where text can be put; never raises."""
    return PageReader(html).read()


class PageReader:
    """One pass: the tree, near enough, and the body's beginning and end."""

    #: Whether elements without attributes may have a style too.
    has_sheet = False

    def __init__(self, html: str) -> None:
        self.html = html
        self.page = Page()
        self.open = OpenElements()
        self.seen = SeenLines(self.open)
        self.hidden_root = self.framed = False
        self.body_end: tuple[int, str] | None = None  # the last </body> that counts
        self.tags = 0
        self.known: dict[str, Told] = {}  # by the text inside the tag

    def read(self) -> Page:
        at, tokens = len(self.html), Tokens(self.html)
        for token in tokens:
            kind = token.kind
            if kind == "text":
                self._text(token.start, token.end)
            elif kind == "start":
                self._start(token)
                tokens.foreign = self.open.foreign
            elif kind == "end":
                self._end(token)
                tokens.foreign = self.open.foreign
            elif kind == "raw":
                self.open.raw()
                self._raw(token)
            elif kind == "comment":
                self._comment(token)
            elif kind == "swallowed":
                at, self.page.swallowed = token.start, True
                self._swallowed(token)
            if kind != "end" and self._is_over():
                self.page.complete, self.page.read_to = False, token.end
                break
        self._finish(at)
        return self.page

    def _is_over(self) -> bool:
        return self.tags > MAX_TAGS or len(self.open.stack) > MAX_DEPTH or len(self.seen.lines) > MAX_LINES

    # --- tags --------------------------------------------------------------------------------------------------------

    def _start(self, token: Token) -> None:
        self.tags += 1
        name = token.name
        if name in ("html", "body"):
            self._root(token)
            return
        if self.page.top is None and name not in _HEAD and not self.open.in_template:
            self._begin_body(token.start)
        if name == "head" and self.page.top is not None:
            return
        told, said, plain = self._told(name, token.inside) if token.inside or self.has_sheet else NOTHING
        self._break(name, told)
        if not self.open.admits(name):
            return
        if name in VOID:
            self._void(token, told, said)
            return
        element = self.open.open(name, told, token.start, plain=plain)
        self._opened(element, told)
        if said:
            self._mark(element, said)
        if name == "blockquote":
            element.quoted = max(element.quoted, blockquote(told))
        self.framed = self.framed or name == "frameset"

    def _break(self, name: str, told: Mapping[str, str]) -> None:
        """End the line before a start tag, if the element begins a new line."""
        if name not in INLINE:
            self.seen.flush()

    def _opened(self, element: Element, told: Mapping[str, str]) -> None:
        """Take an opened element. A reader that looks closer overrides this method."""

    def _raw(self, token: Token) -> None:
        """Take the text of an element that holds only text. None of it is seen here."""

    def _swallowed(self, token: Token) -> None:
        """Take a text that runs to the document's end. None of it is seen here."""

    def _comment(self, token: Token) -> None:
        """Take a comment. A reader that looks closer overrides this method."""

    def _told(self, name: str, inside: str) -> Told:
        """Return the contents of a tag; tags of one document repeat themselves."""
        known = self.known.get(inside)
        if known is None:
            told = attributes(inside)
            known = self.known[inside] = told, says(told), is_plain(told)
        return known

    def _root(self, token: Token) -> None:
        look = SHOWN.inside("body", attributes(token.inside)) if token.inside else SHOWN
        self.hidden_root = (
            self.hidden_root or look.gone or look.doubts > 0
        )  # an inserted text has a size and visibility of its own
        if token.name == "body" and self.page.top is None and not self.open.in_template:
            self._begin_body(token.end)

    def _begin_body(self, at: int) -> None:
        at = at if self.open.certain_to is None else self.open.certain_to
        self.page.top = at
        self.open = self.open.body(at)
        self.seen.begin(self.open, at)

    def _mark(self, element: Element, said: Mark) -> None:
        if said in ("quote", "box"):
            place = climbed(self.open, element.start, self.open.stack[-2])
            self.seen.expect("quote" if said == "quote" else "attribution", element.start, place)
        else:
            element.mark = said

    def _void(self, token: Token, told: Mapping[str, str], said: Mark) -> None:
        if token.name == "hr":
            place = climbed(self.open, token.start, self.open.top)
            self.seen.expect("quote" if said == "quote" else "", token.start, place)
        elif token.name == "br" and said == "signature":
            self.open.top.mark = "signature"
        elif token.name in _SEEN_VOID and self.open.top.look.inside(token.name, told).shown:
            self.seen.see(token.start, token.end, "")

    def _end(self, token: Token) -> None:
        self.tags += 1
        name = token.name
        if name in ("body", "html", "head"):
            if name != "head" and self.page.top is not None:
                self.seen.flush()
                self._end_body(token)
            return
        self._end_line(name)
        if name == "p":
            self.open.admits(name)
        self.open.close(name)

    def _end_line(self, name: str) -> None:
        if name not in INLINE:
            self.seen.flush()

    def _end_body(self, token: Token) -> None:
        """Note the last </body>; </html> where there is no </body>, or text came behind it."""
        if token.name == "body" or self.body_end is None or self.seen.end > self.body_end[0]:
            self.body_end = end_place(self.open, token.start)

    def _text(self, start: int, end: int) -> None:
        source = self.html[start:end]
        if self.page.top is None and not self.open.in_template:
            text = source.lstrip(_BEFORE_BODY)
            if not text:
                return
            self._begin_body(end - len(text))
        self.seen.text(start, source)

    def _finish(self, at: int) -> None:
        self.seen.flush()
        page = self.page
        page.lines = self.seen.lines
        unread = page.read_to if page.read_to is not None else self.open.certain_to
        if unread is not None and (not page.complete or self.open.is_misread) and _ROOTS.search(self.html, unread):
            self.hidden_root = True
        if page.top is None:
            page.top = end_place(self.open, at)[0]
        if page.complete:
            ends = self.body_end is not None and self.seen.end <= self.body_end[0]
            page.end, page.end_prefix = self.body_end if self.body_end and ends else end_place(self.open, at)
        page.body = None if self.framed else page.top
        if self.hidden_root or self.framed:
            page.top = page.end = None
            for line in page.lines:
                line.start = None
