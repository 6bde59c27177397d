"""The declarations of a style, and those of them that hold in the end. Total and linear.

A later declaration outdoes an earlier one if it is valid, and the earlier one isn't important (CSS cascade 6.4; CSS
syntax 5.4). Validity is only checked for values that decide what is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.message.text.html.colours import is_colour

#: Characters of a value into which custom properties are put, and of the properties' own values.
MAX_RESOLVED_CHARACTERS = 200

_SPECIAL = re.compile(r"[\"'(){}\[\]\\]|/\*")
_MARKS = re.compile(
    r"/\*.*?(?:\*/|\Z)|url\(\s*+(?![\"'])[^)]*+\)?"
    r"|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?"
    r"|\\(?:([0-9a-f]{1,6}+)[ \t\n\r\f]?+|(.))|[;(){}\[\]]",
    re.DOTALL | re.IGNORECASE,
)
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}
_VARIABLE = re.compile(r"var\(\s*(--[^\s,()]+)\s*(?:,([^()]*))?\)")

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_LENGTH = rf"{_NUMBER}(?:%|px|pt|pc|in|cm|mm|q|r?em|r?ex|r?ch|r?ic|r?lh|r?cap|[sld]?v(?:w|h|i|b|min|max)|cq\w{{1,3}})?"
_DISPLAY = (
    r"none|contents|(?:-webkit-)?(?:inline-)?(?:flex|box)|(?:inline-)?(?:block|table|grid)|list-item|flow-root|run-in"
    r"|ruby(?:-[a-z]+)*|table-(?:row|cell|column|caption|(?:row|header|footer|column)-group)|math"
    r"|(?:(?:block|inline|flow|flow-root|flex|grid|table|ruby|math|list-item)(?:\s+|$)){1,3}"
)
_OVERFLOW = r"(?:(?:visible|hidden|clip|scroll|auto|overlay)(?:\s+|$)){1,2}"
_SIZE = rf"{_LENGTH}|auto|(?:min|max|fit)-content|-webkit-[a-z-]+|stretch"
_OFFSET = rf"{_LENGTH}|auto"
_DRAWN = r"none|auto|[a-z-][a-z0-9-]*(?<!calc)\(.*"
_PATTERNS: Final = {
    "display": _DISPLAY,
    "visibility": "visible|hidden|collapse",
    "content-visibility": "visible|auto|hidden",
    "opacity": rf"{_NUMBER}%?",
    "position": "static|relative|absolute|fixed|(?:-webkit-)?sticky",
    "float": "none|left|right|inline-start|inline-end",
    **dict.fromkeys(("overflow", "overflow-x", "overflow-y"), _OVERFLOW),
    **dict.fromkeys(("height", "width", "min-height", "min-width"), _SIZE),
    **dict.fromkeys(("max-height", "max-width"), rf"{_LENGTH}|none|(?:min|max|fit)-content|-webkit-[a-z-]+|stretch"),
    **dict.fromkeys(("left", "top", "right", "bottom", "margin-left", "margin-top"), _OFFSET),
    "text-indent": rf"{_LENGTH}(?:\s+(?:hanging|each-line))*",
    "font-size": rf"(?!-){_LENGTH}|(?:xx?-|xxx-)?(?:small|large)|medium|smaller|larger|math",
    **dict.fromkeys(("clip", "clip-path", "transform", "filter"), _DRAWN),
}
_VALID: Final = {name: re.compile(pattern, re.DOTALL) for name, pattern in _PATTERNS.items()}
_COLOURS: Final = frozenset({"color", "background-color", "-webkit-text-fill-color"})
#: Words that a `background` may be, if it is one word.
_BACKGROUNDS: Final = frozenset({"none", "fixed", "local", "scroll", "left", "right", "top", "bottom", "center"})
_WORD: Final = re.compile(r"[a-z]+")
_OF_ALL: Final = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
_DECIDES: Final = re.compile(
    rf"(?:{'|'.join((*_PATTERNS, *_COLOURS))}|background(?:-image)?|font|mso-hide|unicode-bidi|direction"
    r"|padding(?:-\w+)?|margin(?:-\w+)?|border(?:-left)?|--.+)\Z"
)
#: Functions that a browser would have to compute.
COMPUTED: Final = re.compile(r"(?:var|calc|min|max|clamp|env|attr|if|round|sign|abs)\(")


def declarations(style: str) -> list[tuple[str, str]]:
    """Return the declarations of a style in lower case, comments and escapes undone; later ones last."""
    pieces = _pieces(style) if _SPECIAL.search(style) else style.split(";")
    pairs = (one.partition(":") for one in pieces)
    return [(name.strip().lower(), value.strip().lower()) for name, _, value in pairs]


def said(style: str) -> dict[str, str]:
    """Return the values that hold, the important ones last; custom properties are put in where they are used."""
    found, important = dict[str, str](), dict[str, str]()
    for name, written in declarations(style):
        value, _, force = written.rpartition("!") if written.endswith("important") else (written, "", "")
        is_important = force.strip() == "important"
        value = value.rstrip() if is_important else written
        if not _is_valid(name, value):
            continue
        into = important if is_important else found
        into.pop(name, None)
        into[name] = value
    for name, value in important.items():
        found.pop(name, None)
        found[name] = value
    return _resolved(found) if "var(" in style.lower() else found


def cascaded(styles: Iterable[str]) -> str:
    """Return several styles as one, the later ones stronger; only properties that decide what is seen are kept."""
    joined = ";".join(
        f"{name}:{value}" for style in styles for name, value in declarations(style) if _DECIDES.match(name)
    )
    return ";".join(f"{name}:{value}" for name, value in said(joined).items() if not name.startswith("--"))


def _is_valid(name: str, value: str) -> bool:
    if name in _COLOURS:
        return value in _OF_ALL or is_colour(value)
    if name == "background" and _WORD.fullmatch(value):
        return value in _OF_ALL or value in _BACKGROUNDS or is_colour(value)
    pattern = _VALID.get(name)
    return (
        pattern is None or pattern.fullmatch(value) is not None or value in _OF_ALL or COMPUTED.match(value) is not None
    )


def _resolved(found: dict[str, str]) -> dict[str, str]:
    """Put in the values of custom properties; one that isn't known stays as it is written."""

    def known(match: re.Match[str]) -> str:
        value = found.get(match[1], match[2])
        return match[0] if value is None or len(value) > MAX_RESOLVED_CHARACTERS else value.strip()

    resolved = dict[str, str]()
    for name, value in found.items():
        if "var(" in value and len(value) <= MAX_RESOLVED_CHARACTERS and not name.startswith("--"):
            put = _VARIABLE.sub(known, value)
            if _is_valid(name, put):
                resolved[name] = put
        else:
            resolved[name] = value
    return resolved


