"""What the style sheets of an HTML document say of its elements, as far as it decides what is seen. Total and linear.

Only rules that can hide, show or turn text, or that print some of their own, are kept. A rule that may not be for
everybody (of a media query, of a selector with several steps) is in doubt: a caller reads the document with it and
without.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gateway.message.text.look import declarations

#: Rules that are kept; of more, the document's reader says that it wasn't read to its end.
MAX_RULES = 10_000

#: Classes of an element that are looked up.
_CLASSES = 32

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BLOCK = re.compile(r"[{}]")
_MATTERS = re.compile(
    r"\\|display|visib|opacity|overflow|transparent|clip|transform|mso-hide|color|background|direction|bidi|content"
    r"|font(?:-size)?\s*:|text-indent|(?:left|top|right|bottom|height|width)\s*:",
    re.IGNORECASE,
)
_SELECTOR = re.compile(
    r"(?P<tag>\*|[a-z][a-z0-9-]*(?:\\:[a-z]+)?)?(?P<marks>(?:[.#][\w-]+)*)(?P<pseudo>::?(?:before|after))?",
    re.IGNORECASE,
)
_MARK = re.compile(r"([.#])([\w-]+)")
_STEP = re.compile(r"\s*[>+~]\s*|\s+")
_DISPLAY = re.compile(r"(?:none|block|inline|flex|grid|table|list-item|contents|flow-root|run-in|inherit)\b")
_CONTENT = re.compile(r"(?:^|;)\s*content\s*:((?:[^;\"']++|\"[^\"]*+\"|'[^']*+'|[\"'])*+)", re.IGNORECASE)
_CONTENT_PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|attr\(\s*([\w-]+)\s*\)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_FOR_OTHERS = re.compile(r"print|max-(?:device-)?width|speech|prefers-color-scheme|orientation", re.IGNORECASE)
_FOR_ALL = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*", re.IGNORECASE)


class Rule(NamedTuple):
    """One selector's last step, and its declarations."""

    tag: str  # "" = any
    classes: frozenset[str]
    identity: str
    pseudo: str  # "before", "after" or ""
    declarations: str
    weight: int  # specificity: what has more comes later
    sure: bool


class StyleSheet:
    """The rules of all style sheets of a document."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._by_key: dict[str, list[Rule]] = defaultdict(list)
        self.complete = True
        self.doubts = False
        self._count = 0
        for sheet in sheets:
            self.add(sheet)

    def add(self, sheet: str) -> None:
        for rule in _rules(sheet) if self.complete else ():
            if self._count == MAX_RULES:
                self.complete = False
                break
            self._count += 1
            self._by_key[_key(rule)].append(rule)
            self.doubts = self.doubts or not rule.sure

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def rules(self, tag: str, attributes: Mapping[str, str], *, doubtful: bool) -> list[Rule]:
        """Those that fit an element, the weightier ones later."""
        classes = attributes.get("class", "").split(None, _CLASSES)[:_CLASSES]
        identity = attributes.get("id", "")
        keys = ["*", tag, *(f".{one}" for one in dict.fromkeys(classes)), f"#{identity}"]
        found = [
            rule
            for key in keys
            for rule in self._by_key.get(key, ())
            if rule.tag in ("", tag) and rule.classes.issubset(classes) and rule.identity in ("", identity)
            if doubtful or rule.sure
        ]
        found.sort(key=lambda rule: rule.weight)
        return found


def cascaded(styles: Iterable[str]) -> str:
    """One style of several, the later ones stronger (CSS cascade 6.4); what isn't valid outdoes nothing."""
    found: dict[str, str] = {}
    for style in styles:
        for name, value in declarations(style):
            is_valid = name != "display" or _DISPLAY.match(value) is not None
            if is_valid and ("!important" in value or "!important" not in found.get(name, "")):
                found[name] = value
    return ";".join(f"{name}:{value}" for name, value in found.items())


def content(written: str, attributes: Mapping[str, str]) -> str:
    """What `content` prints (CSS 2.1, 12.2)."""
    found = _CONTENT.search(written)
    pieces = _CONTENT_PIECE.findall(found[1]) if found else []
    return "".join(
        attributes.get(name.lower(), "") if name else _unescaped(one or other) for one, other, name in pieces
    )


def _key(rule: Rule) -> str:
    if rule.identity:
        return f"#{rule.identity}"
    return f".{min(rule.classes)}" if rule.classes else rule.tag or "*"


def _rules(sheet: str) -> Iterator[Rule]:
    for prelude, written, sure in _blocks(_COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " ")):
        if not _MATTERS.search(written):
            continue
        for selector in prelude.split(","):
            rule = _rule(selector.strip(), written, sure)
            if rule is not None:
                yield rule


def _blocks(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors and declarations, each with whether it is for everybody."""
    start, media = 0, list[bool | None]()  # of the open at-rules: for all, in doubt, not for us
    prelude: str | None = None
    for brace in _BLOCK.finditer(sheet):
        piece = sheet[start : brace.start()]
        start = brace.end()
        if brace[0] == "{":
            piece = piece.rpartition(";")[2].strip()
            if piece.startswith("@"):
                media.append(_audience(piece))
            else:
                prelude = piece
        elif prelude is not None:
            if None not in media:
                yield prelude, piece, all(media)
            prelude = None
        elif media:
            media.pop()


def _audience(prelude: str) -> bool | None:
    if not prelude.lower().startswith("@media") or _FOR_OTHERS.search(prelude):
        return False if prelude.lower().startswith(("@supports", "@layer")) else None
    return _FOR_ALL.fullmatch(prelude) is not None


def _rule(selector: str, written: str, sure: bool) -> Rule | None:
    steps = _STEP.split(selector)
    last = _SELECTOR.fullmatch(steps[-1])
    if last is None or not steps[-1]:
        return None
    marks = _MARK.findall(last["marks"])
    classes = frozenset(name for kind, name in marks if kind == ".")
    identity = next((name for kind, name in marks if kind == "#"), "")
    tag = (last["tag"] or "").lower().replace("\\", "").removeprefix("*")
    weight = 100 * bool(identity) + 10 * len(classes) + bool(tag)
    pseudo = (last["pseudo"] or "").lstrip(":").lower()
    return Rule(tag, classes, identity, pseudo, written, weight, sure and len(steps) == 1)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    if not match[1]:
        return "" if match[2] == "\n" else match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
