"""The selectors of a style sheet (Selectors 4), as far as they are told by one element. Total and linear.

Of a selector with several steps the last is read, and of what a program's reader does (`:hover`) nothing. What can't be
told of an element by itself (its place among others, what it is not) is taken to fit, in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_STRING = r"\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?"
_NAME = r"(?:[\w-]|\\.)+"
_DIVISION = re.compile(rf"{_STRING}|\\.|[()\[\]]|,|[\s>+~|]+", re.DOTALL)
_TAG = re.compile(rf"(?:(?:\*|{_NAME})?\|)?(\*|{_NAME})", re.DOTALL)
_SIMPLE = re.compile(
    rf"([.#])({_NAME})"
    rf"|\[\s*(?:(?:{_NAME}|\*)?\|)?({_NAME})\s*(?:([~|^$*]?=)\s*({_STRING}|{_NAME})\s*([isIS]?)\s*)?\]?"
    rf"|(::?)({_NAME})(\()?",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)

#: What is printed beside an element's content.
_PRINTING: Final = frozenset({"before", "after", "marker"})
#: What no element is until somebody does something.
_STATES: Final = frozenset({"hover", "active", "focus", "focus-within", "focus-visible", "visited", "target"})
_LINKS: Final = frozenset({"link", "any-link"})


#: Of an attribute's value that is compared; a longer one is taken to fit, in doubt as all rules for attributes are.
MAX_VALUE_CHARACTERS: Final = 1_000


class Attribute(NamedTuple):
    """A condition of an attribute."""

    name: str
    operator: str  # "" = it is there
    value: str
    folded: bool  # upper and lower case are one

    def fits(self, attributes: Mapping[str, str]) -> bool:
        have, want = attributes.get(self.name), self.value
        if have is None or not self.operator:
            return have is not None
        if len(have) > MAX_VALUE_CHARACTERS:
            return True
        if self.folded:
            have, want = have.lower(), want.lower()
        if self.operator == "~=":
            return want in have.split()
        if self.operator == "|=":
            return have == want or have.startswith(f"{want}-")
        if self.operator == "=":
            return have == want
        found = {"^=": have.startswith, "$=": have.endswith, "*=": have.__contains__}[self.operator]
        return bool(want) and found(want)


class Selector(NamedTuple):
    """The last step of one."""

    tag: str  # "" = any
    classes: frozenset[str]
    identity: str
    attributes: tuple[Attribute, ...]
    pseudo: str  # "before", "after", "marker" or ""
    weight: int  # specificity: what has more comes later
    sure: bool

    def fits(self, tag: str, classes: list[str], attributes: Mapping[str, str]) -> bool:
        return (
            self.tag in ("", tag)
            and self.classes.issubset(classes)
            and self.identity in ("", attributes.get("id", ""))
            and all(one.fits(attributes) for one in self.attributes)
        )


def selectors(prelude: str) -> Iterator[Selector]:
    """Those that stand before a rule's braces, but for what fits nothing."""
    for step, is_whole in _last_steps(prelude):
        found = _selector(step, is_whole)
        if found is not None:
            yield found


def unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _last_steps(prelude: str) -> Iterator[tuple[str, bool]]:
    """The last step of each selector, and whether it is the only one."""
    depth = start = steps = 0
    last = ""
    for match in _DIVISION.finditer(f"{prelude},"):
        mark = match[0]
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth = max(depth - 1, 0)
        elif mark[0] in "\"'\\" or (depth and match.end() <= len(prelude)):
            continue
        elif mark[0] in ", \t\r\n\f\v>+~":
            piece = prelude[start : match.start()]
            start = match.end()
            steps += bool(piece or mark.strip(", \t\r\n\f\v"))
            last = piece or last
            if mark == "," and last:
                yield last, steps == 1
            if mark == ",":
                last, steps = "", 0


def _selector(step: str, sure: bool) -> Selector | None:
    tag = _TAG.match(step)
    at, name = (tag.end(), unescaped(tag[1]).lower()) if tag else (0, "")
    weight = int(name not in ("", "*"))
    classes, identity, pseudo = set[str](), "", ""
    attributes = list[Attribute]()
    while at < len(step):
        found = _SIMPLE.match(step, at)
        if found is None:
            sure = False
            break
        at = found.end()
        kind, named, attribute, operator, value, flag, colons, said, opens = found.groups()
        if kind == ".":
            classes.add(unescaped(named))
        elif kind:
            identity, weight = unescaped(named), weight + 100
        elif attribute:
            attributes.append(_attribute(attribute, operator, value, flag))
            sure = False  # several programs know no such selectors
        elif said.lower() in _PRINTING:
            pseudo = said.lower()
        elif colons == "::" or said.lower() in _STATES or said.lower() in ("first-line", "first-letter"):
            return None
        elif said.lower() == "root":
            name = "html"
        elif said.lower() in _LINKS:
            attributes.append(Attribute("href", "", "", False))
        else:
            sure = False
            at = len(step) if opens else at
        weight += 0 if kind == "#" or pseudo else 10
    tag_name = "" if name == "*" else name
    return Selector(tag_name, frozenset(classes), identity, tuple(attributes), pseudo, weight, sure)


def _attribute(name: str, operator: str | None, value: str | None, flag: str | None) -> Attribute:
    value = value or ""
    value = value[1:].removesuffix(value[0]) if value[:1] in ("'", '"') else value
    return Attribute(unescaped(name).lower(), operator or "", unescaped(value), flag in ("i", "I"))


def _character(match: re.Match[str]) -> str:
    if not match[1]:
        return "" if match[2] == "\n" else match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