def _pieces(style: str) -> Iterator[str]:
    """Yield the texts between the semicolons that end a declaration; none in a string or in brackets does."""
    piece, open_, start = list[str](), list[str](), 0
    for match in _MARKS.finditer(style):
        mark = match[0]
        piece.append(style[start : match.start()])
        start = match.end()
        if mark == ";" and not open_:
            yield "".join(piece)
            piece = []
        else:
            piece.append(_kept(match, open_))
    yield "".join((*piece, style[start:].rstrip("\\"), *reversed(open_)))


def _kept(match: re.Match[str], open_: list[str]) -> str:
    """Return the text that a mark leaves in its declaration."""
    mark = match[0]
    if mark[0] == "\\":
        return _unescaped(match)
    if mark.startswith("/*"):
        return " "
    if mark[0] in "\"'":
        is_closed = len(mark) > 1 and mark[-1] == mark[0]
        return mark if is_closed else mark + mark[0] if match.end() == len(match.string) else f"\ufffd{mark[1:]}"
    if mark[:1] in "uU":
        return mark if mark.endswith(")") else f"{mark})"
    if mark in _CLOSERS:
        open_.append(_CLOSERS[mark])
    elif open_ and mark == open_[-1]:
        open_.pop()
    return mark


def _unescaped(match: re.Match[str]) -> str:
    """Return the character that an escape stands for, if names may hold it; no other character divides a style."""
    number = int(match[1], 16) if match[1] else ord(match[2])
    character = chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return character if character.isalnum() or character in "-_" else "\ufffd"
