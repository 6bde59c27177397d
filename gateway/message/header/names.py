"""File names: every name that a part's fields can be read to give it, so that no reading escapes a rule.

Mail programs disagree on which name wins and on how it is written. All names are listed; those by the standards are
kept apart from those that only some programs read. Nothing is judged or cleaned here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gateway.message.header.encoded_words import decode_words, decode_words_apart, field_text
from gateway.message.header.odd_names import MAX_ODD_CHARACTERS, is_odd, may_name, odd_names
from gateway.message.header.params import MAX_PARAMETERS, Structured, parse_structured, read_structured

#: Replacement for a fold, and the blanks of the line behind it, inside a name.
FOLD = "\x0b"

_FOLD = re.compile(rb"[\r\n]++[ \t]*+")
_BREAK = re.compile(rb"[\r\n]++")
_BREAK_BETWEEN = re.compile(rb";[ \t]*+[\r\n]++")  # only a parameter's end is folded
#: A value as RFC 2045 5.1 wants it, without comments: no program reads it otherwise.
_STRICT = re.compile(r"""[^;="]*+(?:;\s*+(?:[^\s;="]++\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s;"]*+)\s*+)?+)*+""", re.DOTALL)
_LOOSE = re.compile(r"name(?:\*[0-9]{0,9}\*?)?\s*+=\s*+([^;]*+)", re.IGNORECASE)
_LOOSE_DROPPED = str.maketrans("", "", '"\\')
_SECTION = re.compile(r"[^*]++\*([0-9]{1,9})\*?", re.DOTALL)
_WORD_CHARSET = re.compile(r"=\?([^?\s]{1,80}+)\?")
#: Charsets in which ASCII stands for itself: programs see the same extension, whether they know the charset or not.
_LIKE_ASCII = re.compile(
    r"utf-?8|(us-)?ascii|iso-?8859|windows-125|cp125|koi8|gb|big5|euc|shift|ks_c|tis|$", re.IGNORECASE
)


