"""`python -m training.gate`: fits the gate before the network, a linear model that says where the network is needed.

It learns from the network and not from labels: from the weights that the network gives the windows of mails, and
findings inside other mails. A rule's limit opens a share of ham that nothing was learned from. Prints how many of the
mails that were held back, and that the network finds, are open. Writes `gateway/language_model/gate.json`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from gateway.language_model.encoder import Encoder
from gateway.language_model.gate import FILE, TOKENS, Gate, marked_windows, marks
from gateway.language_model.process_model import WEIGHTS
from gateway.language_model.written import Written, likely_tokens, likely_windows
from training.mails import Labelled, read
from training.samples import OWN_SUBJECT, is_carrier

FOLDER = Path(__file__).resolve().parents[1] / "build/training"
MAILS, SCORED = FOLDER / "mails.jsonl", FOLDER / "gate.jsonl"

SEED = 18
#: Payment changes that are shown, as many as of two other rules; windows of a mail that are; where a sentence stands.
CHANGES, MOST_WINDOWS, HALF = 1200, 8, 0.5
#: Share of ham messages for which each rule's gate is open. The words of payment changes are a narrow gate themselves.
OPEN_HAM = {"payment_change": 0.12, "language": 0.085, "commitment": 0.025, "broadcast": 0.03, "confidential": 0.045}
#: The network's weight at which a window counts half as one to open, and the width of the slope around it. A window
#: that counts less than LEAST counts nothing.
MIDDLE, SLOPE, LEAST = 4.0, 8.0, 0.05
#: Samples in which a word or a pair must stand; steps of the fit; how strongly weights are kept small.
IN_SAMPLES, STEPS, DECAY = 4, 150, 1e-3
#: The largest of the fit's steps, and the least; what is kept of the mean of gradients and of their squares.
RATE, LEAST_RATE, MEAN, SQUARES = 0.08, 0.003, 0.9, 0.99
#: The unit of the weights in the file, and the sum from which on a mark's weights are kept.
UNIT, KEPT = 100, 10


class Row(NamedTuple):
    """A sample: its words and pairs, and the network's weight for each rule that has a gate."""

    marks: list[str]
    weights: list[float]


def rows_of(mails: Sequence[Labelled]) -> list[Row]:
    """Return the samples with the network's weights; they are kept in a file, since scoring takes minutes."""
    if not SCORED.exists() or SCORED.stat().st_mtime < max(WEIGHTS.stat().st_mtime, MAILS.stat().st_mtime):
        network = Network()
        rows = [Row(sorted(marks_of(one)), network.weights(one)) for one in samples(mails)]
        SCORED.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return [Row(*json.loads(line)) for line in SCORED.read_text("utf-8").splitlines()]


def marks_of(text: Written) -> set[str]:
    return set().union(*map(marks, (text.subject, *text.sentences)))


def samples(mails: Sequence[Labelled]) -> Iterator[Written]:
    """Yield the windows of mails that the network learned from, and findings inside other mails."""
    chance = Random(SEED)
    learned = [one for one in mails if one.use == "learn"]
    changes = [one for one in learned if one.rule == "payment_change"]
    left_out = {one.id for one in chance.sample(changes, max(len(changes) - CHANGES, 0))}
    shown = [one for one in learned if one.rule != "payment_change" or one.id not in left_out]
    for mail in shown:
        text = Written(mail.subject, mail.sentences)
        for window, _ in list(marked_windows(text))[:MOST_WINDOWS]:
            yield Written(mail.subject, mail.sentences[window.first : window.end])
    ham = [one for one in learned if not one.rule and likely_windows(Written("", one.sentences)) > 1]
    ordinary = [one for one in learned if is_carrier(one)]
    for number, mail in enumerate(one for one in shown if one.label):
        yield carried(mail, chance.choice(ham if number % 3 else ordinary), chance)


def carried(mail: Labelled, carrier: Labelled, chance: Random) -> Written:
    """Return a mail's text among a run of sentences of a carrier, as many as a window has room for."""
    subject = mail.subject if chance.random() < OWN_SUBJECT else carrier.subject
    room = TOKENS - sum(map(likely_tokens, (subject, *mail.sentences)))
    around: tuple[list[str], list[str]] = ([], [])
    for sentence in carrier.sentences[chance.randrange(len(carrier.sentences)) :]:
        if (room := room - likely_tokens(sentence)) < 0:
            break
        around[chance.random() < HALF].append(sentence)
    before, after = around
    return Written(subject, (*before, *mail.sentences, *after))


