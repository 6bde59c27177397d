"""One reading of an HTML document: with its style sheets, its colours, and what it prints besides its text.

What a picture's `alt` or a `title` says is shown apart, since it stands in no line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Final, NamedTuple

from gateway.message.text.elements import Element
from gateway.message.text.html_lines import BLOCK, CELL, LINE_FEED
from gateway.message.text.html_page import NOTHING, Page, PageReader, Told
from gateway.message.text.html_tokens import Token
from gateway.message.text.lines import Mark
from gateway.message.text.look import SHOWN, is_plain
from gateway.message.text.prints import PLAIN, Print, is_printing, printed
from gateway.message.text.style_sheet import StyleSheet, cascaded, content

#: Elements that end the line that stands before them, and the gap that they leave; others stand in the line.
GAPS: Final = {
    **dict.fromkeys((
        "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
        "hr", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "p", "plaintext", "pre", "search", "section",
        "summary", "table", "ul", "xmp", "body", "html", "frameset", "title", "marquee",
    ), BLOCK),
    **dict.fromkeys(("br", "tr", "caption", "option", "thead", "tbody", "tfoot", "text", "mtr"), LINE_FEED),
    **dict.fromkeys(("td", "th", "textarea", "button", "select", "mtd"), CELL),
}  # fmt: skip

_INLINE_DISPLAY = re.compile(r"display\s*:\s*(?:inline|contents|table-cell)|float\s*:\s*(?:left|right)", re.IGNORECASE)
_BLOCK_DISPLAY = re.compile(r"display\s*:\s*(?:block|list-item|table(?!-)|flex|grid)", re.IGNORECASE)

_SAYING = frozenset({"title", "::before", "::after"})

#: Shown to whoever clicks.
_OPENED_BY_HAND = frozenset({"select", "option", "optgroup", "details", "textarea"})
#: Shown where what they stand for isn't.
_FALLBACKS = frozenset({"noscript", "object", "audio", "video", "canvas"})
_WITH_VALUE = frozenset({"", "submit", "reset", "button", "text", "search", "email", "tel", "url", "number", "date"})


@dataclass(slots=True)
class Seen:
    """What one reading saw."""

    page: Page
    asides: list[tuple[int, str]]  # the number of the line beside which it stands, and the text
    sheets: list[str] = field(default_factory=list)
    is_whole: bool = True  # no style sheet had more rules than are read
    is_late: bool = False  # a style sheet stands behind what it may be for
    doubted: bool = False


class _Facts(NamedTuple):
    """What is asked of a tag each time that it comes."""

    gap: int
    prints: bool
    says: bool


def _facts(name: str, told: Mapping[str, str]) -> _Facts:
    gap, style = GAPS.get(name, 0), told.get("style", "")
    if style and gap and _INLINE_DISPLAY.search(style):
        gap = 0
    elif style and not gap and _BLOCK_DISPLAY.search(style):
        gap = BLOCK
    says = name == "style" or not _SAYING.isdisjoint(told)
    return _Facts(gap, is_printing(told), says)


class Viewer(PageReader):
    """One reading. `doubtful`: whether what may hide text does."""

    def __init__(self, html: str, sheet: StyleSheet | None = None, *, doubtful: bool = True) -> None:
        super().__init__(html)
        self._whole = sheet is not None  # the sheet, and is not to be gathered
        self._sheet = StyleSheet(()) if sheet is None else sheet
        self._doubtful = doubtful
        self.has_sheet = bool(sheet)
        self._sheets: list[str] = []
        self._late = False
        self._asides: list[tuple[int, str]] = []
        self._doubted = False
        self._told_of: dict[tuple[str, str], Told] = {}
        self._facts: dict[int, _Facts] = {}  # by what a tag says
        self._prints: dict[tuple[Print | None, int], Print | None] = {}
        self._stale: list[Told] = []  # kept, so that no other gets their identity
        self._print: Print | None = None  # the body's
        self._media = ""  # of the style element that is open
        self._gap = 0  # that the last start tag left
        self._behind: list[tuple[int, str]] = []  # depth of an element, and what is printed behind its content

    def see(self) -> Seen:
        page = self.read()
        return Seen(page, self._asides, self._sheets, self._sheet.complete, self._late, self._doubted)

    # --- what a tag says ---------------------------------------------------------------------------------------------

    def _told(self, name: str, inside: str) -> Told:
        known = self._told_of.get((name, inside))
        if known is None:
            told, said, plain = super()._told(name, inside) if inside else NOTHING
            if self._sheet:
                told = self._styled(name, told)
                plain = is_plain(told)
            known = self._told_of[name, inside] = told, said, plain
            self._facts[id(told)] = _facts(name, told)
        return known

    def _styled(self, name: str, told: Mapping[str, str]) -> Mapping[str, str]:
        """With what the style sheet says in front of the element's own style."""
        styles, printed = list[str](), {}
        for rule in self._sheet.rules(name, told, doubtful=self._doubtful):
            if not rule.pseudo:
                styles.append(rule.declarations)
            elif SHOWN.inside("", {"style": rule.declarations}).shown:
                printed[f"::{rule.pseudo}"] = content(rule.declarations, told)
        if styles:
            told = {**told, "style": cascaded([*styles, told.get("style", "")])}
        return {**told, **printed} if printed else told

    def _root(self, token: Token) -> None:
        super()._root(token)
        told, _, _ = self._told(token.name, token.inside)
        self._print = printed(self._print, token.name, told) if told else self._print
        self.open.stack[0].print = self._print

    def _begin_body(self, at: int) -> None:
        super()._begin_body(at)
        self.open.stack[0].print = self._print

    # --- elements ----------------------------------------------------------------------------------------------------

    def _break(self, name: str, told: Mapping[str, str]) -> None:
        self._gap = self._facts[id(told)].gap if told else GAPS.get(name, 0)
        if self._gap:
            self.seen.flush(self._gap)

    def _opened(self, element: Element, told: Mapping[str, str]) -> None:
        element.gap = self._gap
        name = element.name
        if name in _OPENED_BY_HAND or (name in _FALLBACKS and self._in_doubt()):
            element.look = self.open.stack[-2].look
        if not told:
            return
        facts = self._facts[id(told)]
        if facts.prints:
            element.print = self._printed(element.print, name, told)
        if facts.says:
            self._say(name, told)

    def _say(self, name: str, told: Mapping[str, str]) -> None:
        """What is printed beside the element's own text."""
        if name == "style":
            self._media = told.get("media", "")
        self._aside(told.get("title", ""))
        if told.get("::before"):
            self._see(told["::before"])
        if told.get("::after"):
            self._behind.append((len(self.open.stack), told["::after"]))

    def _printed(self, above: Print | None, name: str, told: Mapping[str, str]) -> Print | None:
        key = (above, id(told))
        if key not in self._prints:
            self._prints[key] = printed(above, name, told)
        return self._prints[key]

    def _in_doubt(self) -> bool:
        """Whether what may be hidden is to be shown this time."""
        self._doubted = True
        return not self._doubtful

    def _void(self, token: Token, told: Mapping[str, str], said: Mark) -> None:
        super()._void(token, told, said)
        if not told or not self.open.top.look.inside(token.name, told).shown:
            return
        if token.name == "input" and told.get("type", "").strip().lower() in _WITH_VALUE:
            self._see(told.get("value") or told.get("placeholder", ""))
        self._aside(told.get("alt", ""))
        self._aside(told.get("title", ""))

    def _end_line(self, name: str) -> None:
        top = self.open.top
        if self._behind and self._behind[-1][0] == len(self.open.stack) and top.name == name:
            self._see(self._behind.pop()[1])
        gap = top.gap if top.name == name else GAPS.get(name, 0)
        if gap:
            self.seen.flush(gap)

    def _end(self, token: Token) -> None:
        super()._end(token)
        while self._behind and self._behind[-1][0] > len(self.open.stack):
            self._see(self._behind.pop()[1])

    # --- texts -------------------------------------------------------------------------------------------------------

    def _text(self, start: int, end: int) -> None:
        super()._text(start, end) if self.open.top.print is None else self._printed_text(start, end)

    def _printed_text(self, start: int, end: int) -> None:
        printed = self.open.top.print or PLAIN
        if printed.faint and not self.html[start:end].isspace() and not self._in_doubt():
            return
        if printed.turned and self.page.top is not None:
            self.seen.text(start, f"\u202e{self.html[start:end]}\u202c")
        else:
            super()._text(start, end)

    def _raw(self, token: Token) -> None:
        source = self.html[token.start : token.end]
        if token.name == "style":
            self._gather(source if not self._media else f"@media {self._media} {{{source}}}")
        elif token.name in ("textarea", "xmp"):
            self._see(unescape(source) if token.name == "textarea" else source)

    def _gather(self, sheet: str) -> None:
        """A style sheet; one that comes in the head holds for all that follows."""
        self._media = ""
        self._sheets.append(sheet)
        self._late = self._late or self.page.top is not None
        if not self._whole and not self._late:
            self._sheet.add(sheet)
            self.has_sheet = bool(self._sheet)
            self._stale += self._told_of.values()
            self._told_of.clear()

    def _see(self, text: str) -> None:
        """Text that stands in the line, and not in the source."""
        if text.strip() and self.open.top.look.shown:
            at = max(self.seen.end, self.page.top or 0)
            self.seen.see(at, at, escape(text))

    def _aside(self, text: str) -> None:
        if text.strip() and self.open.top.look.shown:
            self._asides.append((len(self.seen.lines), text))
