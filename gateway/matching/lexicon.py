"""Patterns that an administrator can read, matched in linear time: words, alternatives, named lists, nearness.

    change* [of] <account>       a stem, an optional word, a list of words by its name
    (use | pay to) ..4.. below   one of these, then at most four words, then this; `...` is `..5..`
    <new> ~3~ <account>          near each other in either order, at most three words between
    in the *                     any one word
    ^ if   instead $             at the beginning and at the end of a sentence

No pattern reaches beyond a sentence. They are compiled to RE2, which never goes back, so that no text makes it slow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import re2

from gateway.matching.pattern_index import PatternIndex, options
from gateway.message.folding.word_lines import WordLines, folded_words

#: Words that `..N..` and `~N~` may skip: a sentence seldom has more, and each is a state of the machine.
MAX_GAP = 20
#: Characters of one pattern with its lists: RE2 would refuse it only later, and less clearly.
MAX_EXPRESSION = 400_000
#: Patterns whose places don't overlap: of several that begin before the end of one place, only the first is found.
TOGETHER = 8
#: Expressions that are known to be good: a reload checks only those that have changed. The shipped rules make three
#: thousand.
EXPRESSIONS_KEPT = 4096
#: Words and patterns whose expressions are kept: the shipped rules have five thousand words and four thousand patterns,
#: which are read to be checked and again to be used.
WORDS_KEPT = PATTERNS_KEPT = 8_192

#: Words that stand for something else, and an apostrophe's `s`.
MARKS = ("@account", "@masked", "@money", "'s")

_GAP = 5
_ITEM = re.compile(
    r"\s*(?:(?P<open>[(\[])|(?P<close>[)\]])|(?P<bar>\|)|<(?P<list>[a-z_]+)>|\.\.(?P<gap>[0-9]+)\.\.|(?P<dots>\.\.\.)"
    r"|(?P<edge>[\^$](?=\s|$))|(?P<word>[^\s()\[\]|<>~^$]+))"
)
_SEPARATOR = r'(?: [,"])* '
_NEAR = re.compile(r"~([0-9]+)~")
#: A list in a template. No word has such brackets, nor does an expression made of a word.
_NAMED = re.compile(r"<([a-z_]+)>")


#: Characters of a pattern that a mistake quotes; enough to recognise it.
QUOTED = 60


class PatternError(ValueError):
    """A pattern or a list that can't be used; the text says why."""


