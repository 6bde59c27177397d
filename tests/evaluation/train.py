"""Fits what `payment_change` weighs to the labelled mails: the weights of its rules, and the second opinion.

`figures` prints what either would find of mails that it was not fitted to (five parts, a family of mails never in two).
`weights` writes the weights into `config/payment_change.yaml`, `opinion` the model into
`config/payment_change_opinion.json`. Where the ham corpus can be had, other messages of it than those of the tests are
labelled mails too. The same files give the same weights. Nothing here reads an unread set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from filters.payment_change.effort import Effort
from filters.payment_change.opinion import Concepts, features, scaled
from filters.payment_change.passages import searched_passages
from filters.payment_change.settings import PaymentChangeSettings, Rules
from filters.payment_change.wording import Wordings
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from tests.corpus import ham
from tests.evaluation.evaluate import MODEL, PROJECT, SETS, sets, shipped
from tests.evaluation.examples import examples

RULES = PROJECT / "config/payment_change.yaml"
CONCEPTS = SETS / "concepts.yaml"

#: Ham that the tests count, and as much of the rest as is learned from.
TESTED_HAM, LEARNED_HAM = 1000, 3000
#: What a mail counts, beside one of the tuning sets: a ham message, with the rules and with the model; one of the
#: development set, or written in its manner, which is the nearest to what the judgement will be on; an ordinary one, of
#: which there are so many more; and a plain one, which nobody forgives.
HAM_COUNTS, HAM_COUNTS_FOR_MODEL = 4.0, 1.0
COUNTS = {"development set": 5.0, "plain mails": 10.0, "ordinary mails": 3.0, "eighth tuning set": 2.0}
PARTS = 5
#: Of the sum for one unit of log-odds, in both fits.
POINTS = 5.0
#: How much more the model counts than the rules, where both are asked.
MODEL_COUNTS = 4.0
#: How strongly weights are kept small: of the rules, and (inverse) of the model.
KEPT_SMALL, MODEL_FREEDOM = 0.03, 0.3
#: Mails that a feature must occur in, and a weight that is too small to be written.
MIN_MAILS, MIN_WEIGHT = 8, 0.01
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
    features: Mapping[str, float]

    def counts(self, ham: float) -> float:
        return ham if self.source == "ham" else COUNTS.get(self.source, 1.0)

    @property
    def part(self) -> int:
        return int(hashlib.sha256(self.family.encode()).hexdigest()[:8], 16) % PARTS


def rules() -> Rules:
    (entry,) = shipped().filters
    assert isinstance(entry.settings, PaymentChangeSettings)
    return entry.settings.rules


def concepts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load(CONCEPTS.read_text("utf-8"))
    return found


def known(of: Rules) -> list[Known]:
    """All that may be learned from."""
    wordings, meanings = Wordings(of), Concepts(concepts())

    def one(source: str, family: str, label: bool, raw: bytes) -> Known:
        spoken = searched_passages(parse(raw), wordings, effort := Effort())
        names = frozenset(signal.name for signal in wordings.signals(spoken.reads, spoken.calming, effort))
        texts = [(read.passage.kind, read.lines.text) for read in spoken.reads]
        return Known(source, family, label, names, features(texts, names, meanings))

    found = []
    for name, path in sets().items():
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


# --- the weights of the rules ----------------------------------------------------------------------------------------


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
    counts = np.array([one.counts(HAM_COUNTS) for one in several])

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


# --- the second opinion ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Model:
    weights: Mapping[str, float]
    bias: float

    def log_odds(self, one: Known) -> float:
        values = scaled(one.features, self.weights)
        return self.bias + sum(value * self.weights[name] for name, value in values.items())


def fitted_model(several: Sequence[Known]) -> Model:
    mails = Counter(name for one in several for name in one.features)
    names = sorted(name for name, count in mails.items() if count >= MIN_MAILS)
    place = {name: at for at, name in enumerate(names)}
    rows = [scaled(one.features, place) for one in several]
    ends = np.cumsum([0, *map(len, rows)])
    values = np.array([value for row in rows for value in row.values()])
    columns = np.array([place[name] for row in rows for name in row])
    matrix = csr_matrix((values, columns, ends), shape=(len(rows), len(names)))
    logistic = LogisticRegression(C=MODEL_FREEDOM, max_iter=5000, tol=1e-6)
    counts = [one.counts(HAM_COUNTS_FOR_MODEL) for one in several]
    logistic.fit(matrix, [one.label for one in several], sample_weight=counts)
    weights = {name: round(float(weight), 3) for name, weight in zip(names, logistic.coef_[0], strict=True)}
    kept = {name: weight for name, weight in weights.items() if abs(weight) >= MIN_WEIGHT}
    return Model(kept, round(float(logistic.intercept_[0]), 3))


def written(model: Model) -> str:
    """The model's file, what weighs most first."""
    by_size = dict(sorted(model.weights.items(), key=lambda item: (-abs(item[1]), item[0])))
    data = {"bias": model.bias, "points": POINTS * MODEL_COUNTS, "weights": by_size, "concepts": concepts()}
    return json.dumps(data, ensure_ascii=False, indent=0) + "\n"


# --- what either finds of mails that it wasn't fitted to ------------------------------------------------------------


def report(several: Sequence[Known], of: Rules) -> None:
    odds: dict[str, dict[int, float]] = {"rules": {}, "model": {}, "both": {}}
    for part in range(PARTS):
        rest = [one for one in several if one.part != part]
        weighing, model = fitted_weights(rest, of), fitted_model(rest)
        for at, one in enumerate(several):
            if one.part == part:
                odds["rules"][at], odds["model"][at] = weighing.log_odds(one), model.log_odds(one)
                odds["both"][at] = odds["rules"][at] + MODEL_COUNTS * odds["model"][at]
    for source in dict.fromkeys(one.source for one in several):
        for name, by_mail in odds.items():
            _print(f"{source}: {name}", several, lambda at, s=source: several[at].source == s, by_mail)


def _print(about: str, several: Sequence[Known], chosen: Callable[[int], bool], odds: Mapping[int, float]) -> None:
    held = [at for at in odds if chosen(at) and odds[at] >= 0]
    right = sum(several[at].label for at in held)
    wanted = sum(several[at].label for at in odds if chosen(at))
    recall, precision = right / wanted if wanted else 1.0, right / len(held) if held else 1.0
    sys.stdout.write(f"{about:<32}recall {recall:.3f}  precision {precision:.3f}  ({len(held)} held)\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["figures", "weights", "opinion"])
    what = parser.parse_args().what
    of = rules()
    several = known(of)
    if what == "figures":
        report(several, of)
    elif what == "weights":
        RULES.write_text(written_into(RULES.read_text("utf-8"), fitted_weights(several, of).weights), "utf-8")
    else:
        MODEL.write_text(written(fitted_model(several)), "utf-8")


if __name__ == "__main__":
    main()
