"""The filter `personal`: the mail that it leaves alone, and what it never gives away.

What it finds in a sequence of mail is in tests/scenarios/personal_*.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import pytest

from filters.personal import filter as filter_module
from filters.personal.codes import OWN_ACCOUNT, UNLABELLED
from filters.personal.cues import MAX_CHARACTERS, Cues
from filters.personal.filter import Personal
from filters.personal.settings import PersonalSettings
from filters.registry import FILTERS
from gateway.contract import Correspondence, Directory, Finding, Mail, Organisation, Pair, Person, Way
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import LanguageModel, Reading
from gateway.message.labels import labels_of
from gateway.services.read_only import ReadOnlyCounters
from gateway.settings.loading import load
from tests.support.builders.judgement import FakeClock, mail
from tests.support.builders.language_models import ScriptedModel

ROOT = Path(__file__).resolve().parents[4]
ANN = Person("Ann Archer", ("ann@example.co.uk",), private_addresses=("aa@archers.example",))
DIRECTORY = ConfiguredDirectory(
    [ANN], {"protected_correspondents": ["*@union.example"]}, ["example.co.uk", "example.com"]
)


class Plain:
    """Keyed hashes that anybody can read."""

    def digest(self, text: str) -> str:
        return text


class Kept:
    """Counters in memory; keeps their keys."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        self.keys.append(key)
        return amount

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        raise AssertionError("every total is taken as it is added to")


class Strangers:
    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return {}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        raise AssertionError("this filter remembers no correspondents")


@cache
def shipped() -> PersonalSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "personal")
    assert isinstance(entry.settings, PersonalSettings)
    return entry.settings


@cache
def cues() -> Cues:
    return Cues(shipped().rules, ("Example Ltd",))


def made(
    counters: Any = None, directory: Directory = DIRECTORY, model: LanguageModel | None = None, **changes: Any
) -> Personal:
    """Return the filter as shipped but for the changes; the words are compiled once."""
    settings = shipped().model_copy(update=changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_module, "Cues", lambda *_: cues())
        return Personal(
            settings,
            FakeClock(),
            directory,
            counters or ReadOnlyCounters(),
            Strangers(),
            Organisation(name="Example Ltd"),
            Plain(),
            model or ScriptedModel(),
        )


def letter(text: str, to: str = "out:jo@outside.example", sender: str = "ann@example.co.uk", **fields: str) -> Mail:
    fields = {"From": f"Ann Archer <{sender}>", "To": to.partition(":")[2], "Subject": "Hello"} | fields
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    content_type = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    raw = (head + content_type + text.replace("\n", "\r\n")).encode()
    about = mail(to, raw=raw, sender=sender)
    return mail(to, raw=raw, sender=sender, labels=labels_of(about.message))


async def found(about: Mail, **changes: Any) -> list[Finding]:
    return list(await made(**changes).check(about))


async def test_calendars_are_loaded_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The organisation's at the start, another when it is first asked for, and each once: not between two messages."""
    loaded: list[str] = []
    monkeypatch.setattr(filter_module, "is_holiday", lambda _, region: loaded.append(region))
    scottish = ConfiguredDirectory([Person("S", ("s@example.co.uk",), holidays="GB-SCT")], {}, ["example.co.uk"])
    personal = made(directory=scottish)
    await personal.start()
    await personal.start()
    for _ in range(2):
        await personal.check(letter("x", Subject="Personal: x", sender="s@example.co.uk"))
    assert loaded == ["", "GB-SCT"]


async def test_unlabelled_is_off_as_shipped() -> None:
    """Guessing at private mail is the administrator's decision."""
    private = letter("Hi love, can you fetch the kids? Lots of love xx", "out:jo.archer@gmail.com")
    assert await found(private) == []
    (one,) = await found(private, unlabelled=True)
    assert (one.code, one.evidence, one.part) == (UNLABELLED, (), None)


@pytest.mark.parametrize("to", ["out:jo@union.example", "us:rep@example.co.uk"])
async def test_protected_correspondents_are_left_alone(to: str) -> None:
    """Whichever header names one; then nothing is counted either."""
    counters = Kept()
    about = letter("Hi love, the kids xx", to, Subject="Personal: x", Cc="rep@union.example")
    assert await made(counters).check(about) == []
    assert counters.keys == []


async def test_counters_have_the_main_address_behind_a_keyed_hash() -> None:
    """The address is in lower case; once the hashes are real, none of the filter's six counters has it in clear."""
    counters = Kept()
    await made(counters).check(letter("x", Subject="Personal: x", sender="ANN@example.co.uk"))
    assert set(counters.keys) == {f"personal.{what}:ann@example.co.uk" for what in ("volume", "size", "hours")}


async def test_own_account_shows_the_address_alone() -> None:
    """Never the words that made it business."""
    about = letter("The invoice for our customer is secret.", "out:aa@archers.example")
    (one,) = await found(about)
    assert one.code == OWN_ACCOUNT
    assert one.recipients == {"aa@archers.example"}
    assert [e.quote for e in one.evidence] == ["aa@archers.example"]


async def test_the_null_sender_uses_nothing() -> None:
    """A bounce is no person's mail."""
    assert await found(letter("x", Subject="Personal: x", sender=""), mails_per_day=1) == []


async def test_so_much_of_a_text_is_read_and_no_more() -> None:
    """A private mail is short; what stands beyond it says nothing any more."""
    love = "Lots of love to my mum. "
    filler = "abcdefg " * (MAX_CHARACTERS // 8)
    assert await found(letter(love + filler), unlabelled=True)
    assert await found(letter(filler + love), unlabelled=True) == []


def test_a_report_shows_no_number_about_fewer_people() -> None:
    """The same limit as in `report personal`."""
    assert Personal.least_people(shipped()) == shipped().report_people == 5


async def test_the_model_is_asked_beside_a_private_cue_and_never_for_sentences() -> None:
    """Its weight decides with the words; nobody is shown what it read."""
    model = ScriptedModel(Reading(9, (("See you tonight.", 9.0),)))
    plain = letter("Please find the minutes enclosed.")
    assert await found(plain, unlabelled=True, model=model) == []
    assert model.asked == []
    private = letter("Shall we?", to="out:jo@gmail.com")
    (finding,) = await found(private, unlabelled=True, model=model)
    assert (finding.code, finding.evidence) == ("personal.unlabelled", ())
    assert model.asked == [("personal", inf)]
    assert await found(private, unlabelled=True, model=ScriptedModel()) == []
