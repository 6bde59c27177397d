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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from filters.payment_change.heard import heard
from filters.payment_change.meanings import all_of
from filters.payment_change.opinion import features, scaled
from filters.payment_change.settings import PaymentChangeSettings, Rules
from filters.payment_change.wording import Wordings
from gateway.message.newlines import normalise_newlines
from gateway.message.parse import parse
from tests.corpus import ham
from tests.evaluation.evaluate import MODEL, PROJECT, sets, shipped
from tests.evaluation.examples import examples

RULES = PROJECT / "config/payment_change.yaml"

#: Ham that the tests count, and as much of the rest as is learned from.
TESTED_HAM, LEARNED_HAM = 1000, 700
#: What a ham message counts, beside a labelled mail: by the rules, which the ham test judges, and by the model.
HAM_BY_RULES, HAM_BY_MODEL = 1.5, 0.5
#: Sets that no pattern was written from, and what a mail of them counts: there the patterns are as good as they are.
STRANGE = frozenset({"fourth tuning set", "fifth tuning set", "sixth tuning set"})
STRANGE_COUNTS = 2.0
PARTS = 5
#: Of the sum for one unit of log-odds, in both fits.
POINTS = 5.0
#: How much more the model counts than the rules, where both are asked.
MODEL_COUNTS = 2.0
#: In units of log-odds: how strongly weights are kept small, and those of meanings at nothing.
SIGNALS_SMALL, MEANINGS_SMALL, TO_NOTHING = 3.0, 1.0, 2.0
#: A signal keeps its direction however little it says, and no meaning holds by itself.
LEAST, MOST, MOST_MEANT = 0.1, 2.8, 1.1
#: How far below even odds mail is held already: a change that is missed costs more than a reviewer's glance.
LENIENT = 0.2
#: How freely the model may learn.
MODEL_FREEDOM = 0.3
#: So much less must come from the words where signals about the sender help.
IDENTITY_LIFTS = 0.5
#: So much more a different account needs, which is itself a part of the sum, where it doesn't hold alone.
ACCOUNT_LIFTS = 2.0
#: Mails that a feature of the model must occur in, and a weight that is too small to be written.
MIN_MAILS, MIN_WEIGHT = 2, 0.01


@dataclass(frozen=True, slots=True)
class Known:
    """A labelled mail as it is learned from."""

    source: str  # the set, or "ham"
    family: str
    label: bool
    signals: frozenset[str]
    features: Mapping[str, float]
    meant: frozenset[str]  # every concept and pair, whether or not the rules name it

    def counts(self, ham: float) -> float:
        return ham if self.source == "ham" else STRANGE_COUNTS if self.source in STRANGE else 1.0

    @property
    def part(self) -> int:
        return int(hashlib.sha256(self.family.encode()).hexdigest()[:8], 16) % PARTS


def rules() -> Rules:
    (entry,) = shipped().filters
    assert isinstance(entry.settings, PaymentChangeSettings)
    return entry.settings.rules


def known(of: Rules) -> list[Known]:
    """All that may be learned from."""
    wordings = Wordings(of)

    def one(source: str, family: str, label: bool, raw: bytes) -> Known:
        spoken = heard(parse(raw), wordings)
        names = frozenset(signal.name for signal in wordings.signals(spoken.reads, spoken.calming))
        said = [(read.passage.kind, read.sentences(wordings.concepts)) for read in spoken.reads]
        told = wordings.told(spoken.reads, spoken.calming)
        meant = frozenset(when for sentence in told for when in all_of(sentence.meant))
        return Known(source, family, label, names, features(said, names - of.meanings.keys()), meant)

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
    """The weights of the signals, which keep their signs, and from which sum on a message is held."""

    weights: Mapping[str, float]
    threshold: float

    def log_odds(self, one: Known) -> float:
        return (sum(self.weights.get(name, 0.0) for name in one.signals) - self.threshold) / POINTS


def _found(several: Sequence[Known], of: Rules, names: Iterable[str]) -> Any:
    """A row for each mail: which signals are in it."""
    when = {name: one.when for name, one in of.meanings.items()}
    rows = [[when[name] in one.meant if name in when else name in one.signals for name in names] for one in several]
    return np.array(rows, dtype=float).reshape(len(several), -1)


