"""The text of an HTML document that every reader sees, in any program and window: text that may be hidden is left out.

The question is whether words are there already. Style sheets, colours, sizes and places are judged. A declaration that
isn't known to be harmless (`harmless`) hides its element, and one that may lie over others hides all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gateway.message.text.harmless import Effect, effect, of_print
from gateway.message.text.html.declared import declarations
from gateway.message.text.html.elements import Element
from gateway.message.text.html.hiding import UNCERTAIN
from gateway.message.text.html.page import Page, PageReader
from gateway.message.text.html.tokens import Token, Tokens, attributes
from gateway.message.text.legibility import MOST_SIZE, Legibility
from gateway.message.text.lines import Mark
from gateway.message.text.possible_rules import PossibleRule, PossibleRules, unforced

#: Elements in which a reader sees text. A document with any other but `_WITHOUT_TEXT` isn't judged: no text is sure.
_TEXT: Final = frozenset({
    "html", "body", "div", "p", "span", "a", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "font",
    "center", "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "ul", "ol", "li", "dl", "dt", "dd",
    "blockquote", "pre", "address", "article", "section", "main", "header", "footer", "aside", "nav", "h1", "h2",
    "h3", "h4", "h5", "h6", "small", "big", "tt", "code", "kbd", "samp", "var", "sub", "sup", "abbr", "acronym",
    "cite", "q", "label", "mark", "time", "nobr", "figure", "figcaption", "dfn", "form", "fieldset", "legend",
    "o:p", "u1:p", "data", "bdi", "hgroup",
})  # fmt: skip
_WITHOUT_TEXT: Final = frozenset({
    "br", "hr", "img", "head", "meta", "title", "style", "base", "link", "col", "colgroup", "wbr", "map", "area",
    "input", "xml", "o:officedocumentsettings", "o:allowpng", "o:pixelsperinch",
})  # fmt: skip
#: Elements that begin anew in the next block where they weren't closed (HTML, 13.2.4.3).
_FORMATTING: Final = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
_WORD_NAMES: Final = re.compile(r"(?:st1|o|w|v|m|u\d):")
_HIDDEN_BY: Final = frozenset({"hidden", "popover", "inert", "is", "slot"})
_RULE_END: Final = re.compile(r"\[\s*endif\s*\]", re.IGNORECASE)
_RULE_START: Final = re.compile(r"\[\s*if\b", re.IGNORECASE)


class _Style(NamedTuple):
    """Effect of an element with these attributes on its text, whatever stands around it."""

    effect: Effect
    own: Mapping[str, str]
    others: tuple[tuple[str, str], ...]

    @property
    def is_plain(self) -> bool:
        return self.effect is Effect.NONE and not self.own and not self.others


class _Open(NamedTuple):
    """An open element, as far as it decides what is seen."""

    name: str
    legibility: Legibility
    is_plain: bool


def read_surely(html: str, *, on_top: str = "") -> Page:
    """Read a page like `read_page`, without the lines that may not be seen; without any, if something may cover them.

    `on_top`: only these words are asked about, in one piece; they lie above all else, in a place that the tree shows.
    """
    return SureReader(html, _Document(html), on_top=on_top).read()


class _Document:
    """Style sheets, and the attributes of html and body, wherever their tags stand: gathered in a first pass."""

    def __init__(self, html: str) -> None:
        self.roots: list[tuple[str, Mapping[str, str]]] = []
        self.is_known = True
        self.carries_sheet = False  # in a link, which isn't read
        sheets: list[str] = []
        self._gather(html, sheets, inside_comment=False)
        self.rules = PossibleRules(sheets)

    def _gather(self, html: str, sheets: list[str], *, inside_comment: bool) -> None:
        for token in Tokens(html):
            if token.kind == "raw" and token.name == "style":
                sheets.append(html[token.start : token.end])
            elif token.kind == "comment" and not inside_comment and _RULE_START.search(html, token.start, token.end):
                inside = html[token.start : token.end]
                inside = inside.partition(">")[2].removesuffix("-->")
                self._gather(inside, sheets, inside_comment=True)
            elif token.kind == "start":
                self._start(token, inside_comment=inside_comment)

    def _start(self, token: Token, *, inside_comment: bool) -> None:
        is_told = inside_comment or token.name in ("html", "body", "link", "meta")
        told = attributes(token.inside) if token.inside and is_told else {}
        if token.name in ("html", "body") and not inside_comment:
            self.roots.append((token.name, told))
        elif token.name == "link" and "stylesheet" in told.get("rel", "").lower():
            self.is_known = False
            self.carries_sheet = self.carries_sheet or told.get("href", "").strip().lower().startswith("data:")
        elif token.name == "meta" and "scheme" in told.get("name", "").lower():
            self.roots.append(("html", {"style": f"color-scheme:{told.get('content', '')}"}))
        elif inside_comment and "style" in told:  # Word opens it, and may close it elsewhere
            own, others = _own(told["style"])
            harms = (effect(token.name, key, value, own) for key, value in (*own.items(), *others))
            self.is_known = self.is_known and not any(harms) and not any(map(of_print, own))
        known = token.name in _TEXT or token.name in _WITHOUT_TEXT or _WORD_NAMES.match(token.name)
        self.is_known = self.is_known and bool(known)


class SureReader(PageReader):
    """One pass over the document, which keeps the lines that are surely seen."""

    has_sheet = True

    def __init__(self, html: str, document: _Document, *, on_top: str) -> None:
        super().__init__(html)
        self._on_top = on_top
        self._rules = document.rules
        self._known = (document.is_known or bool(on_top)) and document.rules.known and not document.carries_sheet
        self._styles: dict[tuple[str, int], _Style] = {}
        self._conditional = False  # in text that a conditional comment shows to some programs
        root, hidden = Legibility(), False
        around: dict[str, str] = {}
        for name, told in document.roots:
            if name == "html":
                around.update(told)
        for name, told in (*document.roots, ("html", {}), ("body", {})):  # both are there without a tag
            rules = list(self._rules.of_root(name, told, around)) if self._rules else []
            style = self._style(name, told, rules)
            root = root.inside(name, told, style.own, style.others)
            hidden = hidden or style.effect is not Effect.NONE
        self._known = self._known and not hidden
        self._open = [_Open("body", root, True)]
        self._around: list[tuple[Element, Mapping[str, str]]] = []  # elements that are judged when they are asked about

    def read(self) -> Page:
        page = super().read()
        if not self._known or not self._rules.known:
            page.lines = []
        return page

    # --- elements ----------------------------------------------------------------------------------------------------

    def _style(self, name: str, told: Mapping[str, str], rules: Sequence[PossibleRule]) -> _Style:
        own, others = _own(told.get("style", ""))
        forced = _forced(told.get("style", ""))
        rules = [] if "all" in forced else rules
        worst = max((effect(name, key, value, own) for key, value in (*own.items(), *others)), default=Effect.NONE)
        others = [(key, value) for key, value in others if of_print(key)]
        for rule in rules:
            declared = [(key, value) for key, value in rule.declared if rule.beside or key not in forced]
            together = dict(declared)
            found = max((effect(name, key, value, together) for key, value in declared), default=Effect.NONE)
            if not rule.beside:
                worst = max(worst, found)
                others += ((key, value) for key, value in declared if of_print(key))
            elif found is Effect.COVERS:
                worst = found
        if not _HIDDEN_BY.isdisjoint(told):
            worst = max(worst, Effect.HIDES)
        return _Style(worst, {key: value for key, value in own.items() if of_print(key)}, tuple(others))

    def _style_of(self, name: str, told: Mapping[str, str]) -> _Style:
        """Return the style of an element, kept by the identity of its attributes, which the reader keeps."""
        key = (name, id(told))
        if key not in self._styles:
            self._styles[key] = self._style(name, told, list(self._rules.of(name, told)) if self._rules else [])
        return self._styles[key]

    def _begin_body(self, at: int) -> None:
        super()._begin_body(at)
        del self._open[1:]

    def _opened(self, element: Element, told: Mapping[str, str]) -> None:
        if self._on_top:
            del self._around[self.open.depth - 2 :]
            self._around.append((element, told))
            return
        self._closed("table" if element.name == "table" else "", self.open.depth - 1)
        style = self._style_of(element.name, told)
        self._covers(style)
        if style.effect is not Effect.NONE or element.name not in _TEXT:
            element.look = element.look.doubted(UNCERTAIN)
        above = self._open[-1].legibility
        inner = above.inside(element.name, told, style.own, style.others)
        self._open.append(_Open(element.name, inner, style.is_plain and inner == above))
        if inner.most > MOST_SIZE and not self._on_top:
            self._known = False

    def _void(self, token: Token, told: Mapping[str, str], said: Mark) -> None:
        super()._void(token, told, said)
        if not self._on_top:
            self._covers(self._style_of(token.name, told))

    def _covers(self, style: _Style) -> None:
        if style.effect is Effect.COVERS and not self._on_top:
            self._known = False

    def _end(self, token: Token) -> None:
        super()._end(token)
        if not self._on_top:
            self._closed(token.name, self.open.depth)

    def _closed(self, name: str, depth: int) -> None:
        """Forget elements that aren't open any more. One that a browser may open again leaves all in doubt."""
        while len(self._open) > depth:
            gone = self._open.pop()
            again = gone.name in _FORMATTING or (gone.name == "p" and name == "table")
            if again and gone.name != name and not gone.is_plain and not self._on_top:
                self._known = False

    # --- texts -------------------------------------------------------------------------------------------------------

    def _comment(self, token: Token) -> None:
        source = self.html[token.start : token.end]
        if _RULE_END.search(source):
            self._conditional = bool(_RULE_START.search(source)) and self._conditional
        elif _RULE_START.search(source):
            self._conditional = True

    def _text(self, start: int, end: int) -> None:
        if self._on_top:
            self._text_on_top(start, end)
            return
        blank = self.html[start:end].isspace()
        self._closed("", self.open.depth)
        if blank or (not self._conditional and self._open[-1].legibility.is_read):
            super()._text(start, end)
        elif self.page.top is None:
            self._begin_body(start)

    def _text_on_top(self, start: int, end: int) -> None:
        """Read only the words that are asked about, by the elements around them."""
        if self._on_top in self.html[start:end]:
            del self._around[self.open.depth - 1 :]
            found = self._open[0].legibility
            for element, told in self._around:
                style = self._style_of(element.name, told)
                if style.effect is not Effect.NONE or element.name not in _TEXT:
                    return
                found = found.inside(element.name, told, style.own, style.others)
            if found.is_read and not self._conditional:
                super()._text(start, end)
        elif self.page.top is None and self.html[start:end].strip():
            self._begin_body(start)


def _forced(style: str) -> frozenset[str]:
    """Return the properties that an element's own style sets so that it outdoes every rule."""
    if "important" not in style:
        return frozenset()
    return frozenset(name for name, value in declarations(style) if value.replace(" ", "").endswith("!important"))


def _own(style: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return an element's own declarations: those that hold, and those of properties that are declared twice."""
    own, twice = dict[str, str](), list[tuple[str, str]]()
    for name, value in unforced(style):
        if own.setdefault(name, value) is not value:
            twice.append((name, value))
    return own, twice
