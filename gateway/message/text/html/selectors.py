"""The selectors of a style sheet (Selectors 4), as far as one element tells them. Total and linear.

Only the last step of a selector is read, and no state that needs a user (`:hover`). A condition that an element doesn't
tell by itself (its place among others, a negation) is taken to fit, in doubt.
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
_CHOICE = re.compile(r"([^()]*):(?:is|where|matches|-webkit-any|-moz-any)\(([^()]*)\)([^()]*)", re.IGNORECASE)
_NOT = re.compile(r"([^()]*)\)")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)

#: Pseudo-elements that are printed beside an element's content.
_PRINTING: Final = frozenset({"before", "after", "marker"})
#: States that no element has until a user does something.
_STATES: Final = frozenset({"hover", "active", "focus", "focus-within", "focus-visible", "visited", "target"})
_LINKS: Final = frozenset({"link", "any-link"})


#: Characters of an attribute's value that is compared. A longer one is taken to fit, in doubt like all rules for
#: attributes.
MAX_VALUE_CHARACTERS: Final = 1_000


class Attribute(NamedTuple):
    """A condition of an attribute."""

    name: str
    operator: str  # "" = the attribute is there
    value: str
    folded: bool  # upper and lower case are equal

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
    """The last step of a selector."""

    tag: str  # "" = any
    classes: frozenset[str]
    identity: str
    attributes: tuple[Attribute, ...]
    pseudo: str  # "before", "after", "marker" or ""
    weight: int  # specificity: the weightier rule comes later
    sure: bool
    but: tuple[Selector, ...] = ()  # conditions that the element must not fit

    def fits(self, tag: str, classes: list[str], attributes: Mapping[str, str]) -> bool:
        return (
            self.tag in ("", tag)
            and self.classes.issubset(classes)
            and self.identity in ("", attributes.get("id", ""))
            and all(one.fits(attributes) for one in self.attributes)
            and not any(one.fits(tag, classes, attributes) for one in self.but)
        )


def selectors(prelude: str) -> Iterator[Selector]:
    """Yield the selectors in front of a rule's braces, except those that fit nothing.

    An unknown one may be no selector at all, for which a browser drops the whole rule: then all are in doubt.
    """
    found, are_known = list[Selector](), True
    for step, is_whole in _last_steps(prelude):
        choice = _CHOICE.fullmatch(step)
        for one in _choices(choice) if choice else [step]:
            selector, is_known = _selector(one, is_whole and not choice)
            are_known = are_known and is_known
            found += [selector] if selector else []
    yield from found if are_known else (one._replace(sure=False) for one in found)


def unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _last_steps(prelude: str) -> Iterator[tuple[str, bool]]:
    """Yield the last step of each selector, and whether it is the only step."""
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
            steps += bool(piece) + bool(mark.strip(", \t\r\n\f\v"))
            last = piece or last
            if mark == ",":
                yield last, steps == 1
            if mark == ",":
                last, steps = "", 0


def _choices(choice: re.Match[str]) -> Iterator[str]:
    """Yield the selectors that one with `:is()` stands for; several programs know no `:is()`."""
    before, inside, after = choice.groups()
    for one, _ in _last_steps(inside):
        named = _TAG.match(one)
        if named is None:
            yield f"{before}{one}{after}"
        elif not before or before == "*" or before.startswith((".", "#", "[")):
            yield f"{one}{before.removeprefix('*')}{after}"
        elif before.lower() == named[0].lower():
            yield f"{before}{one[named.end() :]}{after}"


def _selector(step: str, sure: bool) -> tuple[Selector | None, bool]:
    """Return the last step, if it can fit an element, and whether all of it is known."""
    tag = _TAG.match(step)
    at, name = (tag.end(), unescaped(tag[1]).lower()) if tag else (0, "")
    weight = int(name not in ("", "*"))
    classes, identity, pseudo, is_known = set[str](), "", "", bool(step)
    attributes, but = list[Attribute](), list[Selector]()
    while at < len(step):
        found = _SIMPLE.match(step, at)
        if found is None:
            return None, False
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
            return None, not said.startswith("-")
        elif said.lower() == "root":
            name = "html"
        elif said.lower() in _LINKS:
            attributes.append(Attribute("href", "", "", False))
        elif said.lower() == "not" and opens and (inside := _NOT.match(step, at)) and ":" not in inside[1]:
            at = inside.end()
            but += selectors(inside[1])
            sure = False
        else:
            sure = is_known = False
            at = len(step) if opens else at
        weight += 0 if kind == "#" or pseudo else 10
    tag_name = "" if name == "*" else name
    selector = Selector(tag_name, frozenset(classes), identity, tuple(attributes), pseudo, weight, sure, tuple(but))
    return selector if step else None, is_known


def _attribute(name: str, operator: str | None, value: str | None, flag: str | None) -> Attribute:
    value = value or ""
    value = value[1:].removesuffix(value[0]) if value[:1] in ("'", '"') else value
    return Attribute(unescaped(name).lower(), operator or "", unescaped(value), flag in ("i", "I"))


def _character(match: re.Match[str]) -> str:
    if not match[1]:
        return "" if match[2] == "\n" else match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
