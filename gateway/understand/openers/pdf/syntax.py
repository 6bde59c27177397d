"""The objects of a PDF as written (ISO 32000-2 7.3), read from a stretch of text: tolerant, linear, never recursive.

Names lose their #xx escapes, strings their backslashes. Numbers and words that no caller needs become None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """`12 0 R`: the object of that number."""

    number: int


Value = Name | Ref | bytes | int | None | list["Value"] | dict[str, "Value"]

#: Values inside one another; deeper ones are read as if they stood side by side. Real files have under twenty.
MAX_DEPTH = 200

_BLANK = rb"[\0\t\n\f\r ]"
_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_TOKEN = re.compile(
    rb"(?P<blank>" + _BLANK + rb"++|%[^\r\n]*+)"
    rb"|/(?P<name>" + _REGULAR + rb"*+)"
    rb"|(?P<ref>\d{1,10}+" + _BLANK + rb"++\d{1,5}+" + _BLANK + rb"++R(?!" + _REGULAR + rb"))"
    rb"|(?P<word>" + _REGULAR + rb"++)"
    rb"|(?P<mark><<|>>|\[|\])"
    rb"|<(?P<hex>[^>]*+)>?"
    rb"|(?P<string>\()"
    rb"|.",
    re.S,
)
_STRING_MARK = re.compile(rb"\\.|[()]", re.S)
_STRING_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.S)
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def plain_name(written: bytes) -> str:
    """Return a name without its escapes: J#61vaScript is JavaScript (7.3.5)."""
    return _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), written).decode("latin-1")


def plain_string(written: bytes) -> bytes:
    """Return the octets of a literal string (7.3.4.2)."""
    return _STRING_ESCAPE.sub(_unescaped, written) if b"\\" in written else written


def text_of(octets: bytes) -> str:
    """Decode a text string (7.9.2.2): UTF-16 and UTF-8 by their marks; without one, UTF-8 if valid, else Latin-1."""
    if octets[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return octets.decode("utf-16", "replace")
    try:
        return octets.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def read_values(text: bytes) -> list[Value]:
    """Read all values of the text in order, with their nesting; values left open end with the text."""
    top: list[Value] = []
    stack: list[tuple[bool, list[Value]]] = [(False, top)]  # is it a dictionary, and its values
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "blank" or kind is None:
            continue
        if kind == "mark":
            _mark(found["mark"], stack)
        elif kind == "string":
            end = _string_end(text, at)
            stack[-1][1].append(plain_string(text[at : end - 1]))
            at = end
        else:
            stack[-1][1].append(_scalar(kind, found[kind]))
    while len(stack) > 1:
        _close(stack)
    return top


def dictionaries(value: Value) -> Iterator[dict[str, Value]]:
    """Yield every dictionary in a value, itself first."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _mark(mark: bytes, stack: list[tuple[bool, list[Value]]]) -> None:
    if mark in (b"<<", b"["):
        if len(stack) < MAX_DEPTH:
            stack.append((mark == b"<<", []))
    elif len(stack) > 1:
        _close(stack)


def _close(stack: list[tuple[bool, list[Value]]]) -> None:
    is_dictionary, items = stack.pop()
    stack[-1][1].append(_dictionary(items) if is_dictionary else items)


def _dictionary(items: list[Value]) -> dict[str, Value]:
    """Make a dictionary: keys are names, and a value without a key is skipped."""
    found: dict[str, Value] = {}
    at = 0
    while at + 1 < len(items):
        key = items[at]
        if isinstance(key, Name):
            found[key.text] = items[at + 1]
            at += 1
        at += 1
    return found


#: Blanks as spaces: NUL is a blank too (ISO 32000 7.2.3).
_BLANKS_AS_SPACE = bytes.maketrans(b"\0\t\n\x0c\r", b"     ")


def _scalar(kind: str, written: bytes) -> Value:
    if kind == "name":
        return Name(plain_name(written))
    if kind == "ref":
        return Ref(int(written.translate(_BLANKS_AS_SPACE).split(b" ", 1)[0]))
    if kind == "hex":
        digits = _NOT_HEX.sub(b"", written)
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return int(written) if len(written) <= 10 and written.isdigit() else None


def _string_end(text: bytes, at: int) -> int:
    """Return the place behind the bracket that closes the string opened before `at`.

    Where no bracket closes it, it is one behind the text's end.
    """
    depth = 1
    for mark in _STRING_MARK.finditer(text, at):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return len(text) + 1


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 0xFF])
    return _ESCAPES.get(found[2], found[2])
