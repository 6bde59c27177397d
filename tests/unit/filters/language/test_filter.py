"""The filter `language`: kinds of findings, the language model beside the words, and mail that is left alone.

What it finds in the words, and in a sequence of mail, is in tests/scenarios/language_*.yaml.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from filters.language.codes import BY_KIND
from filters.language.filter import MAX_INLINE_BYTES, Language
from filters.language.settings import LanguageSettings, Rules
from filters.registry import FILTERS
from gateway.contract import Mail, Outcome, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import Reading
from gateway.message import Message
from gateway.services.read_only import ReadOnlyCounters
from gateway.settings.loading import load
from tests.support.builders.judgement import mail
from tests.support.builders.padding import ABOVE, in_the_middle

ROOT = Path(__file__).resolve().parents[4]
ANN = Person("Ann Archer", ("ann@example.co.uk", "a.archer@example.com"))
DIRECTORY = ConfiguredDirectory(
    [ANN], {"protected_correspondents": ["*@union.example"]}, ["example.co.uk", "example.com"]
)
FEW_RULES = Rules.model_validate(
    {
        "contexts": {"called": {"any": ["called"]}},
        "cues": {
            "name": {"says": "An insult", "weight": 10, "kind": "abuse", "unless": ["called"], "any": ["moron"]},
            "hint": {"says": "A hint", "weight": 6, "kind": "threat", "any": ["regret"]},
            "sign": {"says": "A sign", "weight": 5, "kind": "sexual", "any": ["gorgeous"]},
            "report": {"says": "A report", "weight": -10, "any": ["grievance"]},
        },
        "stop": ["stop writing to me"],
        "stop_unless": ["newsletter"],
        "adopted": ["says about you"],
    }
)


class Model:
    """A language model with one reading; keeps what it was asked."""

    def __init__(self, reading: Reading | None = None) -> None:
        self.reading = reading
        self.asked: list[tuple[str, float]] = []

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading | None:
        self.asked.append((rule, needed))
        return self.reading


class Plain:
    """Keyed hashes that anybody can read."""

    def digest(self, text: str) -> str:
        return text


class Kept:
    """Counters in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        self.rows[key] = self.rows.get(key, 0) + amount
        return self.rows[key]

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        return self.rows.get(key, 0)


@cache
def shipped() -> LanguageSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "language")
    assert isinstance(entry.settings, LanguageSettings)
    return entry.settings


def made(counters: Any = None, model: Model | None = None, **changes: Any) -> Language:
    """Return the filter with a few rules."""
    settings = shipped().model_copy(update={"rules": FEW_RULES, **changes})
    return Language(settings, DIRECTORY, counters or ReadOnlyCounters(), Plain(), model or Model())


def letter(text: str, to: str = "us:bob@example.co.uk", sender: str = "ann@example.co.uk", **fields: str) -> Mail:
    fields = {"From": sender, "To": to.partition(":")[2], "Subject": "Hello"} | fields
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    raw = (head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n")).encode()
    return mail(to, raw=raw, sender=sender)


async def codes(text: str, *, model: Model | None = None, **fields: str) -> list[str]:
    return [one.code for one in await made(model=model).check(letter(text, **fields))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You moron.", ["language.abuse"]),
        ("You m\u043eron.", ["language.abuse"]),
        ("Hello Bob.", []),
        ("You will regret it.", []),
        ("You will regret it, gorgeous.", ["language.threat"]),
        ("You moron, you will regret it.", ["language.abuse"]),
        ("My grievance: you moron.", []),
        ("He called me a moron.", []),
        ('He said "moron" to me again and again, which I report.', []),
        ('That is what everybody says about you, again and again: "You moron."', ["language.abuse"]),
        ("Hello.\n\n> You moron.", []),
        ("Hello.\n\n-- \nYou moron.", ["language.abuse"]),
        ("Hello.\n\n-- \nAnn Archer\nHead of Grievances, Hull 01482 555 123", []),
        ("You moron.\n\n-- \nAnn Archer, grievance officer", ["language.abuse"]),
    ],
)
async def test_kinds(text: str, found: list[str]) -> None:
    """A kind that reaches the threshold by itself has its finding; else the heaviest has the only one."""
    assert await codes(text) == found


