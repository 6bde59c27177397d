"""`make evaluate RULE=payment_change`: how well a rule tells what it looks for from other mail.

Labelled mails go through the rule's filter as shipped: by its words alone, by the language model alone, by both. For
each set it prints recall and precision by difficulty and by language, and without the hard mails; then false alarms in
ordinary business mail and in 1,000 real messages, counted as if our people had sent them where the rule is about what
they send; then how many of the found mails are still found in each disguise (T01 to T15 of the evasion catalogue). The
mistakes of a set are listed, with the evidence; of an unread set the figures alone, unless `--show-unread` is given:
whoever tunes the rules must not see it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from filters.payment_change.effort import Effort
from filters.payment_change.passages import searched_passages
from filters.payment_change.settings import PaymentChangeSettings
from filters.payment_change.wording import Wordings
from gateway.contract import Direction
from gateway.language_model.gate import read_gate
from gateway.language_model.process_model import OF_A_COMMAND, ProcessModel
from gateway.matching import LanguageModel
from gateway.message.mime.parse import parse
from tests.corpus import ham
from tests.evaluation.broadcasts import OUTSIDE
from tests.evaluation.disguised import disguised
from tests.evaluation.examples import BadExample, Example, examples
from tests.evaluation.judging import PROJECT, Judged, alone, figures, figures_of, judge, shipped
from tests.evaluation.languages import language_of

FOLDER = Path(__file__).resolve().parent
#: The development sets stand beside the project, where there are any.
DEVELOPMENT: Mapping[str, str] = {
    "payment_change": "p1",
    "language": "p2",
    "commitment": "p3",
    "broadcast": "p4",
    "confidential": "p5",
    "personal": "p6",
}
RULES = tuple(DEVELOPMENT)

DIFFICULTIES = ("easy", "medium", "hard")
#: Rules about mail from outside; the others are about what our people send.
INBOUND = frozenset({"payment_change"})
#: Mails that are ordinary business, and real messages, in which false alarms are counted.
ORDINARY, HAM = 400, 1000
#: Mails that are tried in every disguise: each makes some hundred messages.
DISGUISED = 12
#: Pieces of evidence that are shown of a mistake.
SHOWN = 8


def sets(rule: str) -> dict[str, Path]:
    """Return the files of a rule by their names, the development set first; those that are there."""
    development = PROJECT.parent / f"shared/devset/{DEVELOPMENT[rule]}.jsonl"
    named = {"development set": development, **{path.stem: path for path in sorted((FOLDER / rule).glob("*.jsonl"))}}
    return {name: path for name, path in named.items() if path.exists()}


def is_unread(path: Path) -> bool:
    """Return whether only a set's figures may be seen: its file's name says so."""
    return path.name.startswith("unread")


def ordinary() -> list[Example]:
    """Return ordinary business mails in which no rule has anything to find, the same ones each time."""
    innocent = [one for one in examples(FOLDER / "payment_change/ordinary.jsonl") if not one.label]
    return sorted(innocent, key=lambda one: hashlib.sha256(one.id.encode()).digest())[:ORDINARY]


def real(rule: str) -> list[Example]:
    """Return real messages, sent by one of ours where the rule is about what we send. Raises NoHam."""
    direction: Direction = "inbound" if rule in INBOUND else "outbound"
    ends = {"from": "ann@example.co.uk", "to": list(OUTSIDE if rule == "broadcast" else OUTSIDE[:1]), "subject": ""}
    if direction == "inbound":
        ends = {"from": OUTSIDE[0], "to": ["ann@example.co.uk"], "subject": ""}
    return [Example(one.name, False, "", direction, {**ends, "raw": one.raw}) for one in ham.sample(HAM)]


def sent(rule: str, mails: Sequence[Example]) -> list[Example]:
    """Return mails as the rule would meet them: those from outside as if one of ours had sent them, where it must."""
    if rule in INBOUND:
        return list(mails)
    sent = [replace(one, direction="outbound") if one.direction == "inbound" else one for one in mails]
    if rule != "broadcast":
        return sent
    return [replace(one, record={**one.record, "raw": one.raw, "to": list(OUTSIDE)}) for one in sent]


# --- for people ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def language_model() -> AsyncIterator[ProcessModel]:
    """Start the shipped language model; its process ends with the block."""
    model = ProcessModel(shipped().sandbox.isolation, patience=OF_A_COMMAND, gate=read_gate())
    try:
        await model.start()
        if model.trouble:
            raise SystemExit(f"the language model: {model.trouble}")
        yield model
    finally:
        await model.close()


async def report_of(rule: str, files: Mapping[str, Path], model: LanguageModel | None, *, show_unread: bool) -> None:
    for name, path in files.items():
        mails = list(examples(path))
        words, both = await judge(rule, mails), await judge(rule, mails, model) if model else None
        said = [(f"{name}, words", words)] + ([(f"{name}, words and model", both)] if both else [])
        shown = show_unread or not is_unread(path)
        for title, judged in said:
            _say(report(title, judged, mistakes=shown and judged is said[-1][1], rule=rule))
        if not shown:
            _say(["  (misses and false alarms of an unread set are not shown)"])
        if model:
            _say([f"{name}, model alone", f"  {'all':<10}{figures(await alone(rule, mails, model))}"])


async def report_of_others(rule: str, model: LanguageModel | None) -> None:
    """Print false alarms in ordinary and real mail, and what disguises cost."""
    several = {"ordinary mails": sent(rule, ordinary())}
    try:
        several["real messages"] = real(rule)
    except ham.NoHam as missing:
        _say([f"real messages: {missing}"])
    for name, mails in several.items():
        for title, used in (("words", None), ("words and model", model)) if model else (("words", None),):
            alarms = [one for one in await judge(rule, mails, used) if one.held]
            _say([f"{name}, {title}: {len(alarms)} false alarms in {len(mails)}"])
            if used is model:
                _say([line for one in alarms for line in _mistake(rule, one)])
    _say(await disguised(rule, [one for path in _learned(rule) for one in examples(path)], DISGUISED, model))


def _learned(rule: str) -> list[Path]:
    return [path for path in sets(rule).values() if path.stem.startswith("tuning")][:1]


def report(name: str, judged: Sequence[Judged], *, mistakes: bool, rule: str = "") -> Iterator[str]:
    """Yield the figures of a set, and its mistakes if they may be seen."""
    yield f"{name}: {len(judged)} mails"
    for difficulty in DIFFICULTIES:
        if those := [one for one in judged if one.example.difficulty == difficulty]:
            yield f"  {difficulty:<10}{figures_of(those)}"
    if any(one.example.difficulty == "hard" for one in judged):
        yield f"  {'not hard':<10}{figures_of(one for one in judged if one.example.difficulty != 'hard')}"
    yield f"  {'all':<10}{figures_of(judged)}"
    by_language: dict[str, list[Judged]] = {}
    for one in judged:
        by_language.setdefault(language_of(one.example.record.get("text") or ""), []).append(one)
    for language, those in sorted(by_language.items()) if len(by_language) > 1 else ():
        yield f"  {language:<10}{figures_of(those)}"
    for one in judged if mistakes else ():
        if not one.right:
            yield from _mistake(rule, one)


def _mistake(rule: str, one: Judged) -> Iterator[str]:
    record = one.example.record
    kind = "false alarm" if one.held else "miss"
    known = ", ".join(filter(None, (one.example.difficulty, one.example.direction)))
    yield f"  {kind}: {one.example.id} ({known}) {record['subject']!r}"
    if record.get("note"):
        yield f"      note: {record['note']}"
    if not one.held and rule == "payment_change":
        yield from _heard(one.example)
    for finding in one.findings:
        for evidence in finding.evidence[:SHOWN]:
            weight = "" if evidence.weight is None else f"{evidence.weight:+g} "
            yield f"      {weight}{evidence.what}: {evidence.quote}"


def _heard(example: Example) -> Iterator[str]:
    """Yield the signals in the words of a missed change, whose sum was too little."""
    (entry,) = (one for one in shipped().filters if one.kind == "payment_change")
    assert isinstance(entry.settings, PaymentChangeSettings)
    wordings = Wordings(entry.settings.rules)
    spoken = searched_passages(parse(example.raw), wordings, effort := Effort())
    signals = [one for one in wordings.signals(spoken.reads, spoken.calming, effort) if one.weight]
    if not signals:
        yield "      nothing was found in its words"
        return
    yield f"      {sum(one.weight for one in signals):+g} sum of its words, too little"
    for signal in signals:
        yield f"      {signal.weight:+g} {signal.name}: {next(iter(signal.shown())).quote}"


def _say(lines: Sequence[str] | Iterator[str]) -> None:
    if text := "\n".join(lines):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


async def run(arguments: argparse.Namespace) -> None:
    files = {str(path): path for path in arguments.files} or sets(arguments.rule)
    for path in files.values():
        list(examples(path))  # a file that can't be read is told before minutes of work
    if arguments.words:
        await report_of(arguments.rule, files, None, show_unread=arguments.show_unread)
        return
    async with language_model() as model:
        await report_of(arguments.rule, files, model, show_unread=arguments.show_unread)
        if not arguments.files:
            await report_of_others(arguments.rule, model)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show-unread", action="store_true", help="list the mistakes in the unread sets too")
    parser.add_argument("--words", action="store_true", help="judge by the words alone, which is quicker")
    parser.add_argument("rule", choices=RULES, help="the rule")
    parser.add_argument("files", nargs="*", type=Path, help="labelled files (JSONL) instead of the project's own")
    try:
        asyncio.run(run(parser.parse_args()))
    except BadExample as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