class NamingField(Protocol):
    """The parts of a header field that give names; `gateway.message.header.field.Header` is one."""

    @property
    def raw_value(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    @property
    def structured(self) -> Structured: ...


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one part, each once."""

    shown: tuple[str, ...] = ()  # by the standards; names that disagree are all here
    others: tuple[str, ...] = ()  # read by some programs only
    folded: tuple[str, ...] = ()  # names with a line break inside, as FOLD: read as a blank, as nothing, or as the end
    unread: bool = False  # an oddly written field is too long to be read
    hinted: bool = False  # no field names a file: `shown` is from other fields

    @property
    def readings(self) -> tuple[str, ...]:
        """Every name that any program could read."""
        folds = ((name.replace(FOLD, " "), name.replace(FOLD, ""), name.partition(FOLD)[0]) for name in self.folded)
        return _once((*self.shown, *self.others, *(name for readings in folds for name in readings)))


def read_names(
    dispositions: Sequence[NamingField],
    types: Sequence[NamingField],
    hints: Iterable[NamingField],
    given: Sequence[str],
) -> Names:
    """Return the names in Content-Disposition and Content-Type and those `given` by a container; else those in `hints`.

    Hints are Content-Description, Content-Location (last segment of a URL), Content-ID and Subject.
    """
    fields = [
        (field, keys)
        for among, keys in ((dispositions, ("filename", "name")), (types, ("name", "filename")))
        for field in among
        if may_name(field.raw_value)
    ]
    if not fields and not given:
        return _hinted(hints)
    shown = _once([*given, *(name for one, keys in fields for name in _shown(one, keys))])
    odd = [one for one, _ in fields if is_odd(one.raw_value, one.text)]
    others = _once(name for one, _ in fields for name in _others(one))
    cut = tuple(_odd(odd))
    if not shown and not others and not cut:
        return _hinted(hints)
    folded = _once(name for one, keys in fields for name in _folded(one, keys))
    return Names(
        shown or others or cut[-1:],
        _once((*others, *cut)),
        folded,
        unread=any(len(one.raw_value) > MAX_ODD_CHARACTERS for one in odd),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _shown(field: NamingField, keys: Sequence[str]) -> Iterator[str]:
    # "report(1).pdf" without quotes: a comment by the grammar, part of the name to many programs.
    readings = [field.structured, read_structured(field.text)] if "(" in field.text else [field.structured]
    for reading in readings:
        for key in keys:
            yield from reading.values(key)


# --- what some programs read -----------------------------------------------------------------------------------------


def _others(field: NamingField) -> Iterator[str]:
    text, structured = field.text, field.structured
    if not _STRICT.fullmatch(text):
        yield from _loose(text)
    if "*" in text:
        for key in ("filename", "name"):
            yield from _sections(structured.pairs, key)
            yield from _without_charset(structured.pairs, key)
            yield from (decode_words(name) for name in structured.values(key) if "=?" in name)
    if "=?" in text:
        yield from _words(structured)
    if "\x1b" in text:  # ISO-2022-JP as it is: its characters hold quotes and semicolons
        shifted = text.encode("utf-8", "surrogatepass").decode("iso2022_jp", "ignore")
        yield from (name for key in ("filename", "name") for name in parse_structured(shifted).values(key))


def _loose(text: str) -> Iterator[str]:
    """Yield a value up to the semicolon, whatever the quotes; and its first word."""
    for match in islice(_LOOSE.finditer(text), MAX_PARAMETERS):
        written = match[1].strip()
        yield decode_words(written.translate(_LOOSE_DROPPED).strip())
        if not written.startswith('"') or written.count('"') % 2:
            yield from written.translate(_LOOSE_DROPPED).split(maxsplit=1)[:1]


def _sections(pairs: Sequence[tuple[str, str]], name: str) -> Iterator[str]:
    """Yield careless readings of RFC 2231 3.

    Up to the first gap; in written order; all of them by number and then by value; the last of one number.
    """
    numbered = [
        (int(match[1]), key, value)
        for key, value in pairs
        if key.startswith(f"{name}*") and (match := _SECTION.fullmatch(key))
    ]
    if len(numbered) < 2:
        return
    numbers = {number for number, _, _ in numbered}
    gap = next(number for number in range(len(numbers) + 1) if number not in numbers)
    before = [(key, value) for number, key, value in numbered if number < gap]
    by_value = sorted(numbered, key=lambda one: (one[0], one[2]))
    last_first = [(key, value) for _, key, value in reversed(numbered)]
    for chosen in (before, _renumbered(name, numbered), _renumbered(name, by_value), last_first):
        yield from Structured("", tuple(chosen)).values(name)


def _renumbered(name: str, numbered: Sequence[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Return the sections with numbers in this order."""
    return [(f"{name}*{at}{'*' if key.endswith('*') else ''}", value) for at, (_, key, value) in enumerate(numbered)]


def _without_charset(pairs: Sequence[tuple[str, str]], name: str) -> Iterator[str]:
    """Yield names with their percent-encoded octets as they are, where the charset would change them."""
    bare = tuple((key, _charset_dropped(value) if key.endswith("*") else value) for key, value in pairs)
    if bare != tuple(pairs):
        yield from Structured("", bare).values(name)


def _charset_dropped(value: str) -> str:
    charset, quote, rest = value.partition("'")
    return f"'{rest}" if quote and "'" in rest and not _LIKE_ASCII.match(charset) else value


def _words(structured: Structured) -> Iterator[str]:
    """Yield names with encoded words in encoded words.

    Where a charset would make others of the octets, also names without the charset, and with each word by itself.
    """
    for key, value in structured.pairs:
        if "name" not in key or "=?" not in value:
            continue
        decoded = decode_words(value)
        if "=?" in decoded:
            yield decode_words(decoded)
        if any(not _LIKE_ASCII.match(charset) for charset in _WORD_CHARSET.findall(value)):
            yield decode_words(_WORD_CHARSET.sub("=?utf-8?", value))
            yield decode_words_apart(value)


def _odd(fields: Sequence[NamingField]) -> Iterator[str]:
    for field in fields:
        yield from odd_names(field.raw_value, field.text)


def _folded(field: NamingField, keys: Sequence[str]) -> Iterator[str]:
    """Yield names with a fold inside."""
    raw = field.raw_value
    if b"\n" not in raw and b"\r" not in raw:
        return
    if len(_BREAK.findall(raw)) == len(_BREAK_BETWEEN.findall(raw)):
        return
    marked = parse_structured(field_text(_FOLD.sub(FOLD.encode(), raw)))
    yield from (name for key in keys for name in marked.values(key) if FOLD in name.strip(FOLD))


# --- hints -----------------------------------------------------------------------------------------------------------


def _hinted(hints: Iterable[NamingField]) -> Names:
    return Names(_once(_last_segment(_without_host(decode_words(hint.text))) for hint in hints), hinted=True)


def _without_host(text: str) -> str:
    """Return a Content-ID's left side: "<report.pdf@example.com>" is no .com file."""
    if not (text.startswith("<") and text.endswith(">")):
        return text
    left, at, right = text[1:-1].rpartition("@")
    return left if at else right


def _last_segment(location: str) -> str:
    """Return the last segment of a URL's path; a host alone ("https://example.com") names no file."""
    _, scheme, rest = location.partition("://")
    if not scheme:
        return location
    _, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return path.rpartition("/")[2]