async def test_text_that_is_not_read_is_on_record() -> None:
    """Both ends of a long text are read; nobody is told of the rest, and it is no conduct."""
    assert await codes(in_the_middle("You moron.")) == ["language.unread"]
    assert await codes(f"You moron.\n{in_the_middle('')}") == ["language.abuse", "language.unread"]
    assert await codes(ABOVE) == []
    assert "language.unread" not in (*Language.reminders, *Language.by_model)


async def test_two_kinds_have_two_findings_and_the_evidence_stands_in_the_first() -> None:
    rules = FEW_RULES.model_copy(deep=True)
    cues = {**rules.cues, "hint": rules.cues["hint"].model_copy(update={"weight": 12.0})}
    filter_ = made(rules=rules.model_copy(update={"cues": cues}))
    first, second = await filter_.check(letter("You moron, you will regret it."))
    assert [first.code, second.code] == ["language.threat", "language.abuse"]
    assert [one.what for one in first.evidence] == ["sum", "hint", "name"]
    assert first.evidence[2].quote == "An insult: You moron, you will regret it"
    assert second.evidence == ()
    assert all("moron" not in one.summary for one in (first, second))


async def test_what_the_model_alone_finds_is_a_suspicion() -> None:
    """It is told what is needed, and not asked where that is more than it can weigh."""
    model = Model(Reading(12.0))
    assert await codes("Dear colleague, we are all tired of you.", model=model) == ["language.suspected"]
    assert model.asked == [("language", 10)]
    assert await codes("You look gorgeous.", model=model) == ["language.sexual"]
    assert model.asked[1:] == [("language", 5)]
    assert await codes("I have filed a grievance about it, colleague.", model=model) == []
    assert model.asked[2:] == [("language", 20)]


async def test_whoever_reports_is_not_accused() -> None:
    """A person who tells HR what somebody did has no word of the rules; the suspicion says so, and tells nobody."""
    about = letter("A colleague told me that I look cheap. I want this to stop.")
    (finding,) = await made(model=Model(Reading(14.0))).check(about)
    assert (finding.code, finding.code in Language.reminders) == ("language.suspected", False)
    assert finding.summary == "A language model takes the words for conduct, and no plain word of the rules was found."
    assert "no word of the rules was found that speaks for it" in [one.quote for one in finding.evidence]


async def test_a_threat_that_the_model_confirms_is_found_beside_an_insult() -> None:
    """Somebody must be told of it."""
    text = "You moron, you will regret it."
    assert await codes(text, model=Model(Reading(6.0))) == ["language.abuse", "language.threat"]
    assert await codes(text, model=Model(Reading(-6.0))) == ["language.abuse"]


async def test_a_doubtful_threat_that_the_model_alone_confirms_is_a_suspicion() -> None:
    """Nobody is alarmed for words that may be meant kindly; other words beside them count."""
    assert await codes("You will regret it.", model=Model(Reading(20.0))) == ["language.suspected"]
    assert await codes("You will regret it, gorgeous.", model=Model(Reading(20.0))) == ["language.threat"]


async def test_a_weak_word_beside_the_model_has_its_kind() -> None:
    assert await codes("You look gorgeous, colleague.", model=Model(Reading(6.0))) == ["language.sexual"]


async def test_the_model_may_speak_against_a_finding_and_not_against_a_plain_word() -> None:
    """A threat that stands in a long letter about pallets is one."""
    assert await codes("You will regret it, gorgeous.", model=Model(Reading(-8.0))) == []
    assert await codes("You moron. We deliver the pallets on Tuesday.", model=Model(Reading(-10.0))) == [
        "language.abuse"
    ]


