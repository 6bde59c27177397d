"""Index of patterns: the words of a sentence tell which patterns can match there, so that the others are not run.

A pattern needs words: each of its `Needs` is a set of words, of which a sentence that it matches has at least one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import chain, product
from math import prod
from operator import or_
from typing import Any

import re2

from gateway.message.folding.common_words import COMMON
from gateway.message.folding.word_lines import MANY, Stretch, WordLines, joined

#: Octets that RE2 may use for one machine; beyond them it is slower, never wrong.
MAX_MEMORY_BYTES = 32 << 20
#: Characters of an expression that fits into this memory, whatever it says (168,000 did).
SURE_CHARACTERS = 50_000
#: Machines that are kept: a reload takes those of rules that have not changed. The shipped rules have five thousand.
MACHINES_KEPT = 16_384

#: Words that are remembered with the patterns that need them, and the length of the longest one.
WORDS_KEPT, MAX_WORD_KEPT = 16_384, 24
#: Sets of words that a pattern needs at most, and sets that may arise when alternatives are multiplied out.
MAX_NEEDS, MAX_PRODUCT = 4, 64

#: Words of every other sentence, and words of every other mail.
_EVERYWHERE = frozenset(
    """
    a about all an and are as at be but by can do for from has have i if in is it me my no not of on one or our out so
    that the there they this to us was we what which will with you your , "
    """.split()  # noqa: SIM905 - a list of words
)
_COMMON = frozenset(COMMON.split())

#: Sets of words, of each of which one must be in a sentence; `word*`, `*word` and `*word*` stand for more than one.
Needs = tuple[frozenset[str], ...]


# --- needs -----------------------------------------------------------------------------------------------------------


def all_of(several: Iterable[Needs]) -> Needs:
    """Return the needs of pieces that follow each other."""
    return tuple(dict.fromkeys(chain.from_iterable(several)))


def one_of(several: Sequence[Needs]) -> Needs:
    """Return the needs of alternatives: of each way to take one need of every alternative, the words of all taken."""
    if prod(map(len, several)) > MAX_PRODUCT:
        several = [most_sparing(needs)[:1] for needs in several]
    return tuple(dict.fromkeys(frozenset().union(*taken) for taken in product(*several)))


@lru_cache(maxsize=MACHINES_KEPT)
def most_sparing(needs: Needs) -> Needs:
    """Return the needs that few sentences meet, without those that follow from others or resemble them."""
    found: list[frozenset[str]] = []
    for need in sorted(needs, key=lambda one: (sum(map(_frequency, one)), sorted(one))):
        if all(2 * len(need & other) <= len(need) and not other < need for other in found):
            found.append(need)
    return tuple(found[:MAX_NEEDS])


@lru_cache(maxsize=MACHINES_KEPT)
def _frequency(word: str) -> int:
    """Return how frequent a word is in mail, by and large."""
    stem = word.strip("*")
    return 100 if stem in _EVERYWHERE else 10 if stem in _COMMON else 1


# --- the index -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=MACHINES_KEPT)
def machine(expression: str) -> Any:
    """Return a compiled expression. Raise re2.error for one that RE2 can't compile."""
    options = re2.Options()
    options.max_mem = MAX_MEMORY_BYTES
    options.log_errors = False
    options.never_capture = True
    return re2.compile(expression, options)


class PatternIndex:
    """The patterns of one lexicon, by number."""

    def __init__(self) -> None:
        self._expressions: list[str] = []
        self._needs: list[Needs] = []
        self._machines: dict[int, Any] = {}  # those that a text was searched for
        self._words: _Words | None = None  # until it is built

    def add(self, expression: str, needs: Needs) -> int:
        """Add a regular expression, with what it needs; return its number.

        It is compiled when a text is first searched for it: most never are. Raises re2.error for one that RE2 can't
        compile.
        """
        if len(expression) > SURE_CHARACTERS:
            machine(expression)
        self._expressions.append(expression)
        self._needs.append(most_sparing(needs))
        self._words = None
        return len(self._expressions) - 1

    def build(self) -> None:
        """Build the index of all expressions added so far."""
        self._words = _words(tuple(self._needs))

    def machine(self, number: int) -> Any:
        """Return the compiled expression."""
        made = self._machines.get(number)
        if made is None:
            made = self._machines[number] = machine(self._expressions[number])
        return made

    def possible(self, lines: WordLines) -> Mapping[int, Sequence[Stretch]]:
        """Return the patterns that can match in a text, with the stretches where they can; the text keeps them."""
        found = lines.possible.get(self)
        if found is None:
            found = lines.possible[self] = self._look_up(lines)
        return found

    def _look_up(self, lines: WordLines) -> Mapping[int, Sequence[Stretch]]:
        if self._words is None:
            self.build()
            assert self._words
        met, possible = self._words.met(lines.vocabulary)
        if not possible or len(lines.sentences) == 1:
            return {number: stretches for _, stretches in lines.sentences for number in _numbers(possible)}
        found: dict[int, list[int]] = {}
        for at, (words, _) in enumerate(lines.sentences):
            for number in _numbers(self._words.possible([met[word] for word in words if word in met]) & possible):
                found.setdefault(number, []).append(at)
        # Patterns of the same words have the same stretches.
        stretches = {places: _stretches(lines, places) for places in set(map(tuple, found.values()))}
        return {number: stretches[tuple(places)] for number, places in found.items()}


