"""One reading of an HTML document: with its style sheets, its colours, and the texts printed beside its own.

The texts of a picture's `alt` and of a `title` are kept apart, since they stand in no line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from typing import NamedTuple

from gateway.message.text.html.documents_inside import CARRIERS, document_inside
from gateway.message.text.html.elements import Element
from gateway.message.text.html.flow import GAPS, gap_of
from gateway.message.text.html.hiding import BY_WORD, OF_PRINT, OUTDONE, WITHOUT_EFFECT
from gateway.message.text.html.look import SHOWN, Look, is_plain
from gateway.message.text.html.page import NOTHING, Page, PageReader, Told
from gateway.message.text.html.style_sheet import StyleSheet, media
from gateway.message.text.html.styled import STYLE, TEXT, styled
from gateway.message.text.html.text_colours import PLAIN, TextColours, changes_colours, text_colours
from gateway.message.text.html.tokens import Token
from gateway.message.text.lines import Mark

_PRINTS = re.compile(r"list-style|quotes", re.IGNORECASE)
_SAYING = frozenset({"title", "label", "/before", "/after", "/marker"})
#: Elements that are items of a list, or give their items a mark.
_LISTED = frozenset({"li", "ul", "ol", "menu", "dir", "summary"})
_LABELLED = frozenset({"optgroup", "option"})
#: Doubts that a reader who knows the style sheets and looks at the colours never has.
_SETTLED = WITHOUT_EFFECT | OUTDONE | OF_PRINT

#: Elements shown to a reader who clicks.
_OPENED_BY_HAND = frozenset({"select", "option", "optgroup", "details", "textarea"})
#: Elements shown where the content that they replace isn't.
_FALLBACKS = frozenset({"noscript", "object", "audio", "video", "canvas"})
#: Elements shown by programs that don't know them.
_FALLBACK_TEXTS = frozenset({"noembed"})
_WITH_VALUE = frozenset({"", "submit", "reset", "button", "text", "search", "email", "tel", "url", "number", "date"})


@dataclass(slots=True)
class ViewedPage:
    """The result of one reading."""

    page: Page
    asides: list[tuple[int, str]]  # the number of the line beside which the text stands, and the text
    inside: list[str] = field(default_factory=list)  # documents that stand in attributes, as HTML
    sheets: list[str] = field(default_factory=list)
    is_whole: bool = True  # no style sheet had more rules than are read
    is_late: bool = False  # a style sheet stands behind elements that it may be for
    doubtful_rules: bool = False  # rules that may not hold were taken to hold
    doubtful_looks: bool = False  # text that some programs show was taken for hidden
    for_word: bool = False  # Word hides text that other programs show


class _Facts(NamedTuple):
    """The properties of a tag, which are worked out once."""

    gap: int
    changes_colours: bool
    says: bool


def _facts(name: str, told: Mapping[str, str]) -> _Facts:
    says = name == "style" or not _SAYING.isdisjoint(told)
    return _Facts(gap_of(name, told.get("style", "")), changes_colours(told), says)


class Viewer(PageReader):
    """One reading.

    `rules`, `looks`: whether rules, and looks, that may hide text do hide it; `word`: as Word shows the document.
    """

    def __init__(
        self, html: str, sheet: StyleSheet | None = None, *, rules: bool = True, looks: bool = True, word: bool = False
    ) -> None:
        super().__init__(html)
        self._whole = sheet is not None  # the sheet is complete, and is not to be gathered
        self._sheet = StyleSheet(()) if sheet is None else sheet
        self._rules, self._looks, self._word = rules, looks, word
        self.has_sheet = bool(sheet)
        self._sheets: list[str] = []
        self._late = False
        self._asides: list[tuple[int, str]] = []
        self._inside: list[str] = []
        self._doubtful_rules = self._doubtful_looks = self._for_word = False
        self._told_of: dict[tuple[str, str], Told] = {}
        self._facts: dict[int, _Facts] = {}  # by the identity of a tag's attributes
        self._colours_below: dict[tuple[TextColours | None, int], TextColours | None] = {}
        self._stale: list[Told] = []  # kept, so that no other attributes get their identity
        self._body_colours: TextColours | None = None  # the body's
        self._style_of: Mapping[str, str] = {}  # the attributes of the open style element
        self._gap = 0  # left by the last start tag
        self._behind: list[tuple[int, str]] = []  # depth of an element, and the text printed behind its content

    def see(self) -> ViewedPage:
        page = self.read()
        return ViewedPage(
            page,
            self._asides,
            self._inside,
            self._sheets,
            self._sheet.complete,
            self._late,
            self._doubtful_rules,
            self._doubtful_looks,
            self._for_word,
        )

    # --- what a tag says ---------------------------------------------------------------------------------------------

    def _told(self, name: str, inside: str) -> Told:
        known = self._told_of.get((name, inside))
        if known is None:
            told, said, plain = super()._told(name, inside) if inside else NOTHING
            if self._sheet or _PRINTS.search(told.get("style", "")):
                told, doubtful = styled(self._sheet, name, told, doubtful=self._rules)
                self._doubtful_rules = self._doubtful_rules or doubtful
                plain = is_plain(told)
            known = self._told_of[name, inside] = told, said, plain
            self._facts[id(told)] = _facts(name, told)
        return known

    def _root(self, token: Token) -> None:
        super()._root(token)
        told, _, _ = self._told(token.name, token.inside)
        self._body_colours = text_colours(self._body_colours, token.name, told) if told else self._body_colours
        self.open.stack[0].colours = self._body_colours

    def _begin_body(self, at: int) -> None:
        super()._begin_body(at)
        self.open.stack[0].colours = self._body_colours

    # --- elements ----------------------------------------------------------------------------------------------------

    def _break(self, name: str, told: Mapping[str, str]) -> None:
        self._gap = self._facts[id(told)].gap if told else GAPS.get(name, 0)
        if self._gap:
            self.seen.flush(self._gap)

    def _opened(self, element: Element, told: Mapping[str, str]) -> None:
        element.gap = self._gap
        name = element.name
        if name in _OPENED_BY_HAND or (name in _FALLBACKS and self._in_doubt()):
            element.look = self._settled(self.open.stack[-2].look.inside("div", told))
        elif element.look.doubts:
            element.look = self._settled(element.look)
        if not told:
            return
        if name in CARRIERS:
            self._document(name, told, self.open.stack[-2].look)
        facts = self._facts[id(told)]
        if facts.changes_colours:
            element.colours = self._colours_of(element.colours, name, told)
        if facts.says:
            self._say(name, told)

    def _say(self, name: str, told: Mapping[str, str]) -> None:
        """Print the texts beside the element's own text."""
        if name == "style":
            self._style_of = told
        elif name in _LABELLED:
            self._see(told.get("label", ""))
        if name in _LISTED or "list-item" in told.get("style", ""):
            self._see(self._printed_beside("marker", told))
        self._aside(told.get("title", ""))
        before = self._printed_beside("before", told)
        if before:
            self._put(before)
        after = self._printed_beside("after", told)
        if after:
            self._behind.append((len(self.open.stack), after))

    def _printed_beside(self, pseudo: str, told: Mapping[str, str]) -> str:
        """Return the text printed in front of an element's content or behind it, if it is seen."""
        text = told.get(TEXT + pseudo, "")
        if not text:
            return ""
        style = {"style": told[STYLE + pseudo]}
        top = self.open.top
        colours = text_colours(top.colours, "", style)
        is_seen = self._settled(top.look.inside("", style)).shown and not (
            colours and colours.faint and not self._in_doubt()
        )
        return text if is_seen else ""

    def _colours_of(self, above: TextColours | None, name: str, told: Mapping[str, str]) -> TextColours | None:
        key = (above, id(told))
        if key not in self._colours_below:
            self._colours_below[key] = text_colours(above, name, told)
        return self._colours_below[key]

    def _in_doubt(self) -> bool:
        """Return whether this reading shows text that may be hidden."""
        self._doubtful_looks = True
        return not self._looks

    def _settled(self, look: Look) -> Look:
        """Return a look as this reading shows it."""
        doubts = look.doubts & ~_SETTLED
        if doubts == BY_WORD and look._replace(doubts=0).shown:
            self._for_word = True
        if not self._word:
            doubts &= ~BY_WORD
        if doubts & ~BY_WORD and not look.gone and self._in_doubt():
            doubts &= BY_WORD
        look = look._replace(doubts=doubts)
        return SHOWN if look == SHOWN else look

    def _document(self, name: str, told: Mapping[str, str], above: Look) -> None:
        """Note the document in an attribute, which is shown where the element is, if that is shown."""
        found = document_inside(name, told)
        if found and self._settled(above.inside("img", told)).shown:
            self._inside.append(found)

    def _void(self, token: Token, told: Mapping[str, str], said: Mark) -> None:
        super()._void(token, told, said)
        if not told:
            return
        if token.name in CARRIERS:
            self._document(token.name, told, self.open.top.look)
        if not self._settled(self.open.top.look.inside(token.name, told)).shown:
            return
        if token.name == "input" and told.get("type", "").strip().lower() in _WITH_VALUE:
            self._see(told.get("value") or told.get("placeholder", ""))
        self._aside(told.get("alt", ""))
        self._aside(told.get("title", ""))

    def _end_line(self, name: str) -> None:
        top = self.open.top
        if self._behind and self._behind[-1][0] == len(self.open.stack) and top.name == name:
            self._put(self._behind.pop()[1])
        gap = top.gap if top.name == name else GAPS.get(name, 0)
        if gap:
            self.seen.flush(gap)

    def _end(self, token: Token) -> None:
        super()._end(token)
        while self._behind and self._behind[-1][0] > len(self.open.stack):
            self._put(self._behind.pop()[1])

    def _finish(self, at: int) -> None:
        while self._behind:
            self._put(self._behind.pop()[1])
        super()._finish(at)

    # --- texts -------------------------------------------------------------------------------------------------------

    def _text(self, start: int, end: int) -> None:
        if self.open.top.name == "style":  # an svg's; any other is raw text
            self._gather(unescape(self.html[start:end]))
        super()._text(start, end) if self.open.top.colours is None else self._printed_text(start, end)

    def _printed_text(self, start: int, end: int) -> None:
        colours = self.open.top.colours or PLAIN
        if colours.faint and not self.html[start:end].isspace() and not self._in_doubt():
            return
        if colours.turned and self.page.top is not None:
            self.seen.text(start, f"\u202e{self.html[start:end]}\u202c")
        else:
            super()._text(start, end)

    def _raw(self, token: Token) -> None:
        source = self.html[token.start : token.end]
        if token.name == "style":
            self._gather(source)
        elif token.name in ("textarea", "xmp"):
            self._see(unescape(source) if token.name == "textarea" else source)
        elif token.name in _FALLBACK_TEXTS and self.open.stack[-2].look.shown and self._in_doubt():
            self._inside.append(source)

    def _swallowed(self, token: Token) -> None:
        """Show the text behind a <plaintext>, and in a <textarea> or <xmp> without an end, as browsers do."""
        if token.name not in ("plaintext", "xmp", "textarea"):
            return
        told, _, _ = self._told(token.name, token.inside)
        if self._settled(self.open.top.look.inside("plaintext", told)).shown:
            if self.page.top is None:
                self._begin_body(token.start)
            source = self.html[self.html.index(">", token.start + len(token.inside)) + 1 :]
            self.seen.flush()
            for line in (unescape(source) if token.name == "textarea" else source).splitlines():
                self._put(line)
                self.seen.flush()

    def _gather(self, sheet: str) -> None:
        """Gather a style sheet; one in the head holds for all elements that follow. Browsers know one type only."""
        told, self._style_of = self._style_of, {}
        if told.get("type", "").lower() not in ("", "text/css"):
            return
        self._sheets.append(media(sheet, told.get("media", "")))
        self._late = self._late or self.page.top is not None
        if not self._whole and not self._late:
            self._sheet.add(self._sheets[-1])
            self.has_sheet = bool(self._sheet)
            self._stale += self._told_of.values()
            self._told_of.clear()

    def _see(self, text: str) -> None:
        """Show a text in the line that isn't in the source."""
        if text.strip() and self.open.top.look.shown:
            self._put(text)

    def _put(self, text: str) -> None:
        at = max(self.seen.end, self.page.top or 0)
        self.seen.see(at, at, escape(text))

    def _aside(self, text: str) -> None:
        if text.strip() and self.open.top.look.shown:
            self._asides.append((len(self.seen.lines), text))
