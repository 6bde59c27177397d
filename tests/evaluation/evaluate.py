"""`make evaluate`: how well `payment_change` tells a change of where money goes from ordinary mail.

Labelled mails go through what `mailwarden explain` does, as shipped and once more with the second opinion, which is off
as shipped. For each set it prints recall and precision by difficulty, then every miss and every false alarm with its
evidence (as shipped, or of the second opinion with `--second-opinion`); of an unread set the figures alone, unless
`--show-unread` is given: whoever tunes the rules must not see it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from filters.payment_change.effort import Effort
from filters.payment_change.passages import searched_passages
from filters.payment_change.settings import PaymentChangeSettings
from filters.payment_change.wording import Wordings
from filters.registry import FILTERS
from gateway.message.mime.parse import parse
from gateway.operations.explain import Assumed, Explainer, Source, explaining
from gateway.settings.loading import load
from gateway.settings.models import Settings
from tests.evaluation.examples import BadExample, Example, examples

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATION = PROJECT / "config/gateway.yaml"
MODEL = PROJECT / "config/payment_change_opinion.json"
FILTER = "payment_change"
SETS = Path(__file__).resolve().parent / FILTER
UNREAD = "unread set"
#: The development set stands beside the project, where there is one.
DEVELOPMENT = PROJECT.parent / "shared/devset/p1.jsonl"

DIFFICULTIES = ("easy", "medium", "hard")
#: Pieces of evidence that are shown of a mistake.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """One example and what was found in it."""

    example: Example
    findings: tuple[dict[str, Any], ...] = field(repr=False)

    @property
    def held(self) -> bool:
        return any(finding["action"] == "quarantine" for finding in self.findings)

    @property
    def right(self) -> bool:
        return self.held == self.example.label


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of examples that were held or passed, rightly and wrongly."""

    found: int
    missed: int
    false: int
    passed: int

    @property
    def recall(self) -> float:
        return _share(self.found, self.found + self.missed)

    @property
    def precision(self) -> float:
        return _share(self.found, self.found + self.false)

    def __str__(self) -> str:
        counts = f"{self.found} found, {self.missed} missed, {self.false} false, {self.passed} passed"
        return f"recall {self.recall:.3f}  precision {self.precision:.3f}  ({counts})"


def figures(judged: Sequence[Judged]) -> Figures:
    def count(label: bool, held: bool) -> int:
        return sum(one.example.label is label and one.held is held for one in judged)

    return Figures(count(True, True), count(True, False), count(False, True), count(False, False))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def sets() -> dict[str, Path]:
    """Those that are there, by what they are called."""
    named = {
        "development set": DEVELOPMENT,
        "plain mails": SETS / "plain.jsonl",
        "ordinary mails": SETS / "ordinary.jsonl",
        "quoted changes": SETS / "quoted.jsonl",
        "tuning half": SETS / "tuning.jsonl",
        "second tuning half": SETS / "tuning2.jsonl",
        "third tuning set": SETS / "tuning3.jsonl",
        "fourth tuning set": SETS / "tuning4.jsonl",
        "fifth tuning set": SETS / "tuning5.jsonl",
        "sixth tuning set": SETS / "tuning6.jsonl",
        "seventh tuning set": SETS / "tuning7.jsonl",
        "eighth tuning set": SETS / "tuning8.jsonl",
        **{f"{UNREAD} ({path.stem})": path for path in sorted(SETS.glob("unread*.jsonl"))},
    }
    return {name: path for name, path in named.items() if path.exists()}


def is_unread(path: Path) -> bool:
    """Return whether only a set's figures may be seen: its file's name says so."""
    return path.name.startswith("unread")


async def judge(all_sets: dict[str, list[Example]], *, opinion: bool = False) -> dict[str, list[Judged]]:
    """Every example through the shipped filter; with the second opinion, which is off as shipped, or without."""
    async with explaining(shipped(opinion=opinion)) as explainer:
        return {name: [await _judged(explainer, one) for one in several] for name, several in all_sets.items()}