async def test_a_long_message_is_read_in_a_thread() -> None:
    """With the same result."""
    long = "All is well with the order.\n" * (MAX_INLINE_BYTES // 20)
    assert await codes(f"You moron.\n{long}"[:29_000]) == ["language.abuse"]
    assert len(letter(f"You moron.\n{long}").message.raw) > MAX_INLINE_BYTES


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "out:rep@union.example"},
        {"sender": "rep@union.example"},
        {"to": "in:bob@example.co.uk", "sender": "bounce@lists.example", "From": "rep@union.example"},
    ],
)
async def test_protected_correspondents_are_left_alone(fields: dict[str, str]) -> None:
    """Neither read nor remembered."""
    kept = Kept()
    about = letter("You moron, stop writing to me.", **fields)
    assert list(await made(kept).check(about)) == []
    await made(kept).learn(about, Outcome({r.address: "relay" for r in about.envelope.recipients}))
    assert kept.rows == {}


async def test_an_address_that_is_added_protects_nobody_else() -> None:
    """Neither in From nor as a blind copy."""
    assert await codes("You moron.", From="ann@example.co.uk, rep@union.example") == ["language.abuse"]
    raw = letter("You moron.").message.raw
    (one,) = await made().check(
        mail("us:bob@example.co.uk", "out:x@union.example", raw=raw, sender="ann@example.co.uk")
    )
    assert one.recipients == {"bob@example.co.uk"}


async def test_a_message_that_was_held_is_neither_a_request_nor_counted() -> None:
    """Nobody has got it."""
    kept = Kept()
    asks = letter("Stop writing to me.", "us:ann@example.co.uk", sender="bob@example.co.uk")
    await made(kept).learn(asks, Outcome({"ann@example.co.uk": "quarantine"}))
    assert kept.rows == {}
    await made(kept).learn(asks, Outcome({"ann@example.co.uk": "relay"}))
    rows = dict(kept.rows)
    await made(kept).learn(letter("x"), Outcome({"bob@example.co.uk": "quarantine"}))
    assert kept.rows == rows
    await made(kept).learn(letter("x"), Outcome({"bob@example.co.uk": "amend"}))
    assert kept.rows != rows


async def test_the_finding_by_history_is_about_one_recipient() -> None:
    """Its evidence is a number."""
    kept = Kept()
    asks = letter("Stop writing to me.", "us:ann@example.co.uk", sender="bob@example.co.uk")
    await made(kept).learn(asks, Outcome({"ann@example.co.uk": "relay"}))
    filter_ = made(kept, harassment_messages=2)
    about = letter("Hello.")
    assert list(await filter_.check(about)) == []
    await filter_.learn(about, Outcome({"bob@example.co.uk": "relay"}))
    (finding,) = await filter_.check(about)
    assert (finding.code, finding.recipients) == ("language.harassment", frozenset({"bob@example.co.uk"}))
    assert [one.quote for one in finding.evidence] == ["2"]


@pytest.mark.parametrize("address", ["ann@example.co.uk", ""])
async def test_mail_from_outside_that_claims_one_of_ours_asks_nothing(address: str) -> None:
    """Nor does mail without a sender."""
    kept = Kept()
    asks = letter("Stop writing to me.", "in:bob@example.co.uk", sender="eve@outside.example", From=address)
    await made(kept).learn(asks, Outcome({"bob@example.co.uk": "relay"}))
    assert kept.rows == {}


def test_reminders_and_report() -> None:
    """Each kind has the notice; a count is about so many people as is set."""
    assert set(Language.reminders) == set(BY_KIND.values())
    assert set(Language.reminders.values()) == {"language"}
    assert Language.least_people(shipped()) == 5


async def test_the_words_are_prepared_once_for_check_and_learn() -> None:
    one, long = made(), letter(ABOVE)
    assert await one._passages(long) is await one._passages(long)