def quoted(text: str) -> str:
    """Return the text between quotation marks, without control characters, and not too long."""
    return repr(text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…")


@dataclass(frozen=True, slots=True)
class Match:
    """A place in `WordLines.text`."""

    start: int
    end: int


class Patterns:
    """Several patterns as one, which an index spares where they can't match.

    Each pattern is a machine of its own: in one machine their states would multiply.
    """

    def __init__(self, groups: Sequence[Sequence[str]], index: PatternIndex) -> None:
        """Take the expressions; the places of one group don't overlap."""
        for one in chain.from_iterable(groups):
            _check(one)
        self._groups = [[index.add(one) for one in group] for group in groups]
        self.numbers = frozenset(chain.from_iterable(self._groups))
        self._index = index

    def may_be_in(self, lines: WordLines) -> bool:
        """Return False where the index says that no pattern matches in a text."""
        return not self.numbers.isdisjoint(self._index.possible(lines))

    def find(self, lines: WordLines) -> Iterator[Match]:
        """Yield the places that the patterns match, group by group."""
        if not self.may_be_in(lines):
            return
        possible = self._index.possible(lines)
        # Octets are searched as they are; for a string RE2's wrapper counts characters for every search.
        octets = lines.octets
        for group in self._groups:
            if here := [self._index.machine(number) for number in group if number in possible]:
                places = _leftmost(here, octets)
                yield from places if lines.text.isascii() else _in_characters(places, octets)


def _leftmost(machines: Sequence[Any], text: bytes) -> Iterator[Match]:
    """Yield the places that `a|b|…` would match: the leftmost first, and of two at one place that of the first."""
    searched = [(machine, machine.search(text)) for machine in machines]
    while found := [(machine, match) for machine, match in searched if match]:
        first = min((match for _, match in found), key=lambda match: match.start())
        yield Match(first.start(), end := first.end())
        searched = [(machine, match if match.start() >= end else machine.search(text, end)) for machine, match in found]


def _in_characters(places: Iterator[Match], text: bytes) -> Iterator[Match]:
    """Yield places in UTF-8, of which none begins before the end of another, as places in the string."""
    octets = characters = 0
    for place in places:
        start = characters + len(text[octets : place.start].decode())
        octets, characters = place.end, start + len(text[place.start : place.end].decode())
        yield Match(start, characters)


@lru_cache(maxsize=EXPRESSIONS_KEPT)
def _check(expression: str) -> None:
    """Raise PatternError for an expression that RE2 can't compile."""
    try:
        re2.Filter().Add(expression, options())  # `re2.compile` would keep it
    except re2.error as error:
        raise PatternError(f"RE2 can't compile it: {error}") from error


class Lexicon:
    """Named lists of words, and the patterns that are made with them."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        """Define the lists; a list may name others that stand before it.

        Raises PatternError for a list that can't be used.
        """
        self._lists: dict[str, str] = {}
        self._index = PatternIndex()
        self._compiled: dict[int, Patterns] = {}  # by the numbers of the index
        for name, entries in lists.items():
            self.define(name, entries)

    def define(self, name: str, entries: Sequence[str]) -> None:
        """Define one more list. Raise PatternError if it can't be used."""
        self._lists[name] = self._alternatives(entries, f"list {name!r}: ")

    def compile(self, patterns: Sequence[str]) -> Patterns:
        """Compile the patterns. Raise PatternError for one that can't be used."""
        expressions = [f"{self._expression(pattern, '')} " for pattern in patterns]
        groups = [expressions[at : at + TOGETHER] for at in range(0, len(expressions), TOGETHER)]
        compiled = Patterns(groups, self._index)
        self._compiled.update(dict.fromkeys(compiled.numbers, compiled))
        return compiled

    def possible(self, lines: WordLines) -> frozenset[Patterns]:
        """Return the compiled patterns that the index does not rule out for a text."""
        return frozenset(map(self._compiled.__getitem__, self._index.possible(lines)))

    def build_index(self) -> None:
        """Build the index of the patterns compiled so far, or else the first text that is searched waits for it."""
        self._index.build()

    def _alternatives(self, patterns: Sequence[str], about: str) -> str:
        return _either([self._expression(pattern, about) for pattern in patterns])

    def _expression(self, pattern: str, about: str) -> str:
        try:
            expression = self.expression(pattern)
        except PatternError as error:
            raise PatternError(f"{about}{quoted(pattern)}: {error}") from error
        if len(expression) > MAX_EXPRESSION:
            raise PatternError(f"{about}{quoted(pattern)} with all its lists is too long: split it")
        return expression

    def expression(self, pattern: str) -> str:
        """Return one pattern as a regular expression, which begins with the blank before its first word.

        Raises PatternError.
        """
        return _NAMED.sub(self._list, _template(pattern))

    def _list(self, named: re.Match[str]) -> str:
        if named[1] not in self._lists:
            raise PatternError(f"there is no list <{named[1][:QUOTED]}>")
        return self._lists[named[1]]


@lru_cache(PATTERNS_KEPT)
def _template(pattern: str) -> str:
    """Return a pattern as a regular expression in which lists stand by their names."""
    first, *rest = _NEAR.split(pattern)
    template = _Reader(first).read()
    for words, other in zip(rest[::2], rest[1::2], strict=True):
        one, gap = _Reader(other).read(), _gap(int(words))
        template = _either([f"{template}{gap}{one}", f"{one}{gap}{template}"])
    return template


def _either(expressions: Sequence[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"(?:{'|'.join(expressions)})"


def _gap(words: int) -> str:
    if words > MAX_GAP:
        raise PatternError(f"at most {MAX_GAP} words can lie between")
    return rf"(?: [^ \n]+){{0,{words}}}?"


class _Reader:
    """A reader of one pattern, by recursive descent."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def read(self) -> str:
        if not self._pattern.strip():
            raise PatternError("it has no words")
        return self._choice(closing="")

    def _choice(self, closing: str) -> str:
        """Read the alternatives up to the closing bracket or the end."""
        found: list[str] = []
        pieces: list[str] = []
        while item := self._next(closing):
            if item.group("bar"):
                found.append(self._joined(pieces))
                pieces = []
            elif item.group("close"):
                if item.group("close") != closing:
                    raise PatternError(f"a {item.group('close')} too many")
                return _either([*found, self._joined(pieces)])
            else:
                pieces.append(self._piece(item))
        return _either([*found, self._joined(pieces)])

    def _next(self, closing: str) -> re.Match[str] | None:
        if not self._pattern[self._at :].strip():
            if closing:
                raise PatternError(f"a {closing} is missing")
            return None
        item = _ITEM.match(self._pattern, self._at)
        if not item:
            raise PatternError(f"{quoted(self._pattern[self._at :].strip())} can't be read")
        self._at = item.end()
        return item

    def _piece(self, item: re.Match[str]) -> str:
        if bracket := item.group("open"):
            inside = self._choice(")" if bracket == "(" else "]")
            return f"(?:{inside})?" if bracket == "[" else inside
        if name := item.group("list"):
            return f"<{name}>"
        if item.group("dots"):
            return _gap(_GAP)
        if words := item.group("gap"):
            return _gap(int(words))
        if edge := item.group("edge"):
            return r"\n" if edge == "^" else r" \n"
        return _word(item.group("word"))

    def _joined(self, pieces: list[str]) -> str:
        if not any(pieces):
            raise PatternError("an alternative is empty")
        return "".join(pieces)


@lru_cache(WORDS_KEPT)
def _word(word: str) -> str:
    """Return the expression of a word, with `*` for any letters; two words of a text (`don't`) are two here."""
    if word in MARKS:
        return f"{_SEPARATOR}{re.escape(word)}"
    if word in (",", '"'):
        return f" {word}"
    if word == "*":
        return rf"{_SEPARATOR}[^ \n]+"
    head, tail = word.startswith("*"), word.endswith("*")
    words = folded_words(folded(word.strip("*")))
    if "*" in word.strip("*") or '"' in word or not words:
        raise PatternError(f"{quoted(word)} is no word: letters, and * at an end")
    escaped = [re.escape(one) for one in words]
    escaped[0] = (r"[^ \n]*" if head else "") + escaped[0]
    escaped[-1] += r"[^ \n]*" if tail else ""
    return "".join(_SEPARATOR + one for one in escaped)


def folded(word: str) -> str:
    """Return the word as the matched text has it: no capitals, no accents."""
    bare = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))