class Network:
    """The network as shipped."""

    def __init__(self) -> None:
        self._encoder = Encoder(WEIGHTS)
        heads = {str(head["rule"]): (place, head) for place, head in enumerate(self._encoder.heads)}
        self._heads = [heads[rule] for rule in OPEN_HAM]

    def weights(self, text: Written) -> list[float]:
        """Return the highest weight of a text for each rule that has a gate."""
        highest = np.max(self._encoder.log_odds(text.subject, text.sentences), axis=0)
        return [round(head["points"] * float(highest[place]) + head["bias"], 2) for place, head in self._heads]


def fitted(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Return the weights of words and pairs, by logistic regression on what the network says."""
    counts = Counter(mark for row in rows for mark in row.marks)
    numbers = {mark: number for number, mark in enumerate(sorted(m for m, n in counts.items() if n >= IN_SAMPLES))}
    lines = [[*(numbers[mark] for mark in row.marks if mark in numbers), len(numbers)] for row in rows]
    lengths = np.array([len(line) for line in lines])
    places = np.array([place for line in lines for place in line])
    wanted = 1 / (1 + np.exp((MIDDLE - np.array([row.weights for row in rows])) / SLOPE))
    wanted[wanted < LEAST] = 0
    columns = [_column(places, lengths, wanted[:, head], len(numbers)) for head in range(len(OPEN_HAM))]
    whole = np.rint(np.column_stack(columns) * UNIT).astype(int)
    return {mark: row.tolist() for mark, row in zip(numbers, whole, strict=True) if abs(row).sum() >= KEPT}


def _column(places: Any, lengths: Any, wanted: Any, count: int) -> Any:
    """Return one rule's weights, by gradient descent with a step of its own for each weight (Adam)."""
    weights, mean, squares = (np.zeros(count + 1) for _ in range(3))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for step in range(1, STEPS + 1):
        chances = 1 / (1 + np.exp(-np.add.reduceat(weights[places], starts)))
        pull: Any = np.bincount(places, np.repeat((chances - wanted) / len(wanted), lengths), count + 1)
        pull[:count] += DECAY * weights[:count]
        mean += (1 - MEAN) * (pull - mean)
        squares += (1 - SQUARES) * (pull**2 - squares)
        rate = RATE * (1 - step / (STEPS + 1)) + LEAST_RATE
        weights -= rate * mean / (1 - MEAN**step) / (np.sqrt(squares / (1 - SQUARES**step)) + 1e-9)
    return weights[:count]


def limits(weights: dict[str, list[int]], ham: Sequence[Labelled]) -> dict[str, int]:
    """Return each rule's limit, which opens its share of ham."""
    sums = np.array([highest(weights, one) for one in ham])
    shares = enumerate(OPEN_HAM.items())
    return {rule: int(np.ceil(np.quantile(sums[:, head], 1 - share))) for head, (rule, share) in shares}


def highest(weights: dict[str, list[int]], mail: Labelled) -> Any:
    """Return the highest sum of a mail's windows for each rule."""
    none = [0] * len(OPEN_HAM)
    several = [marked for _, marked in marked_windows(Written(mail.subject, mail.sentences))]
    return np.max([np.sum([weights.get(mark, none) for mark in one] or [none], axis=0) for one in several], axis=0)


def report(gate: Gate, mails: Sequence[Labelled]) -> Iterator[str]:
    """Yield a line a rule: how many of the held-back mails that the network finds alone are open."""
    network = Network()
    for head, rule in enumerate(OPEN_HAM):
        texts = [Written(one.subject, one.sentences) for one in mails if one.rule == rule and one.label]
        found = [one for one in texts if network.weights(one)[head] >= MIDDLE]
        opened = sum(bool(gate.open_windows(one)[rule]) for one in found)
        yield f"{rule}: {opened} of {len(found)} are open"


def main() -> None:
    mails = read(MAILS)
    weights = fitted(rows_of(mails))
    limit = limits(weights, [one for one in mails if one.use == "score"])
    lines = ",\n".join(f"{json.dumps(mark)}: {json.dumps(row)}" for mark, row in sorted(weights.items()))
    FILE.write_text(f'{{"limits": {json.dumps(limit)},\n"weights": {{\n{lines}\n}}}}\n', "utf-8")
    held_back = [one for one in mails if one.use == "hold back"]
    sys.stdout.write("".join(f"{line}\n" for line in report(Gate(limit, weights), held_back)))
    sys.stdout.write(f"{FILE}: {len(weights)} words and pairs, {FILE.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
