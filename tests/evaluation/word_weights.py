"""Fits the weights of the words of `payment_change` to the labelled mails.

`figures` prints what they would find of mails that they were not fitted to (five parts, a family of mails never in
two). `weights` writes them into `config/payment_change.yaml`. Where the ham corpus can be had, other messages of it
than those of the tests are labelled mails too. The same files give the same weights. Nothing here reads an unread set.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from filters.payment_change.effort import Effort
from filters.payment_change.passages import searched_passages
from filters.payment_change.settings import PaymentChangeSettings, Rules
from filters.payment_change.wording import Wordings
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from tests.corpus import ham
from tests.evaluation.evaluate import sets
from tests.evaluation.examples import examples
from tests.evaluation.judging import PROJECT, figures, shipped

RULES = PROJECT / "config/payment_change.yaml"

#: Ham that the tests count, and as much of the rest as is learned from.
TESTED_HAM, LEARNED_HAM = 1000, 3000
#: What a mail counts, beside one of the tuning sets: a ham message; one of the development set, or written in its
#: manner, which is the nearest to what the judgement will be on; an ordinary one, of which there are so many more; a
#: plain one, which nobody forgives.
HAM_COUNTS = 4.0
COUNTS = {"development set": 5.0, "plain": 10.0, "ordinary": 3.0, "tuning8": 2.0}
PARTS = 5
#: Of the sum for one unit of log-odds.
POINTS = 5.0
#: How strongly weights are kept small.
KEPT_SMALL = 0.03
#: A signal keeps its direction however little it says.
LEAST, MOST = 0.5, 10.0
#: What a letter is about weighs less than what it says: one everyday word must not hold it, or calm it, by itself.
MOST_OF_A_HINT = 4.0


@dataclass(frozen=True, slots=True)
class Known:
    """A labelled mail as it is learned from."""

    source: str  # the set, or "ham"
    family: str
    label: bool
    signals: frozenset[str]

    @property
    def counts(self) -> float:
        return HAM_COUNTS if self.source == "ham" else COUNTS.get(self.source, 1.0)

    @property
    def part(self) -> int:
        return int(hashlib.sha256(self.family.encode()).hexdigest()[:8], 16) % PARTS


def rules() -> Rules:
    (entry,) = (one for one in shipped().filters if one.kind == "payment_change")
    assert isinstance(entry.settings, PaymentChangeSettings)
    return entry.settings.rules


def known(of: Rules) -> list[Known]:
    """All that may be learned from."""
    wordings = Wordings(of)

    def one(source: str, family: str, label: bool, raw: bytes) -> Known:
        spoken = searched_passages(parse(raw), wordings, effort := Effort())
        names = frozenset(signal.name for signal in wordings.signals(spoken.reads, spoken.calming, effort))
        return Known(source, family, label, names)

    found = []
    for name, path in sets("payment_change").items():
        if path.name.startswith("unread"):
            continue
        for example in examples(path):
            family = example.record["note"] if path.name == "tuning3.jsonl" else example.id
            found.append(one(name, family, example.label, example.raw))
    try:
        others = ham.sample(TESTED_HAM + LEARNED_HAM)[TESTED_HAM:]
    except ham.NoHam:
        others = []
    found += [one("ham", h.name, False, normalise_newlines(h.raw)) for h in others]
    return found


# --- the weights ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighing:
    """The weights of the signals, which keep their signs; the threshold is the file's."""

    weights: Mapping[str, float]
    threshold: float

    def log_odds(self, one: Known) -> float:
        return (sum(self.weights.get(name, 0.0) for name in one.signals) - self.threshold) / POINTS


def fitted_weights(several: Sequence[Known], of: Rules) -> Weighing:
    wordings = of.wordings()
    names = [name for name, one in wordings.items() if one.weight]
    signs = np.array([1.0 if wordings[name].weight > 0 else -1.0 for name in names])
    found = np.array([[name in one.signals for name in names] for one in several], dtype=float)
    labels = np.array([1.0 if one.label else -1.0 for one in several])
    counts = np.array([one.counts for one in several])

    def loss(weights: Any) -> tuple[float, Any]:
        margins = labels * (found @ weights - of.thresholds.wording) / POINTS
        pull = -counts * labels / (1.0 + np.exp(margins))
        size = KEPT_SMALL / 2 * float(weights @ weights)
        return float(counts @ np.logaddexp(0, -margins)) + size, found.T @ pull / POINTS + KEPT_SMALL * weights

    most = [MOST_OF_A_HINT if name in of.hints else MOST for name in names]
    bounds = [(LEAST, size) if sign > 0 else (-size, -LEAST) for sign, size in zip(signs, most, strict=True)]
    best = minimize(loss, signs, jac=True, bounds=bounds, method="L-BFGS-B").x
    rounded = {name: round(float(weight) * 2) / 2 for name, weight in zip(names, best, strict=True)}
    return Weighing(rounded, of.thresholds.wording)


def written_into(text: str, weights: Mapping[str, float]) -> str:
    """The YAML of the rules with these weights, its comments kept."""
    head, signals = text.split("\nsignals:\n", 1)
    for name, weight in weights.items():
        pattern = rf"(\n  {name}:\n    says: [^\n]*\n    weight: )[-0-9.]+"
        signals, changed = re.subn(pattern, rf"\g<1>{weight:g}", "\n" + signals, count=1)
        if not changed:
            raise ValueError(f"no weight of {name} in {RULES}")
        signals = signals.removeprefix("\n")
    return f"{head}\nsignals:\n{signals}"


# --- what they find of mails that they weren't fitted to -------------------------------------------------------------


def report(several: Sequence[Known], of: Rules) -> None:
    odds: dict[int, float] = {}
    for part in range(PARTS):
        weighing = fitted_weights([one for one in several if one.part != part], of)
        odds |= {at: weighing.log_odds(one) for at, one in enumerate(several) if one.part == part}
    for source in dict.fromkeys(one.source for one in several):
        found = figures((several[at].label, odds[at] >= 0) for at in odds if several[at].source == source)
        sys.stdout.write(f"{source:<24}{found}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["figures", "weights"])
    what = parser.parse_args().what
    of = rules()
    several = known(of)
    if what == "figures":
        report(several, of)
    else:
        RULES.write_text(written_into(RULES.read_text("utf-8"), fitted_weights(several, of).weights), "utf-8")


if __name__ == "__main__":
    main()
