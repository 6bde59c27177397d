"""The declarations of a document's style sheets that may hold for an element, whatever the reader's window is.

Selectors are compared by their last step alone, without states and the values of attributes: a selector that may fit is
taken to fit. Only the elements around `body` are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from gateway.message.text.html.declared import declarations

#: Rules of one document that are compared; with more, no text is known to be seen. A newsletter has some hundreds.
MAX_RULES: Final = 5_000
#: Rules that are looked at for a document's different elements together.
MAX_LOOKS: Final = 200_000

_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(rf"{_STRING}|[{{}}]", re.DOTALL)
_GROUP = re.compile(r"\([^()]*+\)")
_ATTRIBUTE = re.compile(r"\[\s*+([\w-]++)[^\[\]]*+\]")
_STEPS = re.compile(r"[\s>+~]+")
_SIMPLE = re.compile(r"(::?|[.#\[]?)([\w-]+|\*)\]?")
_COMPOUND = re.compile(rf"(?:{_SIMPLE.pattern})+", re.ASCII)
#: Media in which no reader sees a message on a screen, and rules that are for no element.
_NOT_ON_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:print|speech|aural|tty|projection)\b[^,]*\Z", re.IGNORECASE)
_FOR_NO_ELEMENT = re.compile(r"@(?:-\w+-)?(?:font-face|page|keyframes|viewport|counter-style|list)\b", re.IGNORECASE)
_UNKNOWN = re.compile(r"\\|@import|@font-face[^}]*src\s*:|@property|expression\(", re.IGNORECASE)
_STATES: Final = frozenset({"hover", "active", "focus", "focus-within", "focus-visible", "selection", "placeholder"})
_BESIDE: Final = frozenset({"before", "after", "marker"})
_MAX_GROUPS_DEEP: Final = 4

Declared = list[tuple[str, str]]


def unforced(style: str) -> Declared:
    """Return all declarations of a style, valid or not, without "!important"."""
    return [(name, value.partition("!")[0].rstrip()) for name, value in declarations(style) if name]


class PossibleRule(NamedTuple):
    """The conditions of a selector that an element is compared by, and the declarations."""

    tag: str  # "" = any
    classes: frozenset[str]
    identity: str
    attributes: frozenset[str]  # names of attributes that the element must have
    beside: bool  # of text printed beside the element
    declared: Declared
    around: PossibleRule | None = None  # the step before, if it is of an element around this one
    steps: int = 1

    def fits(self, tag: str, attributes: Mapping[str, str]) -> bool:
        classes = attributes.get("class", "").lower().split()
        return (
            self.tag in ("", tag)
            and self.classes.issubset(classes)
            and self.identity in ("", attributes.get("id", "").lower())
            and self.attributes <= attributes.keys()
        )


class PossibleRules:
    """The rules of all style sheets of a document. `known` is False where the rules can't be told."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._rules: dict[str, list[PossibleRule]] = defaultdict(list)
        self._looks = self._count = 0
        self.known = True
        for sheet in sheets:
            self._add(sheet)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _add(self, sheet: str) -> None:
        sheet = _COMMENT.sub(" ", sheet.replace("<!--", " ").replace("-->", " "))
        self.known = self.known and not _UNKNOWN.search(sheet) and sheet.count("{") >= sheet.count("}")
        for prelude, written in _blocks(sheet) if self.known else ():
            declared = unforced(written)
            for selector in _outside_groups(prelude).split(","):
                self._count += 1
                if self._count > MAX_RULES:
                    self.known = False
                    return
                rule = _rule(selector, declared)
                if rule is not None:
                    self._rules[_key(rule)].append(rule)

    def of(self, tag: str, attributes: Mapping[str, str]) -> Iterator[PossibleRule]:
        """Yield the rules that may hold for an element."""
        classes = attributes.get("class", "").lower().split()
        identity = attributes.get("id", "").lower()
        for key in dict.fromkeys(("", tag, *(f".{one}" for one in classes), f"#{identity}")):
            rules = self._rules.get(key, ())
            self._looks += len(rules)
            if self._looks > MAX_LOOKS:
                self.known = False
                return
            yield from (rule for rule in rules if rule.fits(tag, attributes))

    def of_root(self, tag: str, attributes: Mapping[str, str], around: Mapping[str, str]) -> Iterator[PossibleRule]:
        """Yield the rules of `html`, or of `body` inside of it, with its attributes `around`."""
        for rule in self.of(tag, attributes):
            if rule.steps == 1 or (tag == "body" and (rule.around is None or rule.around.fits("html", around))):
                yield rule


def _key(rule: PossibleRule) -> str:
    if rule.identity:
        return f"#{rule.identity}"
    return f".{min(rule.classes)}" if rule.classes else rule.tag


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and declarations, in any at-rules except those for print or for no element."""
    start, opened, written = 0, list[str](), list[list[str]]()
    for brace in _BRACE.finditer(f"{sheet}{'}' * sheet.count('{')}"):
        if brace[0] not in "{}":
            continue
        piece, start = brace.string[start : brace.start()], brace.end()
        if brace[0] == "{":
            declared, _, prelude = piece.rpartition(";")
            if written:
                written[-1].append(declared)
            opened.append(prelude.strip())
            written.append([])
        elif opened:
            prelude = opened[-1]
            if prelude.startswith("@") and len(opened) > 1:
                prelude = next((one for one in reversed(opened) if not one.startswith("@")), prelude)
            said = ";".join((*written.pop(), piece))
            if not any(_NOT_ON_SCREEN.match(one) or _FOR_NO_ELEMENT.match(one) for one in opened) and said.strip():
                yield "*" if prelude.startswith("@") else prelude, said
            opened.pop()


def _outside_groups(prelude: str) -> str:
    for _ in range(_MAX_GROUPS_DEEP):
        prelude, count = _GROUP.subn("", prelude)
        if not count:
            break
    return _ATTRIBUTE.sub(r"[\1]", prelude)


def _rule(selector: str, declared: Declared) -> PossibleRule | None:
    """Return the rule of a selector; None for a state that a reader brings about by hand."""
    steps = [one for one in _STEPS.split(selector.strip().lower()) if one]
    rule = _of_step(steps[-1] if steps else "", declared)
    if rule is None or len(steps) < 2:
        return rule
    beside_others = "+" in selector or "~" in selector
    return rule._replace(steps=len(steps), around=None if beside_others else _of_step(steps[-2], declared))


def _of_step(step: str, declared: Declared) -> PossibleRule | None:
    if not _COMPOUND.fullmatch(step):
        return PossibleRule("", frozenset(), "", frozenset(), False, declared)
    tag = identity = ""
    classes, attributes, beside = set[str](), set[str](), False
    for kind, name in _SIMPLE.findall(step):
        if kind.startswith(":"):
            if name in _STATES:
                return None
            beside = beside or name in _BESIDE
        elif kind == ".":
            classes.add(name)
        elif kind == "[":
            attributes.add(name)
        elif kind == "#":
            identity = name
        elif name != "*":
            tag = name
    return PossibleRule(tag, frozenset(classes), identity, frozenset(attributes), beside, declared)