def fitted_weights(several: Sequence[Known], of: Rules, signs: Mapping[str, int] | None = None) -> Weighing:
    """`signs` are of meanings that are only thought of: 0 where either would do."""
    names = [name for name, signal in of.signals.items() if signal.weight]
    kept = [int(np.sign(of.signals[name].weight)) for name in names]
    meant = {name: (signs or {}).get(name, int(np.sign(one.weight))) for name, one in of.meanings.items()}
    columns = np.hstack(
        [
            _found(several, of, names),
            *(_found(several, of, meant) * sign for sign in (1, -1)),
            -np.ones((len(several), 1)),
        ]
    )
    labels = np.array([1.0 if one.label else -1.0 for one in several])
    counts = np.array([one.counts(HAM_BY_RULES) for one in several])
    to_nothing = np.concatenate([np.zeros(len(names)), np.full(2 * len(meant), TO_NOTHING), [0.0]])
    kept_small = np.concatenate([np.full(len(names), SIGNALS_SMALL), np.full(2 * len(meant), MEANINGS_SMALL), [0.0]])

    def loss(weights: Any) -> tuple[float, Any]:
        margins = labels * (columns @ weights)
        pull = -counts * labels / (1.0 + np.exp(margins))
        size = float(kept_small @ weights**2) / 2 + float(to_nothing @ weights)
        slope = columns.T @ pull + kept_small * weights + to_nothing
        return float(counts @ np.logaddexp(0, -margins)) + size, slope

    bounds = [(LEAST, MOST) if sign > 0 else (-MOST, -LEAST) for sign in kept]
    bounds += [(0.0, MOST_MEANT * (sign != other)) for other in (-1, 1) for sign in meant.values()]
    start = [*(LEAST * sign for sign in kept), *[0.0] * (2 * len(meant)), 1.0]
    best = minimize(loss, start, jac=True, bounds=[*bounds, (0.0, 4.0)], method="L-BFGS-B", options={"maxiter": 400}).x
    plus, minus = np.split(best[len(names) : -1], 2)
    weights = {name: round(POINTS * float(w) * 2) / 2 for name, w in zip(names, best, strict=False)}
    weights |= {name: round(POINTS * float(w), 1) for name, w in zip(meant, plus - minus, strict=True)}
    return Weighing(weights, round(POINTS * (float(best[-1]) - LENIENT) * 2) / 2)


def written_into(text: str, weighing: Weighing) -> str:
    """The YAML of the rules with these weights and thresholds, its comments kept."""
    needed = {
        "account": weighing.threshold + ACCOUNT_LIFTS,
        "wording": weighing.threshold,
        "wording_with_identity": weighing.threshold - IDENTITY_LIFTS,
    }
    text = _replaced(text, needed, r"(\n  {name}: )[0-9.]+")
    head, signals = text.split("\nsignals:\n", 1)
    signals = _replaced(
        "\n" + signals, weighing.weights, r"(\n  {name}:(?:\n    says: [^\n]*\n    | \{{)weight: )[-0-9.]+"
    )
    return f"{head}\nsignals:{signals}"


def _replaced(text: str, numbers: Mapping[str, float], pattern: str) -> str:
    for name, number in numbers.items():
        text, changed = re.subn(pattern.format(name=name), rf"\g<1>{number:g}", text, count=1)
        if not changed:
            raise ValueError(f"there is no {name} in {RULES}")
    return text


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
    logistic.fit(matrix, [one.label for one in several], sample_weight=[one.counts(HAM_BY_MODEL) for one in several])
    weights = {name: round(float(weight), 3) for name, weight in zip(names, logistic.coef_[0], strict=True)}
    kept = {name: weight for name, weight in weights.items() if abs(weight) >= MIN_WEIGHT}
    return Model(kept, round(float(logistic.intercept_[0]), 3))


def written(model: Model) -> str:
    """The model's file, what weighs most first."""
    by_size = dict(sorted(model.weights.items(), key=lambda item: (-abs(item[1]), item[0])))
    data = {"bias": model.bias, "points": POINTS * MODEL_COUNTS, "weights": by_size}
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
        RULES.write_text(written_into(RULES.read_text("utf-8"), fitted_weights(several, of)), "utf-8")
    else:
        MODEL.write_text(written(fitted_model(several)), "utf-8")


if __name__ == "__main__":
    main()
