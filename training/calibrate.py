"""`python -m training.calibrate`: says what a head's log-odds weigh beside a rule's words.

The weight is `points * log_odds + bias`; with the words' sum it makes a finding from the threshold on. Both numbers
come from mails that the network hasn't learned from: those of the writers that were held back, and ham. Where
`build/training/words.json` has the words' sums (`training.words`), words and model are fitted together
(`training.heads`). Prints what words, model and both find. Writes the network with all that the gateway needs but the
exits (`training.read_outs`).
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from training import base
from training.export import SMALL
from training.fit import BASE, FOLDER, MAILS, tokenizer
from training.heads import THRESHOLD, Head, Known, fitted, known, language_of
from training.mails import RULES, TOKENS, Labelled, read
from training.scores import Scorer

WORDS, SCORES, HASH = FOLDER / "words.json", FOLDER / "scores.json", FOLDER / "hash.txt"
CALIBRATED = FOLDER / "calibrated.onnx"


def report(head: Head, of: Known) -> Iterator[str]:
    """Yield lines: words alone where they are known, the model alone, both; by difficulty and language."""
    yield f"{head.rule}: points {head.points}, bias {head.bias}; {len(of.mails)} held back, {of.labels.sum()} true"
    ways = {"model": (of.odds * 0, of.ham_odds * 0, True)}
    if of.words.any():
        ways = {"words": (of.words, of.ham_words, False), **ways, "both": (of.words, of.ham_words, True)}
    others = int((head.weights(of.others_odds) >= THRESHOLD).sum())
    yield f"  of other rules' mails the model alone finds {others} of {len(of.others_odds)}"
    for name, (words, ham_words, with_model) in ways.items():
        found = words + with_model * head.weights(of.odds) >= THRESHOLD
        alarms = int((ham_words + with_model * head.weights(of.ham_odds) >= THRESHOLD).sum())
        yield f"  {name:<6}{_line(of.labels, found)}  ham {alarms} of {len(of.ham_odds)}"
        if name in ("model", "both"):
            for kind, chosen in _kinds(of.mails):
                yield f"    {kind:<12}{_line(of.labels[chosen], found[chosen])}"


def _kinds(mails: Sequence[Labelled]) -> Iterator[tuple[str, Any]]:
    for difficulty in ("easy", "medium", "hard"):
        yield difficulty, np.array([mail.difficulty == difficulty for mail in mails])
    foreign = np.array([language_of(mail) != "en" for mail in mails])
    yield "English", ~foreign
    yield "other", foreign
    for source in sorted({mail.source for mail in mails}):
        yield source, np.array([mail.source == source for mail in mails])


def _line(labels: Any, found: Any) -> str:
    right, wanted, held = int(labels[found].sum()), int(labels.sum()), int(found.sum())
    recall, precision = right / wanted if wanted else 1.0, right / held if held else 1.0
    return f"recall {recall:.3f}  precision {precision:.3f}  ({right} of {wanted} found, {held - right} false)"


def write(heads: Sequence[Head], words: Any, trained: str, path: Path) -> None:
    """Write the weights file with its metadata."""
    model = onnx.load(SMALL)
    metadata = {
        "tokenizer": base64.b64encode(zlib.compress(words.to_str().encode(), 9)).decode(),
        "heads": json.dumps([{"rule": one.rule, "points": one.points, "bias": one.bias} for one in heads]),
        "tokens": str(TOKENS),
        "trained": trained,
    }
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, path)


def scores_of(mails: Sequence[Labelled], words: Any) -> Any:
    """Return the scores of mails that weren't learned from; kept in a file, since they take a minute."""
    if SCORES.exists() and SCORES.stat().st_mtime > SMALL.stat().st_mtime:
        return np.array(json.loads(SCORES.read_text("utf-8")))
    scores = Scorer(SMALL, words).of(mails)
    SCORES.write_text(json.dumps(scores.tolist()), "utf-8")
    return scores


def trained_line(mails: Iterable[Labelled]) -> str:
    """Return the date, the number of mails, the hash of the labelled files and the base, in one line."""
    learned = sum(mail.use == "learn" for mail in mails)
    return f"{date.today()}, {learned} mails, labelled files {HASH.read_text('utf-8').strip()}, base {base.NAME}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=CALIBRATED)
    to = parser.parse_args().to
    words = tokenizer(BASE)
    mails = read(MAILS)
    kept = [mail for mail in mails if mail.use != "learn"]
    scores = scores_of(kept, words)
    sums = json.loads(WORDS.read_text("utf-8")) if WORDS.exists() else {}
    heads = []
    for rule in RULES:
        of = known(rule, kept, scores, sums.get(rule, {}))
        heads.append(fitted(rule, of))
        sys.stdout.write("".join(f"{line}\n" for line in report(heads[-1], of)))
    write(heads, words, trained_line(mails), to)
    sys.stdout.write(f"{to}: {to.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
