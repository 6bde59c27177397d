"""Structured field values: a token and its parameters (RFC 2045 5.1), with RFC 2231 and comments undone, leniently.

Reads what senders write, not only what the grammar allows: missing semicolons, missing quotes, blanks in bare values.
Every pattern is linear in the value's length. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from gateway.message.encodings.decode import decode_text
from gateway.message.header.encoded_words import decode_words

#: Parameters of one field that are read; real mail has under ten, and floods of them have broken parsers.
MAX_PARAMETERS = 100

#: Characters of a value that is remembered with its meaning, such as "text/plain; charset=utf-8".
_USUAL_CHARACTERS = 120

_TOKEN = re.compile(r'\s*+([^\s;/="]*+(?:\s*+/\s*+[^\s;="]*+)?+)(?!\s*=)')
# No group stands inside a possessive one: Python 3.11.2, Debian 12's, captures the wrong octets there.
_PARAMETER = re.compile(  # a name without "=" matches too: failing there would try it again from its every character
    r"""([^\s;="]++)\s*+
        (=)?\s*+
        (?(2)
          (?: "((?:[^"\\]|\\.?)*+)"?
            | ([^\s;]++(?:\s++(?![^\s;="]++\s*+=)[^\s;]++)*+)  # bare; blanks inside unless a parameter follows
          )?
        )""",
    re.DOTALL | re.VERBOSE,
)
_OUTSIDE_COMMENT = re.compile(r'(?:[^"(]++|"(?:[^"\\]|\\.?)*+(?:"|\Z))*+', re.DOTALL)
_IN_COMMENT = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.+?)\*([0-9]{1,9})(\*?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Structured:
    """A token ("text/plain", lower case) and its parameters as written, names in lower case, in order."""

    token: str
    pairs: tuple[tuple[str, str], ...]
    overflow: bool = False  # there were more than MAX_PARAMETERS

    def values(self, name: str) -> list[str]:
        """Return every reading of a parameter, decoded: `name*`, then its sections joined, then each plain `name`."""
        plain = [decode_words(value) for key, value in self.pairs if key == name]
        marked = f"{name}*"
        if not any(key.startswith(marked) for key, _ in self.pairs):
            return plain
        extended = [_extended(value) for key, value in self.pairs if key == marked]
        return [*extended, *_joined(self.pairs).get(name, ()), *plain]

    def mapping(self) -> dict[str, str]:
        """Return each parameter's first reading, in the order of `values` (RFC 6266 4.3: the extended form wins)."""
        names = dict.fromkeys(key.partition("*")[0] for key, _ in self.pairs)
        return {name: values[0] for name in names if (values := self.values(name))}


def parse_structured(text: str) -> Structured:
    """Read an unfolded value. Comments (RFC 5322 3.2.2) count as blanks; one that never ends is left alone."""
    return _read_usual(text) if len(text) <= _USUAL_CHARACTERS else _read_without_comments(text)


def _read_without_comments(text: str) -> Structured:
    return read_structured(strip_comments(text) if "(" in text else text)


_read_usual = lru_cache(maxsize=512)(_read_without_comments)  # most mail has the same few values


def read_structured(text: str) -> Structured:
    """Read a value like `parse_structured`, with parentheses as part of it."""
    token = _TOKEN.match(text)
    start = token.end() if token else 0
    pairs: list[tuple[str, str]] = []
    for match in _PARAMETER.finditer(text, start):
        if match[2] is None:
            continue
        if len(pairs) == MAX_PARAMETERS:
            return Structured(_plain(token), tuple(pairs), overflow=True)
        pairs.append((match[1].lower(), _value(match)))
    return Structured(_plain(token), tuple(pairs))


def _plain(token: re.Match[str] | None) -> str:
    return "".join(token[1].split()).lower() if token else ""


def _value(match: re.Match[str]) -> str:
    quoted: str | None = match[3]
    if quoted is None:
        return match[4] or ""
    return _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else quoted


def strip_comments(text: str) -> str:
    """Return the text with each comment, nested ones included, as one blank."""
    kept: list[str] = []
    at = 0
    while outside := _OUTSIDE_COMMENT.match(text, at):
        kept.append(outside[0])
        if outside.end() == len(text):
            break
        at = _comment_end(text, outside.end())
        if at < 0:
            kept.append(text[outside.end() :])
            break
    return " ".join(kept)


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for match in _IN_COMMENT.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return -1


def _joined(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Join values in numbered sections (RFC 2231 3) by number, whatever their order and gaps."""
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for key, value in pairs:
        if "*" in key and (match := _SECTION.fullmatch(key)):
            sections.setdefault(match[1], {}).setdefault(int(match[2]), (value, bool(match[3])))
    return {name: [_decode_sections(list(_in_order(found)))] for name, found in sections.items()}


def _in_order(found: dict[int, tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    return (found[number] for number in sorted(found))


def _decode_sections(sections: list[tuple[str, bool]]) -> str:
    """Decode the sections in the charset of the first one, which holds for all percent-encoded sections."""
    first, first_encoded = sections[0]
    charset, rest = _charset(first) if first_encoded else (None, first)
    octets = [_octets(rest, first_encoded), *(_octets(value, encoded) for value, encoded in sections[1:])]
    text = decode_text(b"".join(octets), charset).text
    return text if any(encoded for _, encoded in sections) else decode_words(text)


def _octets(value: str, encoded: bool) -> bytes:
    return unquote_to_bytes(value) if encoded else value.encode("utf-8", "surrogatepass")


def _extended(value: str) -> str:
    charset, rest = _charset(value)
    return decode_text(_octets(rest, encoded=True), charset).text


def _charset(value: str) -> tuple[str | None, str]:
    """Split a value charset'language'text (RFC 2231 4); without two quotes it is all text."""
    parts = value.split("'", 2)
    return (parts[0] or None, parts[2]) if len(parts) == 3 else (None, value)
