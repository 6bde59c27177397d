"""A second opinion on the words: a small linear model, off unless `second_opinion` is on. Pure.

Its features are the signals of the rules, words, and the rules' concepts alone and in pairs, one before the other in a
sentence. What it finds is one more signal, which can lift the sum or lower it. It was trained by
`python -m tests.evaluation.train` from labelled mails.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Self

from filters.payment_change.concepts import OWN_WORDS, WINDOW, Sentence
from filters.payment_change.signals import Signal
from gateway.contract import Evidence

NAME = "second_opinion"
#: Letters of a word that count: `changed` and `changing` are one.
STEM = 6
#: A kind of feature weighs less in a long message: like the square root of how many of it there are, from so many on.
FEW = 4
#: The most that it adds to the sum, or takes from it.
MOST = 20.0
#: Features that are shown as its reasons.
SHOWN = 5

#: Kind and sentences of what is read.
Passages = Iterable[tuple[str, Sequence[Sentence]]]


def features(passages: Passages, signals: Collection[str]) -> dict[str, float]:
    """Of a message, by their names: `signal:x`, `concept:x`, `pair:x>y`, `word:x`."""
    found = dict.fromkeys((f"signal:{name}" for name in signals), 1.0)
    for kind, sentences in passages:
        if kind == "sender":
            continue
        standing = "" if kind in OWN_WORDS else "~"  # in a signature or a footer
        for sentence in sentences:
            found.update(dict.fromkeys(_of_line(sentence, standing), 1.0))
    return found


def _of_line(sentence: Sentence, standing: str) -> Iterator[str]:
    meant = sentence.meant
    for place, here in enumerate(meant):
        yield f"word:{standing}{_stem(sentence.words[place])}"
        for concept in here:
            yield f"concept:{standing}{concept}"
            for there in meant[place : place + WINDOW]:
                yield from (f"pair:{standing}{concept}>{other}" for other in there if other != concept)


def _stem(word: str) -> str:
    if word.replace("/", "").isdigit():
        return "#"
    return word if word.startswith("@") else word[:STEM]


def scaled(found: Mapping[str, float], known: Collection[str]) -> dict[str, float]:
    """The known ones; of words and pairs each the less, the more of them there are."""
    kept = [name for name in found if name in known]
    counts = Counter(name.partition(":")[0] for name in kept)
    many = {kind: 3 / sqrt(max(counts[kind], FEW)) for kind in ("pair", "word")}
    return {name: found[name] * many.get(name.partition(":")[0], 1.0) for name in kept}


@dataclass(frozen=True, slots=True)
class Opinion:
    """The trained model."""

    weights: Mapping[str, float]
    bias: float
    points: float  # of the sum for one unit of its log-odds

    @classmethod
    def read(cls, text: str) -> Self:
        """From the file that the training writes."""
        data: dict[str, Any] = json.loads(text)
        return cls(data["weights"], data["bias"], data["points"])

    def signal(self, passages: Passages, signals: Collection[str]) -> Signal:
        """What it adds to the sum, with what weighed most in that direction."""
        values = scaled(features(passages, signals), self.weights)
        shares = {name: value * self.weights[name] for name, value in values.items()}
        weight = self.points * (self.bias + sum(shares.values()))
        weight = round(max(-MOST, min(MOST, weight)), 1)
        sign = 1 if weight >= 0 else -1
        top = sorted((name for name in shares if sign * shares[name] > 0), key=lambda name: -sign * shares[name])
        quote = ", ".join(f"{name} {self.points * shares[name]:+.1f}" for name in top[:SHOWN])
        return Signal(NAME, "A model trained on labelled mails weighs in", weight, (Evidence("model", quote),))
