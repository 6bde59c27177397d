"""The weight of a head's log-odds beside a rule's words: the fit of `points` and `bias`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.mails import RULES, Labelled
from training.samples import OVERLAPS

#: The sum from which a rule finds something, and what a reading may weigh.
THRESHOLD, LEAST, MOST = 10.0, -10.0, 20.0
#: Points of the sum for one unit of log-odds, where no words are known; it is the unit of the words' weights.
POINTS = 5.0
#: What must hold for mails that nothing was learned from.
PRECISION, FALSE_ALARMS, HAM = 0.93, 3, 1000
#: Share of the mails that were written for other rules, half of them findings of those, that the model alone may find.
OF_OTHERS = 0.04
#: Slopes that the fit may give. The words were written by somebody who has seen some of these mails, so the fit trusts
#: them too much: the model keeps a say.
LEAST_POINTS, MOST_POINTS = 3.0, 8.0
#: Words of a language that the others lack.
FUNCTION_WORDS = {
    "de": {"der", "die", "und", "nicht", "ist", "das", "ich", "wir", "bitte", "für", "mit"},
    "fr": {"le", "les", "nous", "vous", "est", "pour", "je", "pas", "et", "une", "bonjour"},
    "es": {"el", "los", "que", "por", "para", "con", "una", "hola", "está", "gracias", "del"},
    "it": {"il", "che", "per", "non", "con", "sono", "gli", "della", "ciao", "grazie", "una"},
    "nl": {"het", "een", "de", "van", "niet", "ik", "wij", "voor", "met", "dat", "groet"},
    "pl": {"nie", "się", "jest", "na", "proszę", "dzień", "dla", "że", "pan", "czy", "do"},
}
ENGLISH = {"the", "and", "you", "to", "of", "is", "for", "we", "a", "i", "it", "in", "that", "on", "be"}


#: The log-odds of a mail about which the model isn't asked.
UNASKED = -50.0


class NoCut(ValueError):
    """A head is too bad to be used."""


@dataclass(frozen=True, slots=True)
class Head:
    """The calibration of a rule's head."""

    rule: str
    points: float
    bias: float

    def weights(self, log_odds: Any) -> Any:
        """Return what the gateway adds to the words' sum."""
        return np.clip(self.points * log_odds + self.bias, LEAST, MOST)


@dataclass(frozen=True, slots=True)
class Known:
    """The mails of one rule that it was not learned from, and the ham: what words and head say of each."""

    mails: Sequence[Labelled]
    labels: Any
    words: Any
    odds: Any
    ham_words: Any
    ham_odds: Any
    others_odds: Any  # of mails that were written for other rules, however much their filter would read of them


def known(rule: str, mails: Sequence[Labelled], scores: Any, words: Mapping[str, float]) -> Known:
    """Return what is known of a rule. A mail about which its filter doesn't ask the model has the least log-odds."""
    own = [mail.rule == rule and mail.speaks and mail.use == "hold back" for mail in mails]
    ham = [mail.use == "score" for mail in mails]
    odds = scores[:, RULES.index(rule)].copy()
    if words:
        odds[[mail.id not in words for mail in mails]] = UNASKED
    sums = np.array([words.get(mail.id, 0.0) for mail in mails])
    labels = np.array([mail.label for mail in mails])
    chosen = [mail for mail, is_own in zip(mails, own, strict=True) if is_own]
    others = [mail.use == "hold back" and mail.rule != rule and (mail.rule, rule) not in OVERLAPS for mail in mails]
    return Known(chosen, labels[own], sums[own], odds[own], sums[ham], odds[ham], scores[others, RULES.index(rule)])


def fitted(rule: str, of: Known) -> Head:
    """Return the head with the best slope, and the bias that finds most while precision and ham are kept."""
    points = _points(of)
    heads = [Head(rule, points, float(bias)) for bias in np.arange(30.0, -60.0, -0.25)]
    kept = [head for head in heads if _is_kept(head, of)]
    if not kept:
        raise NoCut(f"{rule}: no bias keeps precision and ham")

    def value(head: Head) -> tuple[int, int]:
        found = of.words + head.weights(of.odds) >= THRESHOLD
        return int(of.labels[found].sum()), -int((~of.labels[found]).sum())

    return max(kept, key=value)


def _is_kept(head: Head, of: Known) -> bool:
    """Return whether the findings are right often enough, with and without words, and ham is left alone."""
    weights, ham_weights = head.weights(of.odds), head.weights(of.ham_odds)
    of_words = int((of.ham_words + LEAST >= THRESHOLD).sum())  # the words alone make them, whatever the model says
    alarms = int((of.ham_words + ham_weights >= THRESHOLD).sum()) - of_words
    precise = all(_precision(of.labels, one >= THRESHOLD) >= PRECISION for one in (of.words + weights, weights))
    of_others = float((head.weights(of.others_odds) >= THRESHOLD).mean())
    return precise and alarms <= FALSE_ALARMS * len(of.ham_odds) / HAM and of_others <= OF_OTHERS


def _points(of: Known) -> float:
    """Return the points for one unit of log-odds, by logistic regression on words and log-odds.

    Without words they are POINTS times the slope of the log-odds.
    """
    columns = [of.odds] if not of.words.any() else [of.odds, of.words]
    ham = [of.ham_odds] if len(columns) == 1 else [of.ham_odds, of.ham_words]
    rows = np.vstack([np.column_stack(columns), np.column_stack(ham)])
    labels = np.concatenate([of.labels, np.zeros(len(of.ham_odds))]).astype(float)
    asked = rows[:, 0] > UNASKED
    rows, labels = rows[asked], labels[asked]
    slopes = logistic(rows, labels)
    points = slopes[0] * POINTS if len(columns) == 1 else slopes[0] / max(slopes[1], 1 / 8)
    return round(float(np.clip(points, LEAST_POINTS, MOST_POINTS)), 2)


def logistic(rows: Any, labels: Any) -> Any:
    """Return the slopes of a logistic regression, by Newton's steps, kept small a little."""
    design = np.column_stack([rows, np.ones(len(rows))])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))
        pull = design.T @ (labels - chances) - 0.01 * weights
        bend = (design.T * (chances * (1 - chances))) @ design + 0.01 * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, pull)
    return weights[:-1]


def _precision(labels: Any, found: Any) -> float:
    return float(labels[found].mean()) if found.any() else 1.0


def language_of(mail: Labelled) -> str:
    """Return the language of a mail, guessed by its function words."""
    words = [word.strip(".,!?:;").lower() for text in (mail.subject, *mail.sentences) for word in text.split()]
    counts = {name: sum(word in those for word in words) for name, those in FUNCTION_WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > sum(word in ENGLISH for word in words) else "en"
