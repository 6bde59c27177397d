"""A second opinion on the words: a small linear model, off unless `second_opinion` is on. Pure.

Its features are the signals of the rules, words, and concepts (`bank`, `pay`, `third`: lists of words of seven
languages) alone and in pairs, one before the other in a sentence. The opinion is one more signal, which can raise or
lower the sum. The model was trained by `python -m tests.evaluation.train` from labelled mails.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any, Self

from filters.payment_change.signals import Signal
from gateway.contract import Evidence
from gateway.matching import folded_words

NAME = "second_opinion"
#: Words between the concepts of a pair.
WINDOW = 12
#: Letters of a word that count: `changed` and `changing` are one word.
STEM = 6
#: Number of features of a kind from which on each weighs less, by the square root of their number: long messages have
#: many.
FEW = 4
#: Concepts for the text's marks.
MARKS = frozenset({"@account", "@masked", "@money"})
#: Most that the opinion adds to the sum, and takes from it: harmless words that pad a letter must not outweigh what the
#: rules hold by themselves.
MOST_FOR, MOST_AGAINST = 20.0, 10.0
#: Features that are shown as reasons.
SHOWN = 5

_OWN_WORDS = frozenset({"new", "subject", "attachment", "quoted"})
_PUNCTUATION = frozenset({",", '"'})


#: Kind and word lines of each passage that is read.
Passages = Iterable[tuple[str, str]]


class Concepts:
    """Lists of words and phrases by their concept; `word*` and `*word` are beginnings and ends."""

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
        """Return the concepts of the words and phrases that begin at a place."""
        found = self._of_word(words[place])
        more = {
            concept
            for phrase, concept in self._phrases.get(words[place], ())
            if len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase
        }
        return found | more if more else found


def features(passages: Passages, signals: Collection[str], concepts: Concepts) -> dict[str, float]:
    """Return the features of a message by their names: `signal:x`, `concept:x`, `pair:x>y`, `word:x`."""
    found = dict.fromkeys((f"signal:{name}" for name in signals), 1.0)
    for kind, text in passages:
        if kind == "sender":
            continue
        standing = "" if kind in _OWN_WORDS else "~"  # "~" for a signature or a footer
        for line in text.split("\n"):
            words = [word for word in line.split() if word not in _PUNCTUATION]
            found.update(dict.fromkeys(_of_line(words, standing, concepts), 1.0))
    return found


def _of_line(words: Sequence[str], standing: str, concepts: Concepts) -> Iterator[str]:
    meant = [concepts.at(words, place) for place in range(len(words))]
    for place, here in enumerate(meant):
        yield f"word:{standing}{_stem(words[place])}"
        for concept in here:
            yield f"concept:{standing}{concept}"
            for there in meant[place : place + WINDOW]:
                yield from (f"pair:{standing}{concept}>{other}" for other in there if other != concept)


def _stem(word: str) -> str:
    if word.replace("/", "").isdigit():
        return "#"
    return word if word.startswith("@") else word[:STEM]


def scaled(found: Mapping[str, float], known: Collection[str]) -> dict[str, float]:
    """Return the known features; the more words or pairs there are, the less each of them counts."""
    kept = [name for name in found if name in known]
    counts = Counter(name.partition(":")[0] for name in kept)
    many = {kind: 3 / sqrt(max(counts[kind], FEW)) for kind in ("pair", "word")}
    return {name: found[name] * many.get(name.partition(":")[0], 1.0) for name in kept}


@dataclass(frozen=True, slots=True)
class Opinion:
    """The trained model."""

    concepts: Concepts
    weights: Mapping[str, float]
    bias: float
    points: float  # points of the sum for one unit of log-odds

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the model from the text of the file that the training writes."""
        data: dict[str, Any] = json.loads(text)
        return cls(Concepts(data["concepts"]), data["weights"], data["bias"], data["points"])

    def signal(self, passages: Passages, signals: Collection[str]) -> Signal:
        """Return the model's signal, with the features that weighed most in its direction."""
        values = scaled(features(passages, signals, self.concepts), self.weights)
        shares = {name: value * self.weights[name] for name, value in values.items()}
        weight = self.points * (self.bias + sum(shares.values()))
        weight = round(max(-MOST_AGAINST, min(MOST_FOR, weight)), 1)
        sign = 1 if weight >= 0 else -1
        top = sorted((name for name in shares if sign * shares[name] > 0), key=lambda name: -sign * shares[name])
        quote = ", ".join(f"{name} {self.points * shares[name]:+.1f}" for name in top[:SHOWN])
        return Signal(NAME, "A model trained on labelled mails weighs in", weight, (Evidence("model", quote),))
