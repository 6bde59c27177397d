"""The rules of an HTML document's style sheets, as far as they decide what is seen. Total and linear.

Only rules that can hide, show or turn text, or that print text of their own, are kept. A rule that may not be for
everybody (of a media query, of a selector that its element alone doesn't tell, inside another rule) is in doubt: a
caller reads the document with it and without.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.message.text.html.declared import MAX_RESOLVED_CHARACTERS, declarations
from gateway.message.text.html.selectors import Selector, selectors, unescaped

#: Rules that are kept; for more, the document's reader says that it wasn't read to its end.
MAX_RULES = 10_000

#: Characters of rules that are put together for a document's elements, each time anew; a newsletter takes 500,000.
#: Beyond them, no rule is used, and the document's reader says so.
MAX_USED_CHARACTERS = 4_000_000
_CHARACTERS_OF_RULE = 16  # counted for the check whether a rule fits

#: Values of a custom property that are kept, the first ones: with two, the one that holds isn't known.
_VALUES = 8

#: Classes of an element that are looked up.
_CLASSES = 32

_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?"
_COMMENT = re.compile(rf"{_STRING}|\\.|/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(rf"{_STRING}|\\.|[{{}}]", re.DOTALL)
_MATTERS = re.compile(
    r"\\|display|visib|opacity|overflow|transparent|clip|transform|mso-hide|color|background|direction|bidi|content"
    r"|font(?:-size)?\s*:|text-indent|(?:left|top|right|bottom|height|width)\s*:|position|float|list-style|--|filter|quotes",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"(?:^|;)\s*content\s*:((?:[^;\"']++|\"[^\"]*+\"|'[^']*+'|[\"'])*+)", re.IGNORECASE)
_CONTENT_PIECE = re.compile(
    r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|attr\(\s*([\w-]+)\s*\)|var\(\s*(--[^\s,()]+)", re.DOTALL
)
STRING = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_PROPERTY = re.compile(r"--[^\s,():;]+")
_FOR_OTHERS = re.compile(
    r"(?:^|\s)(?:print|speech|aural|tty|projection)\b|max-(?:device-)?width\s*:\s*\d{1,3}(?!\d)|\bdark\b|portrait"
    r"|max-(?:device-)?width\s*:\s*[^\d\s]"
)
_FOR_ALL = re.compile(r"(?:only\s+)?(?:all|screen)")
_IN_DOUBT = ("@supports", "@layer", "@container", "@scope", "@document", "@-moz-document")


class Rule(NamedTuple):
    """One selector's last step, and its declarations."""

    selector: Selector
    declarations: str
    sure: bool