def _stretches(lines: WordLines, numbers: Iterable[int]) -> Sequence[Stretch]:
    """Return the places of different sentences in their order."""
    several = sorted(chain.from_iterable(lines.sentences[number][1] for number in numbers))
    return several if len(several) < MANY else joined(several)


class _Words:
    """Words, each with the needs that it meets.

    Sets of patterns are numbers with a bit for each pattern. The first needs of all patterns come first, then the
    second ones, and so on: two shifts tell of which patterns all needs are met.
    """

    def __init__(self, needs: Sequence[Needs]) -> None:
        self._patterns = len(needs)
        self._whole: dict[str, int] = {}
        self._beginnings: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._inside: dict[str, int] = {}
        self._first = (1 << len(needs)) - 1  # the first needs
        self._met = 0  # without any word
        for number, several in enumerate(needs):
            for rank in range(MAX_NEEDS):
                bit = 1 << (rank * self._patterns + number)
                if rank < len(several):
                    for word in several[rank]:
                        self._add(word, bit)
                else:
                    self._met |= bit
        self._lengths: dict[str, set[int]] = {}  # of beginnings, by their first two letters
        for stem in self._beginnings:
            self._lengths.setdefault(stem[:2], set()).add(len(stem))
        self._remembered: dict[str, int] = {}

    def _add(self, word: str, bit: int) -> None:
        head, tail = word.startswith("*"), word.endswith("*")
        kind = {(0, 0): self._whole, (0, 1): self._beginnings, (1, 0): self._ends, (1, 1): self._inside}[head, tail]
        stem = word.strip("*")
        kind[stem] = kind.get(stem, 0) | bit

    def _meets(self, word: str) -> int:
        met = self._whole.get(word, 0)
        for first in {word[:1], word[:2]}:
            for length in self._lengths.get(first, ()):
                met |= self._beginnings.get(word[:length], 0)
        met = reduce(or_, (bits for stem, bits in self._ends.items() if word.endswith(stem)), met)
        return reduce(or_, (bits for stem, bits in self._inside.items() if stem in word), met)

    def met(self, words: frozenset[str]) -> tuple[Mapping[str, int], int]:
        """Return the patterns that are possible in a text of these words, and the words with the needs of those."""
        known = self._remembered
        new = words.difference(known)
        if len(known) + len(new) > WORDS_KEPT:  # another thread may read those of before
            known, new = {}, words
            self._remembered = known
        meets = {word: self._meets(word) for word in new}
        known.update((word, bits) for word, bits in meets.items() if len(word) <= MAX_WORD_KEPT)
        found = {word: bits for word in words if (bits := known.get(word) or meets.get(word))}
        possible = self.possible(found.values())
        needed = reduce(or_, (possible << rank * self._patterns for rank in range(MAX_NEEDS)))
        return {word: bits for word, all_bits in found.items() if (bits := all_bits & needed)}, possible

    def possible(self, met_by_words: Iterable[int]) -> int:
        """Return the patterns all of whose needs are met by the words of a text."""
        met = reduce(or_, met_by_words, self._met)
        patterns = self._first & met
        for _ in range(1, MAX_NEEDS):
            if not patterns:
                return 0
            met >>= self._patterns
            patterns &= met
        return patterns


def _numbers(patterns: int) -> list[int]:
    numbers = []
    while patterns:
        numbers.append(patterns.bit_length() - 1)
        patterns ^= 1 << numbers[-1]
    return numbers


#: Indexes that are kept: a reload takes those of rules that have not changed. A filter about text has one or two.
_words = lru_cache(maxsize=32)(_Words)