def shipped(*, opinion: bool = False) -> Settings:
    """The shipped configuration with this filter alone: a scanner that is away would be a finding too."""
    settings = load(CONFIGURATION, FILTERS)
    (entry,) = (one for one in settings.filters if one.kind == FILTER)
    if opinion:
        own = entry.settings.model_copy(update={"second_opinion": MODEL.read_text("utf-8")})
        entry = replace(entry, settings=own)
    return settings.model_copy(update={"filters": (entry,)})


async def _judged(explainer: Explainer, example: Example) -> Judged:
    assumed = Assumed(example.sender, example.recipients, example.direction)
    report = (await explainer.explain(Source(example.id, lambda: example.raw), assumed)).report
    return Judged(example, tuple(one for one in report["findings"] if one["code"].startswith(f"{FILTER}.")))


# --- for people ------------------------------------------------------------------------------------------------------


def report(name: str, judged: Sequence[Judged], *, mistakes: bool) -> Iterator[str]:
    yield f"{name}: {len(judged)} mails"
    for difficulty in DIFFICULTIES:
        if those := [one for one in judged if one.example.difficulty == difficulty]:
            yield f"  {difficulty:<8}{figures(those)}"
    yield f"  {'all':<8}{figures(judged)}"
    if not mistakes:
        yield "  (misses and false alarms are not shown)"
        return
    for one in judged:
        if not one.right:
            yield from _mistake(one)


def _mistake(one: Judged) -> Iterator[str]:
    record = one.example.record
    what = "false alarm" if one.held else "miss"
    known = ", ".join(filter(None, (one.example.difficulty, one.example.direction)))
    yield f"  {what}: {one.example.id} ({known}) {record['subject']!r}"
    if record.get("note"):
        yield f"      note: {record['note']}"
    if not one.held:
        yield from _heard(one.example)
    for finding in one.findings:
        for evidence in finding["evidence"][:SHOWN]:
            weight = "" if evidence["weight"] is None else f"{evidence['weight']:+g} "
            yield f"      {weight}{evidence['what']}: {evidence['quote']}"


def _heard(example: Example) -> Iterator[str]:
    """Yield the signals in the words of a miss, whose sum was too little: `explain` shows only what is held."""
    wordings = _wordings()
    spoken = searched_passages(parse(example.raw), wordings, effort := Effort())
    signals = [one for one in wordings.signals(spoken.reads, spoken.calming, effort) if one.weight]
    if not signals:
        yield "      nothing was found in its words"
        return
    yield f"      {sum(one.weight for one in signals):+g} sum of its words, too little"
    for signal in signals:
        yield f"      {signal.weight:+g} {signal.name}: {next(iter(signal.shown())).quote}"


@cache
def _wordings() -> Wordings:
    (entry,) = shipped().filters
    assert isinstance(entry.settings, PaymentChangeSettings)
    return Wordings(entry.settings.rules)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show-unread", action="store_true", help="the mistakes in the unread half too")
    parser.add_argument("--second-opinion", action="store_true", help="the mistakes that are left with it")
    parser.add_argument(
        "files", nargs="*", type=Path, help="other labelled files (JSONL), instead of the project's own"
    )
    arguments = parser.parse_args()
    chosen = {str(path): path for path in arguments.files} or sets()
    try:
        several = {name: list(examples(path)) for name, path in chosen.items()}
    except BadExample as error:
        sys.stderr.write(f"{error}\n")
        return 2
    alone, helped = asyncio.run(judge(several)), asyncio.run(judge(several, opinion=True))
    for name, path in chosen.items():
        hidden = is_unread(path) and not arguments.show_unread
        for title, judged in ((name, alone[name]), (f"{name}, with the second opinion", helped[name])):
            mistakes = not hidden and (judged is helped[name]) == arguments.second_opinion
            sys.stdout.write("\n".join(report(title, judged, mistakes=mistakes)) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
