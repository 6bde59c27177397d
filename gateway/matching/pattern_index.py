"""Index of patterns: one search of a text tells which of them can match there, so that the others are not run.

RE2 names the words that a match of each pattern must hold, and looks for the words of all patterns at once.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache
from typing import Any

import re2

from gateway.matching.word_lines import WordLines

#: Indexes that are kept: a reload takes those of rules that have not changed.
KEPT_INDEXES = 8

#: A word behind every text that an index of its own looks for. Where it is not found the search failed, which RE2's
#: wrapper does not tell, and all patterns are run.
PROBE = "@every text"


class PatternIndex:
    """The patterns of one lexicon, by number."""

    def __init__(self) -> None:
        self._expressions: list[str] = []
        self._filter: Any = None  # until it is built

    def add(self, expression: str) -> int:
        """Add one regular expression that RE2 has compiled; return its number."""
        self._filter = None
        self._expressions.append(expression)
        return len(self._expressions) - 1

    def build(self) -> None:
        """Build the index of all expressions added so far: some hundred take a third of a second."""
        self._filter = _built(tuple(self._expressions))

    def possible(self, lines: WordLines) -> Container[int]:
        """Return the numbers of the patterns that can match in a text; the text keeps them."""
        found = lines.possible.get(self)
        if found is None:
            found = lines.possible[self] = self._look_up(lines.text)
        return found

    def _look_up(self, text: str) -> Container[int]:
        count = len(self._expressions)
        if text != text.lower():  # RE2 looks for words in small letters
            return range(count)
        if self._filter is None:
            self.build()
        found = frozenset(self._filter.Match(f"{text}{PROBE}", potential=True) or ())
        return found if count in found else range(count)


@lru_cache(maxsize=KEPT_INDEXES)
def _built(expressions: tuple[str, ...]) -> Any:
    built = re2.Filter()
    for expression in (*expressions, re2.escape(PROBE)):
        built.Add(expression)
    built.Compile()
    return built
