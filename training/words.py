"""`python -m training.words FILE`: the sum of the rules' words for mails that the language model hasn't learned from.

Each shipped filter that asks the model judges its own rule's mails, and the ham as if it were sent. A model that only
notes the question stands in for the real one, so the file says too where a filter does not ask.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import Services, build_services
from gateway.contract import Client, Direction, Envelope, Filter, Finding, Mail, Recipient
from gateway.matching.language_model import Reading
from gateway.matching.text_rule import TextRule
from gateway.message.labels import labels_of
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.services.clock import SystemClock
from gateway.settings.loading import load
from tests.corpus import ham
from tests.evaluation.examples import examples
from training.labelled import FILES, PROJECT, SETS, TESTED_HAM, chosen_ham, use_of
from training.mails import RULES

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: Ham is judged as if one of our people sent it to somebody outside.
SENDER, RECIPIENT = "ann@example.co.uk", "joe@outside.example"
THRESHOLD = 10.0
#: Rules whose filter looks at how many people a mail reaches, which isn't in the labelled mails: the words are asked
#: directly, so that ham counts as if it went to everybody.
WORDS_ALONE = {"broadcast"}


@dataclass
class Noted:
    """A model without an opinion, which notes what a filter would need of it."""

    needed: dict[str, float] = field(default_factory=dict)

    async def read(self, rule: str, _message: Message, needed: float, *_: object) -> Reading | None:
        self.needed[rule] = needed
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a rule, in place of its filter."""

    rule: TextRule

    async def check(self, mail: Mail) -> list[Finding]:
        await self.rule.weigh(mail.message)
        return []


@dataclass(frozen=True, slots=True)
class Judged:
    """One mail, with the parts of it that a filter is given."""

    id: str
    raw: bytes
    direction: Direction
    sender: str
    recipients: tuple[str, ...]

    def mail(self) -> Mail:
        message = parse(self.raw)
        ours = self.direction != "inbound"
        to = tuple(Recipient(one, "inbound" if not ours else self.direction) for one in self.recipients)
        client = Client("192.0.2.7", trusted=ours)
        way = "outbound" if ours else "inbound"
        return Mail(self.id, NOW, way, client, Envelope(self.sender, to), message, labels=labels_of(message))


def mails(rule: str) -> Iterator[Judged]:
    """Yield the mails of a rule that are held back."""
    for name in FILES[rule]:
        for example in examples(SETS / rule / name):
            if use_of(Path(name).stem, example) == "hold back":
                yield Judged(example.id, example.raw, example.direction, example.sender, example.recipients)


def sent_ham() -> Iterator[Judged]:
    """Yield the ham that is scored."""
    messages = ham.all_ham()
    chosen = chosen_ham([one.name for one in messages], [one.name for one in ham.sample(TESTED_HAM)])
    for one in messages:
        if chosen.get(one.name) == "score":
            yield Judged(one.name, normalise_newlines(one.raw), "outbound", SENDER, (RECIPIENT,))


async def sums(rule: str, judge: Filter | Words, noted: Noted, several: list[Judged]) -> dict[str, float]:
    """Return the words' sum of each mail for which the filter asks the model."""
    found = {}
    for one in several:
        noted.needed.clear()
        await judge.check(one.mail())
        if rule in noted.needed:
            found[one.id] = round(THRESHOLD - noted.needed[rule], 2)
    return found


async def all_sums() -> dict[str, dict[str, float]]:
    settings = load(PROJECT / "config/gateway.yaml", FILTERS)
    noted = Noted()
    services: Services = replace(build_services(settings, SystemClock()), language_model=noted)
    found = {}
    for entry in settings.filters:
        if entry.kind in RULES:
            judge: Filter | Words = build_filter(entry, services)
            if entry.kind in WORDS_ALONE:
                judge = Words(TextRule(entry.kind, entry.settings.rules, noted))  # type: ignore[attr-defined]
            found[entry.kind] = await sums(entry.kind, judge, noted, [*mails(entry.kind), *sent_ham()])
    return {rule: those for rule, those in found.items() if those}


def main() -> None:
    found = asyncio.run(all_sums())
    Path(sys.argv[1]).write_text(json.dumps(found), "utf-8")
    sys.stdout.write("".join(f"{rule}: {len(those)} mails asked about\n" for rule, those in found.items()))


if __name__ == "__main__":
    main()
