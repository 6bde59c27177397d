"""`make evaluate-disguised`: what the disguises of the evasion catalogue (T01 to T15) cost of recall, by code.

Each change of a set is written as a plain letter, and once in each disguise. It takes a minute for thirty changes.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.corpus.letters import Letter, Obfuscation, plain
from tests.corpus.obfuscation import OBFUSCATIONS
from tests.evaluation.evaluate import Judged, judge, sets
from tests.evaluation.examples import Example, examples

SETS = ("development set", "tuning half")
#: Disguises that are shown of a set.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Disguised:
    """The changes of a set: as plain letters, and in each disguise by its name."""

    plain: Sequence[Judged]
    by_disguise: dict[str, Sequence[Judged]]

    @property
    def recall(self) -> float:
        return _share(self.plain)

    @property
    def recall_disguised(self) -> float:
        return _share([one for several in self.by_disguise.values() for one in several])

    def lost(self) -> Counter[str]:
        """Letters that are found plain and are missed in a disguise, by its name."""
        found = [one.held for one in self.plain]
        return Counter(
            name
            for name, several in self.by_disguise.items()
            for one, plainly in zip(several, found, strict=True)
            if plainly and not one.held
        )


def disguise(changes: Sequence[Example]) -> Disguised:
    """Judged in every way of writing it."""
    ways = {"plain": lambda letter: plain(letter, letter.text), **OBFUSCATIONS}
    letters = {name: [_letter(one, name, write) for one in changes] for name, write in ways.items()}
    judged = asyncio.run(judge(letters))
    return Disguised(judged.pop("plain"), judged)


def changes_in(name: str) -> list[Example]:
    """Those of a set that have a text."""
    return [one for one in examples(sets()[name]) if one.label and one.record["text"]]


def _letter(example: Example, name: str, write: Obfuscation) -> Example:
    record = example.record
    raw = write(Letter(record["text"], record["subject"], record["from"], record["to"][0]))
    return Example(f"{example.id} {name}", True, example.difficulty, example.direction, record | {"raw": raw})


def _share(judged: Sequence[Judged]) -> float:
    return sum(one.held for one in judged) / len(judged)


def main() -> None:
    for name in SETS:
        if name not in sets():
            continue
        found = disguise(changes_in(name))
        lost = ", ".join(f"{disguise} {count}" for disguise, count in found.lost().most_common(SHOWN))
        sys.stdout.write(
            f"{name}: {len(found.plain)} changes, recall {found.recall:.3f}, in {len(found.by_disguise)} disguises "
            f"{found.recall_disguised:.3f}\n  lost most often: {lost}\n"
        )


if __name__ == "__main__":
    main()
