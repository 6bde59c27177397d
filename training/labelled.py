"""The mails that the language model learns from: labelled ones of `tests/evaluation`, and real ham.

Each is read as the gateway reads it (`gateway.language_model.written`). Sets whose name begins with `unread` are never
opened. `python -m training.labelled FOLDER` writes what the other steps need; nothing here needs the encoder.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from filters.registry import FILTERS
from gateway.language_model.written import written
from gateway.matching.cues import CueRules, Cues
from gateway.matching.text_rule import OWN
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.settings.loading import load
from tests.corpus import ham
from tests.evaluation.examples import Example, examples
from training.mails import Labelled, Use, written_to

PROJECT = Path(__file__).resolve().parents[1]
SETS = PROJECT / "tests/evaluation"

#: The files of a rule, and what a mail of them counts.
FILES = {
    "payment_change": {
        **{f"tuning{number}.jsonl": 1.0 for number in ("", 2, 3, 4, 5, 6, 7)},
        "tuning8.jsonl": 2.0,
        "ordinary.jsonl": 3.0,
        "plain.jsonl": 10.0,
        "quoted.jsonl": 1.0,
    },
    "language": {"tuning.jsonl": 1.0},
    "commitment": {"tuning.jsonl": 1.0},
    "broadcast": {"tuning.jsonl": 1.0},
    "confidential": {"tuning.jsonl": 1.0},
    "personal": {"tuning.jsonl": 1.0, "tuning2.jsonl": 1.0},
}
#: Writers whose mails are not learned from: the calibration and the figures are of them. Of payment changes they are an
#: accounts office's ordinary mail, and one person of the eighth tuning set.
HELD_BACK = {"w7", "w8", "ordinary/r", "tuning8/8g"}
#: Directions that a rule looks at. A mail of another is labelled false whatever it says, so its label teaches nothing.
DIRECTIONS = {
    "commitment": ("outbound",),
    "confidential": ("outbound",),
    "personal": ("outbound", "internal"),
}
#: Ham in one shuffled order: the first is scored in trials, the second learned from, the rest is left unseen.
SHUFFLED_BY, SCORED_HAM, LEARNED_HAM = 18, 1000, 1200
#: Ham that the tests count (`ham.sample`) isn't learned from either.
TESTED_HAM = 1000


class Standing:
    """The shipped rules' cues that weigh the threshold by themselves."""

    def __init__(self) -> None:
        shipped = load(PROJECT / "config/gateway.yaml", FILTERS).filters
        rules = {one.kind: getattr(one.settings, "rules", None) for one in shipped if one.kind in FILES}
        self._rules = {kind: (Cues(one), one.threshold) for kind, one in rules.items() if isinstance(one, CueRules)}

    def sentences(self, rule: str, message: Message) -> tuple[str, ...]:
        """Return the sentences of a message, folded, in which a rule has such a cue."""
        if rule not in self._rules:
            return ()
        cues, threshold = self._rules[rule]
        found = [one for one in cues.found([*message.view.of(*OWN)]) if one.cue.weight >= threshold]
        return tuple(dict.fromkeys(at.folded for one in found for at in one.places))


def labelled() -> Iterator[Labelled]:
    """Those of every rule, in the order of the files, and the ham. Raises BadExample, NoHam."""
    standing = Standing()
    for rule, files in FILES.items():
        for name, counts in files.items():
            for example in examples(SETS / rule / name):
                yield _labelled(rule, Path(name).stem, counts, example, standing)
    yield from _ham()


def hash_of_files() -> str:
    """Return the SHA-256 of the labelled files, in the order in which they are read."""
    digest = hashlib.sha256()
    for rule, files in FILES.items():
        for name in files:
            digest.update((SETS / rule / name).read_bytes())
    return digest.hexdigest()


def chosen_ham(names: Sequence[str], tested: Iterable[str]) -> dict[str, Use]:
    """Return the use of each ham message by its name; those left unseen are not among them."""
    order = sorted(f"{name.replace('/', '-')}.txt" for name in names)
    by_file = {f"{name.replace('/', '-')}.txt": name for name in names}
    random.Random(SHUFFLED_BY).shuffle(order)
    kept_for_tests = set(tested)
    chosen: dict[str, Use] = {by_file[name]: "score" for name in order[:SCORED_HAM]}
    for name in order[SCORED_HAM : SCORED_HAM + LEARNED_HAM]:
        if by_file[name] not in kept_for_tests:
            chosen[by_file[name]] = "learn"
    return chosen


def use_of(stem: str, example: Example) -> Use:
    """Return the use of a mail of the file with this stem: its writer decides."""
    writer = writer_of(example)
    return "hold back" if writer in HELD_BACK or f"{stem}/{writer}" in HELD_BACK else "learn"


def writer_of(example: Example) -> str:
    return example.id.split("-")[0]


def _labelled(rule: str, stem: str, counts: float, example: Example, standing: Standing) -> Labelled:
    speaks = example.label or example.direction in DIRECTIONS.get(rule, (example.direction,))
    use, source = use_of(stem, example), f"{stem}/{writer_of(example)}"
    mail = (example.id, rule, example.label, use, counts, speaks, example.difficulty, source)
    message = parse(example.raw)
    read = written(message)
    return Labelled(*mail, read.subject, read.sentences, standing.sentences(rule, message))


def _ham() -> Iterator[Labelled]:
    messages = ham.all_ham()
    chosen = chosen_ham([one.name for one in messages], [one.name for one in ham.sample(TESTED_HAM)])
    for one in messages:
        if use := chosen.get(one.name):
            read = written(parse(normalise_newlines(one.raw)))
            yield Labelled(one.name, "", False, use, 1.0, True, "", "ham", read.subject, read.sentences)


def main() -> None:
    folder = Path(sys.argv[1])
    count = written_to(folder / "mails.jsonl", labelled())
    (folder / "hash.txt").write_text(f"{hash_of_files()}\n", "utf-8")
    sys.stdout.write(f"{count} mails in {folder / 'mails.jsonl'}\n")


if __name__ == "__main__":
    main()
