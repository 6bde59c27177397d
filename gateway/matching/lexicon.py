"""Named lists of words and patterns made of them (`pattern_reader`), and the search of a text for the patterns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple

import re2

from gateway.matching.pattern_index import PatternIndex
from gateway.matching.pattern_reader import PatternError, Piece, either, quoted, read
from gateway.message.folding.word_lines import Stretch, WordLines

#: Characters of one pattern with its lists: RE2 would refuse it only later, and less clearly.
MAX_EXPRESSION = 400_000
#: Patterns whose places don't overlap: of several that begin before the end of one place, only the first is found.
TOGETHER = 8


class Match(NamedTuple):
    """A place in `WordLines.text`."""

    start: int
    end: int


class Patterns:
    """Several patterns as one, which an index spares where they can't match.

    Each pattern is a machine of its own: in one machine their states would multiply.
    """

    def __init__(self, groups: Sequence[Sequence[Piece]], index: PatternIndex) -> None:
        """Take the pieces; the places of one group don't overlap. Raise PatternError if RE2 can't compile one."""
        self._groups = [[_added(index, piece) for piece in group] for group in groups]
        self._group_of = {number: at for at, group in enumerate(self._groups) for number in group}
        self._index = index

    @property
    def numbers(self) -> Collection[int]:
        """The numbers of the patterns in the index."""
        return self._group_of.keys()

    def may_be_in(self, lines: WordLines) -> bool:
        """Return False where the index says that no pattern matches in a text."""
        return not self._group_of.keys().isdisjoint(self._index.possible(lines))

    def find(self, lines: WordLines) -> Iterator[Match]:
        """Yield the places that the patterns match, group by group."""
        possible = self._index.possible(lines)
        # Octets are searched as they are; for a string RE2's wrapper counts characters for every search.
        octets = lines.octets
        for at in sorted({self._group_of[number] for number in self._group_of.keys() & possible.keys()}):
            ways = [
                _Way(self._index.machine(number), stretches, octets)
                for number in self._groups[at]
                if (stretches := possible.get(number))
            ]
            places = _places(ways)
            yield from places if lines.text.isascii() else _in_characters(places, octets)


def _added(index: PatternIndex, piece: Piece) -> int:
    try:
        return index.add(piece.expression, piece.needs)
    except re2.error as error:
        raise PatternError(f"RE2 can't compile it: {error}") from error


class _Way:
    """One machine's way through the stretches of a text where it can match."""

    __slots__ = ("_machine", "_number", "_stretches", "_text", "end", "start")

    def __init__(self, machine: Any, stretches: Sequence[Stretch], text: bytes) -> None:
        self._machine = machine
        self._stretches = stretches
        self._text = text
        self._number = 0
        self.start = self.end = -1  # the place that it matches

    def goes_on(self, done: int) -> bool:
        """Go to the first place that does not begin before `done`; return whether there is one."""
        if self.start >= done:
            return True
        while self._number < len(self._stretches):
            start, end = self._stretches[self._number]
            if match := self._machine.search(self._text, max(start, done), end):
                self.start, self.end = match.span()
                return True
            self._number += 1
        return False


def _places(ways: Sequence[_Way]) -> Iterator[Match]:
    """Yield the places that `a|b|…` would match: the leftmost first, and of two at one place that of the first."""
    done = 0
    if len(ways) == 1:
        (way,) = ways
        while way.goes_on(done):
            done = way.end
            yield Match(way.start, done)
        return
    while ways := [way for way in ways if way.goes_on(done)]:
        first = min(ways, key=attrgetter("start"))
        done = first.end
        yield Match(first.start, done)


def _in_characters(places: Iterator[Match], text: bytes) -> Iterator[Match]:
    """Yield places in UTF-8, of which none begins before the end of another, as places in the string."""
    octets = characters = 0
    for place in places:
        start = characters + len(text[octets : place.start].decode())
        octets, characters = place.end, start + len(text[place.start : place.end].decode())
        yield Match(start, characters)


class Lexicon:
    """Named lists of words, and the patterns that are made with them."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        """Define the lists; a list may name others that stand before it.

        Raises PatternError for a list that can't be used.
        """
        self._lists: dict[str, Piece] = {}
        self._index = PatternIndex()
        self._compiled: dict[int, Patterns] = {}  # by the numbers of the index
        for name, entries in lists.items():
            self.define(name, entries)

    def define(self, name: str, entries: Sequence[str]) -> None:
        """Define one more list. Raise PatternError if it can't be used."""
        self._lists[name] = either([self._read(entry, f"list {name!r}: ") for entry in entries])

    def compile(self, patterns: Sequence[str]) -> Patterns:
        """Compile the patterns. Raise PatternError for one that can't be used."""
        pieces = [self._read(pattern, "") for pattern in patterns]
        whole = [replace(piece, expression=f"{piece.expression} ") for piece in pieces]
        groups = [whole[at : at + TOGETHER] for at in range(0, len(whole), TOGETHER)]
        compiled = Patterns(groups, self._index)
        self._compiled.update(dict.fromkeys(compiled.numbers, compiled))
        return compiled

    def possible(self, lines: WordLines) -> frozenset[Patterns]:
        """Return the compiled patterns that the index does not rule out for a text."""
        return frozenset(map(self._compiled.__getitem__, self._index.possible(lines)))

    def build_index(self) -> None:
        """Build the index of the patterns compiled so far, or else the first text that is searched waits for it."""
        self._index.build()

    def _read(self, pattern: str, about: str) -> Piece:
        try:
            piece = self.read(pattern)
        except PatternError as error:
            raise PatternError(f"{about}{quoted(pattern)}: {error}") from error
        if len(piece.expression) > MAX_EXPRESSION:
            raise PatternError(f"{about}{quoted(pattern)} with all its lists is too long: split it")
        return piece

    def read(self, pattern: str) -> Piece:
        """Return one pattern with its lists, whose expression begins with the blank before its first word.

        Raises PatternError.
        """
        return read(pattern).with_lists(self._lists)
