"""A first look at a text, in microseconds: the windows in which the language model might find something for a rule.

Words, and pairs of words beside each other, have a weight for each rule. A window in which they sum up to the rule's
limit is open for it. They learn from the model itself: `make train` writes the file (training/gate.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from gateway.language_model.written import Window, Written, likely_tokens, windows

#: The file with the weights, as shipped.
FILE = Path(__file__).with_name("gate.json")
#: Tokens of a window with the subject, and the least that are left to its sentences: the model reads it at once.
TOKENS, LEAST_TOKENS = 190, 95
#: Letters of a word that count, alone and in a pair: what follows is mostly an ending.
OF_WORD, OF_PAIR = 6, 5

_WORD = re.compile(r"[^\W_]+")


class Gate:
    """The gates of some rules. A gate of no rule opens nothing."""

    def __init__(self, limits: Mapping[str, int], weights: Mapping[str, Sequence[int]]) -> None:
        """`limits` are by rule; `weights` has a number for each of these rules, in their order, by word or pair."""
        self._limits = limits
        self._weights = weights

    def open_windows(self, text: Written) -> Mapping[str, Sequence[Window]]:
        """Return the windows of a text that are open for each rule; none where there is no word to read."""
        found: dict[str, list[Window]] = {rule: [] for rule in self._limits}
        nothing = [0] * len(self._limits)
        for window, marks in marked_windows(text):
            known = [self._weights[mark] for mark in marks & self._weights.keys()]
            sums = map(sum, zip(nothing, *known, strict=True))
            for (rule, limit), weight in zip(self._limits.items(), sums, strict=True):
                if marks and weight >= limit:
                    found[rule].append(window)
        return found


@cache
def read_gate() -> Gate:
    """Return the shipped gate, as `make train` writes it. It is read once in a process."""
    return Gate(**json.loads(FILE.read_text("utf-8")))


def windows_of(text: Written) -> Iterator[Window]:
    """Yield the windows of a text at which the gate looks."""
    room = max(TOKENS - likely_tokens(text.subject), LEAST_TOKENS)
    yield from windows(text.sentences, likely_tokens, room)


def marked_windows(text: Written) -> Iterator[tuple[Window, set[str]]]:
    """Yield the windows of a text, each with its words and pairs of words."""
    of_sentences = [marks(one) for one in text.sentences]
    for window in windows_of(text):
        yield window, marks(text.subject).union(*of_sentences[window.first : window.end])


def marks(sentence: str) -> set[str]:
    """Return the words and the pairs of words of a sentence, cut to the letters that count."""
    words = _WORD.findall(sentence)
    found = {word[:OF_WORD] for word in words}
    found.update(f"{one[:OF_PAIR]} {other[:OF_PAIR]}" for one, other in pairwise(words))
    return found
