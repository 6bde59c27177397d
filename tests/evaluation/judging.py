"""Labelled mails judged by one filter of the shipped configuration: by its words, by the language model, by both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from math import inf
from pathlib import Path
from typing import Any

from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import Services, build_services
from gateway.contract import Client, Direction, Envelope, Filter, Finding, Mail, Recipient
from gateway.matching import LanguageModel
from gateway.message.labels import labels_of
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.services.clock import SystemClock
from gateway.services.no_model import NoModel
from gateway.settings.loading import load
from gateway.settings.models import Settings
from tests.evaluation.broadcasts import directory_of
from tests.evaluation.examples import Example
from tests.support.builders.judgement import NOW

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATION = PROJECT / "config/gateway.yaml"

#: Weight from which on the model alone would find something.
THRESHOLD = 10.0

#: Codes of a rule that say nothing of a mail's words, besides `<rule>.unread`.
NOT_COUNTED: Mapping[str, Collection[str]] = {
    "personal": {"personal.own_account", "personal.hours", "personal.volume", "personal.size"},
}
#: Settings of a rule that differ from the shipped ones, so that the mails are looked at.
SETTINGS: Mapping[str, Mapping[str, Any]] = {"personal": {"unlabelled": True}}
#: The services of a rule's filter for some mails, where the mails need more than the shipped configuration has.
SERVICES: Mapping[str, Callable[[Services, Iterable[Example]], Services]] = {
    "broadcast": lambda given, mails: replace(given, directory=directory_of(mails)),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One example and what was found in it."""

    example: Example
    findings: tuple[Finding, ...] = field(repr=False)

    @property
    def held(self) -> bool:
        return bool(self.findings)

    @property
    def right(self) -> bool:
        return self.held == self.example.label


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of examples with and without a finding, rightly and wrongly."""

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


def figures(judged: Iterable[tuple[bool, bool]]) -> Figures:
    """Return the counts of pairs: the label, and whether something was found."""
    several = list(judged)
    return Figures(*(several.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))))


def figures_of(judged: Iterable[Judged]) -> Figures:
    return figures((one.example.label, one.held) for one in judged)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


# --- the filter ------------------------------------------------------------------------------------------------------


@cache
def shipped() -> Settings:
    """Load the shipped configuration."""
    return load(CONFIGURATION, FILTERS)


def built(rule: str, model: LanguageModel | None = None, mails: Iterable[Example] = ()) -> Filter:
    """Build a rule's filter as shipped, with a language model or without, for some mails."""
    (entry,) = (one for one in shipped().filters if one.kind == rule)
    own = entry.settings.model_copy(update=dict(SETTINGS.get(rule, {})))
    given = replace(build_services(shipped(), SystemClock()), language_model=model or NoModel())
    return build_filter(replace(entry, settings=own), SERVICES.get(rule, lambda services, _: services)(given, mails))


def mail_of(example: Example) -> Mail:
    """Return a mail as the gateway would show it to the filters, its origin not verified."""
    return mail(example.id, example.raw, example.sender, example.recipients, example.direction)


def mail(id: str, raw: bytes, sender: str, recipients: Sequence[str], direction: Direction) -> Mail:
    message = _message(raw)
    listener: Direction = "inbound" if direction == "inbound" else "outbound"
    envelope = Envelope(sender, tuple(Recipient(address, direction) for address in recipients))
    client = Client("192.0.2.7", trusted=direction != "inbound")
    return Mail(id, NOW, listener, client, envelope, message, labels=labels_of(message))


@lru_cache(maxsize=512)
def _message(raw: bytes) -> Message:
    """Parse a message once for all rules that judge it: the model reads it once too."""
    return parse(normalise_newlines(raw))


async def judge(rule: str, mails: Sequence[Example], model: LanguageModel | None = None) -> list[Judged]:
    """Judge mails by the words, and by the model beside them where one is given."""
    checks = built(rule, model, mails)
    return [Judged(one, await found_by(rule, checks, mail_of(one))) for one in mails]


async def found_by(rule: str, checks: Filter, about: Mail) -> tuple[Finding, ...]:
    """Return the findings that count."""
    found = await checks.check(about)
    return tuple(one for one in found if one.code not in {f"{rule}.unread", *NOT_COUNTED.get(rule, ())})


async def alone(rule: str, mails: Sequence[Example], model: LanguageModel) -> list[tuple[bool, bool]]:
    """Return the label of each mail, and whether the model alone would find something; it is asked about each."""
    readings = [await model.read(rule, mail_of(one).message, inf) for one in mails]
    return [
        (one.label, reading is not None and reading.weight >= THRESHOLD)
        for one, reading in zip(mails, readings, strict=True)
    ]