class StyleSheet:
    """The rules of all style sheets of a document."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._by_key: dict[str, list[Rule]] = defaultdict(list)
        self._properties: dict[str, dict[str, None]] = defaultdict(dict)  # the values of custom properties
        self.complete = True
        self._count = self._used = 0
        for sheet in sheets:
            self.add(sheet)

    def add(self, sheet: str) -> None:
        for rule in _rules(sheet) if self.complete else ():
            if self._count == MAX_RULES:
                self.complete = False
                break
            self._count += 1
            self._by_key[_key(rule.selector)].append(rule)
            if "--" in rule.declarations:
                self._learn(rule.declarations)

    def _learn(self, written: str) -> None:
        for name, value in declarations(written):
            if name.startswith("--") and len(self._properties[name]) < _VALUES:
                self._properties[name][value] = None

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def properties(self, styles: Iterable[str]) -> str:
        """Return the custom properties that these styles use, if they have one value in the whole sheet."""
        used = (name for style in styles if "var(" in style.lower() for name in _PROPERTY.findall(style.lower()))
        known = ((name, *self._properties.get(name, ())) for name in dict.fromkeys(used))
        single = (one for one in known if len(one) == 2 and len(one[1]) <= MAX_RESOLVED_CHARACTERS)
        return ";".join(f"{name}:{value}" for name, value in single)

    def content(self, written: str, attributes: Mapping[str, str]) -> str | None:
        """Return the text that `content` prints (CSS 2.1, 12.2); None if there is no `content`.

        For a custom property, that is all its values.
        """
        found = _CONTENT.findall(written) if "content" in written.lower() else ()
        if not found:
            return None
        return "".join(self._printed(piece, attributes) for piece in _CONTENT_PIECE.finditer(found[-1]))

    def _printed(self, piece: re.Match[str], attributes: Mapping[str, str]) -> str:
        one, other, name, variable = piece.groups()
        if variable:
            values = self._properties.get(variable.lower(), ())
            return " ".join(unescaped(one or other) for value in values for one, other in STRING.findall(value))
        return attributes.get(name.lower(), "") if name else unescaped(one or other)

    def rules(self, tag: str, attributes: Mapping[str, str], *, doubtful: bool) -> list[Rule]:
        """Return the rules that fit an element, the weightier ones later."""
        classes = attributes.get("class", "").split(None, _CLASSES)[:_CLASSES]
        keys = ["*", tag, *(f".{one}" for one in dict.fromkeys(classes)), f"#{attributes.get('id', '')}"]
        keys += (f"[{name}" for name in attributes)
        found = list[Rule]()
        for rules in filter(None, map(self._by_key.get, keys)):
            self._used += _CHARACTERS_OF_RULE * len(rules)
            if self._used > MAX_USED_CHARACTERS:
                self.complete = False
                return []
            found += (r for r in rules if (doubtful or r.sure) and r.selector.fits(tag, classes, attributes))
        self._used += sum(len(rule.declarations) for rule in found)
        found.sort(key=lambda rule: rule.selector.weight)
        return found


def media(sheet: str, query: str) -> str:
    """Return a style sheet that is for some media only."""
    return f"@media {query} {{{sheet}}}" if query.strip() else sheet


def _key(selector: Selector) -> str:
    if selector.identity:
        return f"#{selector.identity}"
    if selector.classes:
        return f".{min(selector.classes)}"
    if selector.attributes and not selector.tag:
        return f"[{selector.attributes[0].name}"
    return selector.tag or "*"


def _rules(sheet: str) -> Iterator[Rule]:
    sheet = _COMMENT.sub(lambda found: " " if found[0].startswith("/*") else found[0], sheet)
    for prelude, written, sure in _blocks(sheet.replace("<!--", " ").replace("-->", " ")):
        if _MATTERS.search(written):
            for selector in selectors(prelude):
                yield Rule(selector, written, sure and selector.sure)


@dataclass(slots=True)
class _Block:
    """An open pair of braces."""

    prelude: str  # of an at-rule inside a rule, the rule's
    audience: bool | None  # for everybody, in doubt (False), or for others (None)
    inside: bool  # inside a rule
    written: list[str] = field(default_factory=list)


def _opened(prelude: str, above: _Block | None) -> _Block:
    audience = _audience(prelude) if prelude.startswith("@") else True
    if above is None:
        return _Block(prelude, audience, inside=False)
    both = None if above.audience is None or audience is None else above.audience and audience
    inside = not above.prelude.startswith("@")
    return _Block(above.prelude if inside and prelude.startswith("@") else prelude, both, inside)


def _blocks(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Yield selectors and declarations, each with whether the rule is for everybody."""
    start, open_ = 0, list[_Block]()
    for brace in _BRACE.finditer(sheet):
        if brace[0] not in "{}":
            continue
        piece = sheet[start : brace.start()]
        start = brace.end()
        block = open_[-1] if open_ else None
        if brace[0] == "{":
            declared, _, prelude = piece.rpartition(";")
            if block is not None:
                block.written.append(declared)
            open_.append(_opened(prelude.strip(), block))
        elif block is not None:
            open_.pop()
            block.written.append(piece)
            if block.audience is not None and not block.prelude.startswith("@"):
                yield block.prelude, ";".join(block.written), block.audience and not block.inside


def _audience(prelude: str) -> bool | None:
    """Return whether an at-rule's content is for everybody, in doubt (False), or for others (None)."""
    rule, _, queries = prelude.lower().replace("(", " (", 1).partition(" ")
    if rule != "@media":
        return False if rule.startswith(_IN_DOUBT) else None
    found = [_query(one.strip()) for one in queries.split(",")]
    return True if True in found else False if False in found else None


def _query(query: str) -> bool | None:
    if _FOR_ALL.fullmatch(query):
        return True
    return None if _FOR_OTHERS.search(query) and not query.startswith("not") else False
