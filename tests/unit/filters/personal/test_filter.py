"""The filter `personal`: its calendar, names and addresses, cues, and what it never gives away.

What it finds in a sequence of mail is in tests/scenarios/personal_*.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from filters import FILTERS
from filters.personal import Personal
from filters.personal import filter as filter_module
from filters.personal.accounts import Likeness, family_name, likeness, name_words, only_ours
from filters.personal.calendar import WorkingTime, is_holiday
from filters.personal.cues import MAX_CHARACTERS, Cues, without_signature
from filters.personal.filter import OWN_ACCOUNT, UNLABELLED
from filters.personal.settings import PersonalSettings
from gateway.contract import Correspondence, Directory, Finding, Mail, Organisation, Pair, Person, Way
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.labels import labels_of
from gateway.services.read_only import IdleCounters
from gateway.settings import load
from tests.support.builders.judgement import NOW, FakeClock, mail

ROOT = Path(__file__).resolve().parents[4]
OFFICE = WorkingTime(
    frozenset({"mon", "tue", "wed", "thu", "fri"}),
    (clock_time(9), clock_time(17, 30)),
    (clock_time(12), clock_time(14)),
)
ANN = Person("Ann Archer", ("ann@example.co.uk",), private_addresses=("aa@archers.example",))
DIRECTORY = ConfiguredDirectory(
    [ANN], {"protected_correspondents": ["*@union.example"]}, ["example.co.uk", "example.com"]
)


class Plain:
    """Marks that anybody can read."""

    def mark(self, what: str) -> str:
        return what


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


def made(counters: Any = None, directory: Directory = DIRECTORY, **changes: Any) -> Personal:
    """As shipped but for the changes; the words are compiled once."""
    settings = shipped().model_copy(update=changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_module, "Cues", lambda *_: cues())
        return Personal(
            settings,
            FakeClock(),
            directory,
            counters or IdleCounters(),
            Strangers(),
            Organisation(name="Example Ltd"),
            Plain(),
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


# --- the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "working"),
    [
        ("2026-03-02 08:59:59.999999", False),
        ("2026-03-02 09:00:00", True),
        ("2026-03-02 11:59:59.999999", True),
        ("2026-03-02 12:00:00", False),
        ("2026-03-02 13:59:59.999999", False),
        ("2026-03-02 14:00:00", True),
        ("2026-03-02 17:29:59.999999", True),
        ("2026-03-02 17:30:00", False),
        ("2026-03-02 00:00:00", False),
        ("2026-03-07 10:00:00", False),
        ("2026-03-08 10:00:00", False),
        ("2026-04-03 10:00:00", False),  # Good Friday
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns"])
def test_working_time(local: str, working: bool, zone: str) -> None:
    """By the clock on the wall, wherever that is; each edge belongs to what begins."""
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert OFFICE.holds(at, zone, "GB-ENG") is working


@pytest.mark.parametrize(
    ("day", "region", "free"),
    [
        (date(2026, 4, 6), "GB-ENG", True),
        (date(2026, 4, 6), "GB-SCT", False),
        (date(2026, 1, 2), "GB-SCT", True),
        (date(2026, 1, 2), "GB-ENG", False),
        (date(2026, 7, 13), "GB-NIR", True),  # for the 12th, a Sunday
        (date(2026, 12, 28), "GB-ENG", True),  # for Boxing Day, a Saturday
        (date(2026, 1, 6), "DE-BY", True),
        (date(2026, 1, 6), "DE-BE", False),
        (date(2026, 7, 14), "FR", True),
        (date(2026, 12, 25), "", False),
        (date(2040, 12, 25), "GB-ENG", True),
    ],
)
def test_public_holidays(day: date, region: str, free: bool) -> None:
    """Of the country, or the part of it."""
    assert is_holiday(day, region) is free


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


def test_a_region_that_nothing_is_known_of_has_no_holidays() -> None:
    """The configuration refuses it already."""
    assert not is_holiday(date(2026, 12, 25), "GB-XXX")


# --- names and addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "like"),
    [
        ("ann.archer@gmail.com", Likeness(True, True)),
        ("annarcher71@gmail.com", Likeness(True, True)),
        ("archer_ann@gmail.com", Likeness(True, True)),
        ("the.annarcher@gmail.com", Likeness(True, True)),
        ("a.archer@gmail.com", Likeness(False, True)),
        ("aarcher@gmail.com", Likeness(False, True)),
        ("annhome@gmail.com", Likeness(False, True)),
        ("me@archers.example", Likeness(False, True)),
        ("tom.wells@gmail.com", Likeness()),
        ("info@outside.example", Likeness()),
    ],
)
def test_how_an_address_fits_a_name(address: str, like: Likeness) -> None:
    """Wholly, partly or not."""
    assert likeness("Ann Archer", address) == like


def test_names_without_accents_titles_and_initials() -> None:
    """As words; a name of one word fits nothing."""
    assert name_words("Dr. José M. Núñez") == ("jose", "nunez")
    assert likeness("José Núñez", "jose.nunez@hotmail.es").whole
    assert likeness("Reception", "reception@gmail.com") == Likeness()
    assert not family_name("Reception", "reception@gmail.com", "Reception")


@pytest.mark.parametrize(
    ("address", "shown", "family"),
    [
        ("jo.archer@gmail.com", "", True),
        ("x@gmail.com", "Jo Archer", True),
        ("ann@gmail.com", "Ann", False),
        ("tom@gmail.com", "Tom Wells", False),
    ],
)
def test_the_family_name(address: str, shown: str, family: bool) -> None:
    """In the address or beside it."""
    assert family_name("Ann Archer", address, shown) is family


def exchanged(sent: int, received: int) -> Correspondence:
    return Correspondence(NOW, NOW, received, sent)


@pytest.mark.parametrize(
    ("own", "anyone", "only"),
    [
        (exchanged(3, 0), exchanged(3, 0), True),
        (exchanged(1, 2), exchanged(1, 2), True),
        (exchanged(2, 0), exchanged(2, 0), False),
        (exchanged(3, 0), exchanged(4, 0), False),
        (exchanged(3, 0), exchanged(3, 1), False),
        (None, exchanged(3, 0), False),
        (exchanged(3, 0), None, False),
    ],
)
def test_history(own: Correspondence | None, anyone: Correspondence | None, only: bool) -> None:
    """Three mails, and nobody else's."""
    assert only_ours(own, anyone) is only


# --- what a text speaks of -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see you\nann\nsales", "see you"),
        ("see you\nkind regards\n\nthe boss", "see you"),
        ("see you\nann archer, sales", "see you"),
        ("ann said so\nyes", "ann said so\nyes"),
        ("hi\nann of the other department said that she would like to come", None),
        ("see you", None),
    ],
)
def test_a_signature_is_left_out(text: str, left: str | None) -> None:
    """From the closing words or the writer's own name on; a sentence that begins with it is none."""
    assert without_signature(text, "Ann Archer").strip() == (left or text)


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


async def test_counters_have_the_main_address_behind_a_mark() -> None:
    """In lower case; of the filter's six counts none has the address in clear once the marks are real."""
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
