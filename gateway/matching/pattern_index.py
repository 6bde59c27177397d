"""Index of patterns: one search of a text tells which of them can match there, so that the others are not run.

RE2 names the words that a match of each pattern must hold, and looks for the words of all patterns at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import re2

from gateway.message.folding.word_lines import WordLines

#: Octets that RE2 may use for one machine; beyond them it is slower, never wrong.
MAX_MEMORY_BYTES = 32 << 20

#: Indexes that are kept: a reload takes those of rules that have not changed. Three filters have one each.
KEPT_INDEXES = 4

#: A word behind every text that an index of its own looks for. Where it is not found the search failed, which RE2's
#: wrapper does not tell, and all patterns are run.
PROBE = "@every text"


class PatternIndex:
    """The patterns of one lexicon, by number."""

    def __init__(self) -> None:
        self._expressions: list[str] = []
        self._shards: Sequence[_Shard] | None = None  # until they are built
        self._machines: Sequence[Any] = ()

    def add(self, expression: str) -> int:
        """Add one regular expression that RE2 has compiled; return its number."""
        self._shards = None
        self._expressions.append(expression)
        return len(self._expressions) - 1

    def build(self) -> None:
        """Build the index of all expressions added so far: some hundred take a third of a second."""
        self._shards, self._machines = _built(tuple(self._expressions))

    def machine(self, number: int) -> Any:
        """Return the compiled expression, when `possible` was asked."""
        return self._machines[number]

    def possible(self, lines: WordLines) -> Collection[int]:
        """Return the numbers of the patterns that can match in a text; the text keeps them."""
        found = lines.possible.get(self)
        if found is None:
            found = lines.possible[self] = self._look_up(lines.text)
        return found

    def _look_up(self, text: str) -> Collection[int]:
        if self._shards is None:
            self.build()
        if text != text.lower():  # RE2 looks for words in small letters
            return range(len(self._machines))
        probed = f"{text}{PROBE}"
        return frozenset(chain.from_iterable(shard.possible(probed) for shard in self._shards or ()))


def options() -> Any:
    """Return the options with which expressions are compiled."""
    chosen = re2.Options()
    chosen.max_mem = MAX_MEMORY_BYTES
    chosen.log_errors = False
    chosen.never_capture = True
    return chosen


@dataclass(frozen=True, slots=True)
class _Shard:
    """Patterns that follow each other, with an index of their own: RE2 bounds the words of one index."""

    first: int
    count: int
    filter: Any

    def possible(self, probed: str) -> Iterable[int]:
        """Return the numbers of the patterns that can match in a text, which ends with the probe."""
        found = set(self.filter.Match(probed, potential=True) or ())
        if self.count not in found:
            return range(self.first, self.first + self.count)
        found.remove(self.count)
        return [self.first + number for number in found]


@lru_cache(maxsize=KEPT_INDEXES)
def _built(expressions: tuple[str, ...]) -> tuple[Sequence[_Shard], Sequence[Any]]:
    shards = list(_shards(expressions, 0))
    return shards, [shard.filter.re(number) for shard in shards for number in range(shard.count)]


def _shards(expressions: tuple[str, ...], first: int) -> Iterator[_Shard]:
    """Yield one shard; halves of it, where it is too large."""
    built = re2.Filter()
    for expression in (*expressions, re2.escape(PROBE)):
        built.Add(expression, options())
    try:
        built.Compile()
    except re2.error:
        if len(expressions) == 1:
            raise
        half = len(expressions) // 2
        yield from _shards(expressions[:half], first)
        yield from _shards(expressions[half:], first + half)
    else:
        yield _Shard(first, len(expressions), built)
