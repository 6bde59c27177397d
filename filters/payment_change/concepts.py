"""Concepts: lists of words and phrases, of seven languages, that mean much the same (`bank`, `pay`, `third`). Pure.

A sentence is looked through once for all of them: the meanings of the rules and the second opinion share what is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.contract import folded_words

#: Words between the concepts of a pair.
WINDOW = 12
#: Concepts that the text's marks are.
MARKS = frozenset({"@account", "@masked", "@money"})
#: Kinds of passages that hold what somebody has to say; the others are his signature, a footer or an address.
OWN_WORDS = frozenset({"new", "subject", "attachment", "quoted"})

_PUNCTUATION = frozenset({",", '"'})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A line of a passage's word lines: where it begins, its words, and the concepts that begin at each."""

    start: int
    length: int
    words: Sequence[str]
    meant: Sequence[frozenset[str]]


class Concepts:
    """`word*` and `*word` are beginnings and ends of words."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._beginnings: dict[str, list[tuple[str, str]]] = {}
        self._ends: list[tuple[str, str]] = []
        for concept, entries in lists.items():
            for entry in entries:
                self._add(concept, entry)
        self._of_word = lru_cache(maxsize=4096)(self._alone)

    def _add(self, concept: str, entry: str) -> None:
        words = tuple(folded_words(entry.strip("*")))
        if entry.startswith("*"):
            self._ends.append((words[0], concept))
        elif entry.endswith("*") and len(words) == 1:
            self._beginnings.setdefault(words[0][:2], []).append((words[0], concept))
        else:
            self._phrases.setdefault(words[0], []).append((words, concept))

    def _alone(self, word: str) -> frozenset[str]:
        found = {concept for begin, concept in self._beginnings.get(word[:2], ()) if word.startswith(begin)}
        found.update(concept for end, concept in self._ends if word.endswith(end) and word != end)
        return frozenset(found | ({word} & MARKS))

    def at(self, words: Sequence[str], place: int) -> frozenset[str]:
        """What begins at one of the words."""
        found = self._of_word(words[place])
        phrases = self._phrases.get(words[place])
        if not phrases:
            return found
        more = {
            concept
            for phrase, concept in phrases
            if len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase
        }
        return found | more if more else found

    def sentences(self, text: str) -> Iterator[Sentence]:
        """Of the word lines of a passage, those that have a word."""
        start = 0
        for line in text.split("\n"):
            if words := [word for word in line.split() if word not in _PUNCTUATION]:
                yield Sentence(start, len(line), words, [self.at(words, place) for place in range(len(words))])
            start += len(line) + 1
