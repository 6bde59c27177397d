"""The disguises of the evasion catalogue (T01 to T15) put on labelled mails, and how many are still found in them.

Each found mail is written as a plain letter, and once in each disguise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gateway.matching import LanguageModel
from tests.corpus.letters import Letter, Obfuscation, plain
from tests.corpus.obfuscation import OBFUSCATIONS
from tests.evaluation.examples import Example
from tests.evaluation.judging import judge

#: Disguises that are named of those in which most is missed.
SHOWN = 8


def written(example: Example, name: str, write: Obfuscation) -> Example:
    """Return a mail as a letter in one disguise."""
    record = example.record
    raw = write(Letter(record["text"], record["subject"], record["from"], record["to"][0]))
    return Example(f"{example.id} {name}", True, example.difficulty, example.direction, record | {"raw": raw})


async def found_plain(rule: str, mails: Sequence[Example], most: int, model: LanguageModel | None) -> list[Example]:
    """Return the first mails that are found as plain letters."""
    letters = [one for one in mails if one.label and one.record["text"]]
    judged = await judge(rule, [written(one, "plain", _plain) for one in letters[: 4 * most]], model)
    return [one for one, found in zip(letters, judged, strict=False) if found.held][:most]


async def lost_in(
    rule: str,
    mails: Sequence[Example],
    model: LanguageModel | None,
    disguises: Mapping[str, Obfuscation] = OBFUSCATIONS,
) -> Counter[str]:
    """Return the number of these mails that are missed in each disguise."""
    letters = [written(one, name, write) for name, write in disguises.items() for one in mails]
    judged = await judge(rule, letters, model)
    names = [name for name in disguises for _ in mails]
    return Counter(name for name, one in zip(names, judged, strict=True) if not one.held)


async def disguised(rule: str, mails: Sequence[Example], most: int, model: LanguageModel | None) -> list[str]:
    """Return lines that say how many of some found mails are missed in disguises."""
    found = await found_plain(rule, mails, most, model)
    lost = await lost_in(rule, found, model)
    most_often = ", ".join(f"{name} {count}" for name, count in lost.most_common(SHOWN)) or "none"
    tried = len(found) * len(OBFUSCATIONS)
    return [
        f"disguises: {len(found)} found mails in {len(OBFUSCATIONS)} disguises each, "
        f"{lost.total()} of {tried} missed ({lost.total() / max(tried, 1):.1%})",
        f"  missed most often: {most_often}",
    ]


def _plain(letter: Letter) -> bytes:
    return plain(letter, letter.text)
