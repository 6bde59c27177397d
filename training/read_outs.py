"""`python -m training.read_outs`: fits the exits at which the network stops where it would surely find nothing.

They learn from the network and not from labels: from the weights that it gives the samples of an epoch. An exit's limit
is below all findings of the writers held back for which the network speaks. Reads `build/training/calibrated.onnx`,
writes `gateway/language_model/weights.onnx`, and prints what stops.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from training.calibrate import CALIBRATED
from training.encoder import WIDTH
from training.exits import LOGITS, Exit, add_exits, vectors
from training.fit import BASE, MAILS, PHASES, SEED, Epoch, Phase, encoded_epochs, tokenizer
from training.heads import LEAST, MOST
from training.mails import RULES, Labelled, Use, read

WEIGHTS = Path(__file__).resolve().parents[1] / "gateway/language_model/weights.onnx"

#: Layers after which the network may stop.
AFTER = (1, 3)
#: The samples of an epoch; mails held back are shown in several, bare and in several carriers.
ONCE, SEVERAL = replace(PHASES[0], epochs=range(1)), replace(PHASES[0], epochs=range(4))
#: Features of a read-out; its epochs, and the most that it learns in a step.
FEATURES, EPOCHS, RATE, BATCH = 64, 20, 5e-3, 64
#: What it costs to predict a weight too low, where too high costs 1; what remains of both costs at LEAST and below.
TOO_LOW, BOTH_LEAST = 4.0, 0.01
#: Weights are learned in this unit, and from this one on.
UNIT, LOWEST = 10.0, -15.0
#: Tokens from which on a text may stop. A shorter one costs little, and one sentence in French was stopped wrongly.
LEAST_TOKENS = 64
#: What the limit is below the lowest finding.
MARGIN = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """Samples, by what the whole network says of them."""

    weights: Any  # a row a sample, a column a head
    found: Any  # True where it is a finding of a rule, and the network speaks for that
    vectors: Sequence[Sequence[Any]]  # of each exit, of each sample: a row a token


class ReadOut(nn.Module):  # type: ignore[misc]
    """The prediction of the heads' weights by one layer's vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.attend, self.say = nn.Linear(WIDTH, FEATURES, bias=False), nn.Linear(WIDTH, FEATURES)
        self.out = nn.Linear(FEATURES, len(RULES))
        nn.init.zeros_(self.attend.weight)

    def forward(self, several: Sequence[Any]) -> Tensor:
        """Return the weights of samples, in the unit in which they are learned."""
        longest = max(map(len, several))
        hidden, padding = torch.zeros(len(several), longest, WIDTH), torch.full((len(several), longest, 1), -1e4)
        for number, one in enumerate(several):
            hidden[number, : len(one)], padding[number, : len(one)] = torch.from_numpy(one), 0
        shares = torch.softmax(self.attend(hidden) + padding, dim=1)
        weights: Tensor = self.out(torch.relu((shares * self.say(hidden)).sum(dim=1)))
        return weights

    def predicted(self, vectors: Sequence[Any]) -> Any:
        """Return the weights of samples."""
        with torch.no_grad():
            return np.vstack([self([one]).numpy() for one in vectors]) * UNIT


class Heads:
    """The calibration of the heads: weight = points * log-odds + bias."""

    def __init__(self, model: onnx.ModelProto) -> None:
        (said,) = (json.loads(one.value) for one in model.metadata_props if one.key == "heads")
        self.points, self.bias = (np.array([head[name] for head in said]) for name in ("points", "bias"))

    def weights(self, log_odds: Any) -> Any:
        return log_odds * self.points + self.bias

    def log_odds(self, weights: Any) -> Any:
        return (weights - self.bias) / self.points

    def exit(self, layers: int, read_out: ReadOut, limit: float) -> Exit:
        """Return an exit that predicts log-odds, for all weights below a limit."""
        attend, say, say_bias, out, bias = (one.detach().numpy().T for one in read_out.parameters())
        outs = out * UNIT / self.points, self.log_odds(bias * UNIT)
        return Exit(layers, LEAST_TOKENS, attend, say, say_bias, *outs, *map(self.log_odds, (limit, LEAST)))


