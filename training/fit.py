"""`python -m training.fit`: trains the network on the labelled mails, with fixed seeds.

Reads `mails.jsonl` of build/training (`training.labelled`) and the base encoder; writes `network.safetensors`.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training import base
from training.encoder import Network, renamed
from training.mails import RULES, TOKENS, Labelled, read
from training.samples import Epochs, Sample

FOLDER = Path(__file__).resolve().parents[1] / "build/training"
MAILS, BASE, NETWORK = FOLDER / "mails.jsonl", FOLDER / "base", FOLDER / "network.safetensors"

SEED, BATCH = 18, 32


@dataclass(frozen=True, slots=True)
class Phase:
    """Epochs with one schedule of the learning rate, which rises and then falls to nothing."""

    epochs: range
    rate: float  # of the encoder
    heads_rate: float  # of the heads, which begin at nothing
    of_others: float  # what a mail counts for the head of a rule that it was not written for


#: In the first the heads learn what their rule is about; in the second, what it is not: the first takes much of what
#: another rule finds for a finding of its own.
PHASES = (Phase(range(3), 8e-5, 2e-3, 0.1), Phase(range(3, 4), 4e-5, 1e-3, 0.5))
#: Share of a phase's steps in which the rates rise; how strongly weights are kept small.
WARM_UP, DECAY = 0.06, 0.01
#: Batches whose samples are sorted by length together: little padding, and still another mix each epoch.
SORTED_BATCHES = 24
#: Steps between two lines of progress.
TOLD_STEPS = 20

Epoch = Sequence[tuple[list[int], Sample]]


def tokenizer(folder: Path) -> Any:
    """Return the base encoder's tokenizer, which cuts a pair to a window and pads nothing."""
    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.no_padding()
    made.enable_truncation(TOKENS)
    return made


def batches(encoded: Epoch, chance: Random) -> Iterator[list[tuple[list[int], Sample]]]:
    """Yield batches of samples of about the same length, in no order."""
    found = []
    for at in range(0, len(encoded), BATCH * SORTED_BATCHES):
        several = sorted(encoded[at : at + BATCH * SORTED_BATCHES], key=lambda one: len(one[0]))
        found += [several[first : first + BATCH] for first in range(0, len(several), BATCH)]
    chance.shuffle(found)
    yield from found


def padded(rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """Return token ids and the mask of a batch."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def loss_of(logits: Tensor, several: Sequence[Sample]) -> Tensor:
    """Cross entropy of all heads, each target by what it counts."""
    wanted = torch.tensor([one.targets for one in several])
    counts = torch.tensor([one.counts for one in several])
    each = functional.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
    return (each * counts).sum() / len(several)


def fit(network: Network, phase: Phase, encoded: Sequence[Epoch], most_seconds: float | None = None) -> None:
    """Train the network. It computes in bfloat16; its weights are kept, and moved, in full precision.

    `most_seconds` ends a trial of the speed early.
    """
    steps = sum((len(several) + BATCH - 1) // BATCH for several in encoded)
    halves, wholes = freeze(network), dict(network.named_parameters())
    network.train()
    computing = copy.deepcopy(network).to(torch.bfloat16)
    heads = [whole for name, whole in wholes.items() if name in halves and name.startswith(("attend", "say"))]
    rest = [whole for name, whole in wholes.items() if name in halves and not name.startswith(("attend", "say"))]
    groups = [{"params": rest, "lr": phase.rate}, {"params": heads, "lr": phase.heads_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY, foreach=True)
    warm = max(1, int(steps * WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm)))
    )
    pairs = [(half, wholes[name]) for name, half in computing.named_parameters() if name in halves]
    started, step, total, tokens = time.monotonic(), 0, 0.0, 0
    for epoch, several in zip(phase.epochs, encoded, strict=True):
        for batch in batches(several, Random(f"{SEED}/{epoch}")):
            ids, mask = padded([row for row, _ in batch])
            loss = loss_of(computing(ids, mask), [one for _, one in batch])
            loss.backward()
            for half, whole in pairs:
                whole.grad, half.grad = half.grad.float(), None
            torch.nn.utils.clip_grad_norm_([*rest, *heads], 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for half, whole in pairs:
                    half.copy_(whole)
            step, total, tokens = step + 1, total + loss.item(), tokens + int(mask.sum())
            spent = time.monotonic() - started
            if step % TOLD_STEPS == 0:
                _tell(f"epoch {epoch} step {step}/{steps} loss {total / TOLD_STEPS:.4f} {spent:.0f} s {tokens} tokens")
                total = 0.0
            if most_seconds and spent > most_seconds:
                _tell(f"{step * BATCH / spent:.1f} samples a second, {tokens / spent:.0f} tokens, {steps} steps in all")
                return


def freeze(network: Network) -> set[str]:
    """Freeze the words' vectors, half of all weights; return the names of the parameters that are trained."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith("words."))
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phase", type=int, help="go on with the network that is there, by this phase alone")
    parser.add_argument("--seconds", type=float, help="end after so many: a trial of the speed, nothing is written")
    arguments = parser.parse_args()
    folder = base.fetched(BASE)
    words, counter = tokenizer(folder), tokenizer(folder)
    counter.no_truncation()
    mails = read(MAILS)
    torch.manual_seed(SEED)
    network = Network(len(RULES))
    if arguments.phase is None:
        network.load_state_dict(renamed(load_file(folder / "model.safetensors")), strict=False)
    else:
        network.load_state_dict(load_file(NETWORK))
    for number, phase in enumerate(PHASES):
        if arguments.phase in (None, number):
            torch.manual_seed(SEED + number)
            encoded = encoded_epochs(phase, mails, words, counter)
            _tell(f"{sum(map(len, encoded))} samples, {sum(len(row) for one in encoded for row, _ in one)} tokens")
            fit(network, phase, encoded, arguments.seconds)
            if not arguments.seconds:
                save_file(network.state_dict(), NETWORK)


def encoded_epochs(phase: Phase, mails: Sequence[Labelled], words: Any, counter: Any) -> list[Epoch]:
    """Return the samples of a phase's epochs, with their tokens."""

    def tokens(text: str) -> int:
        return len(counter.encode(text, add_special_tokens=False))

    epochs = Epochs(mails, tokens, TOKENS, SEED, phase.of_others)
    return [[(words.encode(one.subject, one.text).ids, one) for one in epochs.epoch(number)] for number in phase.epochs]


if __name__ == "__main__":
    main()