def known(model: onnx.ModelProto, samples: Epoch) -> Known:
    """Ask the network about samples."""
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    names = [vectors(layers) for layers in AFTER]
    asked.graph.output.extend(onnx.helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, None) for one in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(asked.SerializeToString(), options, providers=["CPUExecutionProvider"])
    odds, found = [], []
    for ids, _ in samples:
        row = np.array([ids], dtype=np.int64)
        (logits,), *each = session.run([LOGITS, *names], {"input_ids": row, "attention_mask": np.ones_like(row)})
        odds.append(logits)
        found.append([one[0].astype(np.float16) for one in each])
    weights = Heads(model).weights(np.array(odds))
    labels = np.array([one.targets for _, one in samples])
    return Known(weights, ((labels > 0) & (weights > 0)).any(axis=1), list(zip(*found, strict=True)))


def fitted(vectors: Sequence[Any], weights: Any) -> ReadOut:
    """Return the read-out of one layer, fitted to the network's weights."""
    torch.manual_seed(SEED)
    chance, read_out = Random(SEED), ReadOut()
    wanted = torch.from_numpy(np.clip(weights, LOWEST, MOST) / UNIT).float()
    by_length = sorted(range(len(vectors)), key=lambda one: len(vectors[one]))
    batches = [by_length[at : at + BATCH] for at in range(0, len(by_length), BATCH)]
    optimizer = torch.optim.AdamW(read_out.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * len(batches))
    for _ in range(EPOCHS):
        for batch in chance.sample(batches, len(batches)):
            optimizer.zero_grad()
            loss_of(read_out([vectors[one] for one in batch]), wanted[batch]).backward()
            optimizer.step()
            schedule.step()
    return read_out


def loss_of(predicted: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean square of the differences, each by what it costs."""
    low = torch.maximum(predicted, wanted) <= LEAST / UNIT
    costs = torch.where(wanted > predicted, TOO_LOW, 1.0) * torch.where(low, BOTH_LEAST, 1.0)
    return (costs * (predicted - wanted) ** 2).mean()


def samples(mails: Sequence[Labelled], use: Use, phase: Phase) -> Epoch:
    """Return the samples of mails, with their tokens."""
    words, counter = tokenizer(BASE), tokenizer(BASE)
    counter.no_truncation()
    shown = [replace(mail, use="learn") for mail in mails if mail.use == use]
    return [one for epoch in encoded_epochs(phase, shown, words, counter) for one in epoch]


def exits(heads: Heads, learned: Known, held_back: Known, ham: Known) -> Iterator[Exit]:
    """Yield the exits, and print what stops of samples that weren't learned from."""
    for number, layers in enumerate(AFTER):
        read_out = fitted(learned.vectors[number], learned.weights)
        highest, of_ham = (read_out.predicted(one.vectors[number]).max(axis=1) for one in (held_back, ham))
        limit = float(highest[held_back.found].min()) - MARGIN
        shares = [f"{(one < limit).mean():.3f}" for one in (of_ham, highest)]
        wrong = int((held_back.weights[highest < limit] >= 0).any(axis=1).sum())
        sys.stdout.write(
            f"after {layers} layers {shares[0]} of ham stop, with all weights below {limit:.1f}, and {shares[1]} of "
            f"{len(highest)} samples held back; the network wrongly speaks for {wrong} of these\n"
        )
        yield heads.exit(layers, read_out, limit)


def main() -> None:
    model, mails = onnx.load(CALIBRATED), read(MAILS)
    learned, ham = (known(model, samples(mails, use, ONCE)) for use in ("learn", "score"))
    held_back = known(model, samples(mails, "hold back", SEVERAL))
    add_exits(model, list(exits(Heads(model), learned, held_back, ham)))
    onnx.checker.check_model(model)
    onnx.save(model, WEIGHTS)
    sys.stdout.write(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
