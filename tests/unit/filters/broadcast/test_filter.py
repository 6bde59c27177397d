"""The filter `broadcast`: what decides besides the words, who is left alone, and what a finding says.

What it finds over SMTP is in tests/scenarios/broadcast_*.yaml.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from filters.broadcast.codes import CHAIN, FOR_SALE, JOKE, LIST, UNREAD
from filters.broadcast.filter import LONG, VERY_LONG, Broadcast
from filters.broadcast.settings import BroadcastSettings
from filters.registry import FILTERS
from gateway.contract import DistributionList, Finding, Mail
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import LanguageModel, Reading
from gateway.message import Message
from gateway.services.no_model import NoModel
from gateway.settings.loading import load
from tests.support.builders.judgement import mail
from tests.support.builders.padding import in_the_middle

ROOT = Path(__file__).resolve().parents[4]
DIRECTORY = ConfiguredDirectory(
    [],
    {
        "protected_correspondents": ["*@union.example"],
        "announcers": ["hr@example.co.uk"],
        "board": ["md@example.co.uk"],
    },
    ["example.co.uk"],
    [DistributionList("all@example.co.uk", size=120), DistributionList("ten@example.co.uk", size=10)],
)
JOKE_TEXT = "A man walks into a bar with a parrot on his shoulder."
SALE_TEXT = "I am selling my pram, hardly used, 80 quid ono."
CHAIN_TEXT = "Send this to ten people within the hour. Do not break the chain."


class Model:
    """A language model that answers with one weight and keeps what it was asked."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.needed: list[float] = []

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading | None:
        assert rule == "broadcast"
        self.needed.append(needed)
        return Reading(self.weight, (("A sentence.", self.weight),))


@cache
def shipped() -> BroadcastSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "broadcast")
    assert isinstance(entry.settings, BroadcastSettings)
    return entry.settings


@cache
def as_shipped() -> Broadcast:
    return Broadcast(shipped(), DIRECTORY, NoModel())


def made(model: LanguageModel | None = None, **changes: Any) -> Broadcast:
    if model is None and not changes:
        return as_shipped()
    return Broadcast(shipped().model_copy(update=changes), DIRECTORY, model or NoModel())


def letter(text: str, to: str = "us:all@example.co.uk", sender: str = "ann@example.co.uk", **fields: str) -> Mail:
    recipients = to.split(", ")
    named = ", ".join(one.partition(":")[2] for one in recipients)
    fields = {"From": sender, "To": named, "Subject": "Hello"} | fields
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}".replace("\n", "\r\n").replace("\r\r", "\r")
    return mail(*recipients, raw=raw.encode(), sender=sender)


def colleagues(number: int) -> str:
    return ", ".join(f"us:p{one}@example.co.uk" for one in range(number))


async def found(about: Mail, model: LanguageModel | None = None, **changes: Any) -> list[Finding]:
    return list(await made(model, **changes).check(about))


async def codes(about: Mail, **changes: Any) -> list[str]:
    return [one.code for one in await found(about, **changes)]


@pytest.mark.parametrize(("people", "expected"), [(2, []), (3, []), (9, []), (10, [JOKE])])
async def test_few_people_weigh_against_a_finding(people: int, expected: list[str]) -> None:
    assert await codes(letter(JOKE_TEXT, colleagues(people))) == expected


async def test_the_weight_grows_with_the_people() -> None:
    """From the weight of few people to nought."""
    plain = f"{JOKE_TEXT} It made me laugh, pass it on!"
    weights = []
    for people in (3, 5, 8, 10, 100):
        (one,) = await found(letter(plain, colleagues(people)))
        weights += [evidence.weight for evidence in one.evidence if evidence.what == "people"]
    assert weights == [-4, -2.9, -1.1, 0, 0]


async def test_a_chain_letter_that_asks_to_be_sent_on_is_found_however_few_it_reaches() -> None:
    assert await codes(letter(CHAIN_TEXT, colleagues(1))) == [CHAIN]
    assert await codes(letter("Do not break the chain. You will have money by Friday.", colleagues(1))) == []


async def test_text_that_is_not_read_is_on_record() -> None:
    """The quotation counts where a message is forwarded; nobody is told."""
    assert await codes(letter(in_the_middle(SALE_TEXT))) == [UNREAD]
    quoted = f"> {in_the_middle(JOKE_TEXT)}".replace("\n", "\n> ")
    assert await codes(letter(quoted)) == []
    assert await codes(letter(quoted, Subject="Fwd: Hello")) == [UNREAD]
    assert UNREAD not in (*Broadcast.reminders, *Broadcast.by_model)


async def test_a_large_list_is_one_finding_more() -> None:
    """It concerns the copies inside alone, whatever goes outside."""
    joke, large = await found(letter(JOKE_TEXT, "us:all@example.co.uk, out:joe@outside.example"))
    assert (joke.code, joke.recipients) == (JOKE, {"all@example.co.uk", "joe@outside.example"})
    assert (large.code, large.recipients) == (LIST, frozenset({"all@example.co.uk"}))
    assert [one.quote for one in large.evidence] == ["all@example.co.uk"]
    assert await codes(letter(JOKE_TEXT, "us:ten@example.co.uk")) == [JOKE]


@pytest.mark.parametrize(
    ("sender", "named", "expected"),
    [
        ("hr@example.co.uk", "HR <hr@example.co.uk>", []),
        ("ann@example.co.uk", "HR <hr@example.co.uk>", []),  # a delegate writes for human resources
        ("hr@example.co.uk", "Ann <ann@example.co.uk>", [JOKE, LIST]),
        ("md@example.co.uk", "MD <md@example.co.uk>", [JOKE, LIST]),
    ],
)
async def test_announcers_may_write_to_everybody(sender: str, named: str, expected: list[str]) -> None:
    """The authors in From count: all of them must be announcers."""
    assert await codes(letter(JOKE_TEXT, sender=sender, From=named)) == expected


async def test_groups_of_announcers_are_configured() -> None:
    assert await codes(letter(JOKE_TEXT, sender="md@example.co.uk"), announcers=("board",)) == []


async def test_nobody_outside_is_an_announcer() -> None:
    """Anybody can write a name there; the filter reads mail from outside only where its directions say so."""
    forged = letter(JOKE_TEXT, "in:all@example.co.uk", "eve@outside.example", From="hr@example.co.uk")
    assert await codes(forged) == [JOKE, LIST]


@pytest.mark.parametrize(
    ("sender", "to", "fields"),
    [
        ("rep@union.example", "us:all@example.co.uk", {}),
        ("ann@example.co.uk", "out:rep@union.example", {"To": "all@example.co.uk"}),
    ],
)
async def test_protected_correspondents_are_left_alone(sender: str, to: str, fields: dict[str, str]) -> None:
    assert await codes(letter(JOKE_TEXT, to, sender, **fields)) == []


@pytest.mark.parametrize("fields", [{"Cc": "nobody@union.example"}, {"From": "ann@example.co.uk, rep@union.example"}])
async def test_a_protected_address_in_the_header_alone_changes_nothing(fields: dict[str, str]) -> None:
    assert JOKE in await codes(letter(JOKE_TEXT, **fields))


async def test_only_the_copies_of_protected_correspondents_are_left_alone() -> None:
    for text, expected in ((JOKE_TEXT, [JOKE, LIST]), (in_the_middle(SALE_TEXT), [UNREAD])):
        some = await found(letter(text, "us:all@example.co.uk, out:nobody@union.example"))
        assert [one.code for one in some] == expected
        assert {one.recipients for one in some} == {frozenset({"all@example.co.uk"})}


async def test_the_summary_names_the_message_board_where_a_notice_belongs_there() -> None:
    board = "https://intranet.example.co.uk/noticeboard"
    sale, _ = await found(letter(SALE_TEXT), message_board=board)
    joke, _ = await found(letter(JOKE_TEXT), message_board=board)
    assert sale.code == FOR_SALE
    assert sale.summary.endswith(f"The place for such notices: {board}")
    assert board not in joke.summary
    assert "place" not in (await found(letter(SALE_TEXT)))[0].summary


async def test_forwards_weigh() -> None:
    """A line that is no finding alone is one in mail that was forwarded again and again, to many before."""
    line = "This one made me laugh."
    assert await codes(letter(line, Subject="Fwd: a")) == []
    assert await codes(letter(line, Subject="Fwd: Fwd: Fwd: a")) == [JOKE, LIST]
    earlier = ", ".join(f"n{number}@a.example" for number in range(10))
    block = (
        f"{line}\n\n---------- Forwarded message ---------\nFrom: Kim <kim@a.example>\nDate: 2 March\nTo: {earlier}\n"
    )
    (one, _) = await found(letter(block, Subject="Fwd: Fwd: a"))
    assert [e.quote for e in one.evidence if e.what == "forwarded"] == ["2 times", "10 addresses of earlier recipients"]


async def test_what_stands_below_the_signature_s_dashes_is_read() -> None:
    """It speaks against nothing, as a footer does not."""
    assert [one.code for one in await found(letter(f"Hello.\n\n-- \n{CHAIN_TEXT}"))] == [CHAIN, LIST]
    assert [one.code for one in await found(letter(f"{JOKE_TEXT}\n\n-- \nUnsubscribe | reply stop"))] == [JOKE, LIST]


BUSINESS = "The pallets leave on Tuesday, and the drawings are on the drive. " * 16
TRADE = "Our account manager knows the trade price."


async def test_business_around_a_joke_or_a_chain_letter_hides_none() -> None:
    """Neither its length nor its harmless words do, nor the language model that has read all of it."""
    by_both = made(Model(-10.0))
    for text, code in ((JOKE_TEXT, JOKE), (CHAIN_TEXT, CHAIN)):
        for whole in (f"{TRADE} {BUSINESS}\n\n{text}", f"{text}\n\n{BUSINESS} {TRADE}"):
            assert [one.code for one in await found(letter(whole))] == [code, LIST]
            one, _ = await by_both.check(letter(whole))
            assert (one.code, one.evidence[0].quote[:21]) == (code, "words near each other")
        assert await found(letter(f"{text} It is just a hoax. {BUSINESS}")) == []
    assert await found(letter(BUSINESS)) == []
    assert await found(letter(f"{BUSINESS * 4}\n\n{JOKE_TEXT}")) == []


@pytest.mark.parametrize(
    ("characters", "weight"), [(LONG, None), (LONG + 1, 0), (2 * LONG, -3), (VERY_LONG, -6), (2 * VERY_LONG, -6)]
)
async def test_a_long_letter_must_be_plainer(characters: int, weight: float | None) -> None:
    """The text has chance words, the more the longer it is; a joke with a laugh in it is found all the same."""
    start = f"{JOKE_TEXT} This one made me laugh, pass it on.\n\n"
    padding = "The minutes are on the drive. " * characters
    about = letter((start + padding)[:characters])
    (one, _) = await found(about)
    assert [e.weight for e in one.evidence if e.what == "long"] == ([] if weight is None else [weight])


async def test_the_model_adds_its_weight() -> None:
    """The model alone has a suspicion, of no kind, and nobody is reminded of it."""
    model = Model(12)
    (one, _) = await found(letter("I have got a spare lawnmower. Anybody want it?"), model)
    assert model.needed
    assert one.evidence[-1].quote == "above all: A sentence."
    (alone,) = await found(letter("Has anybody seen a whale today?"), Model(12))
    assert (alone.code, alone.code in Broadcast.reminders) == ("broadcast.suspected", False)


async def test_the_model_is_not_asked_about_mail_to_few_people() -> None:
    model = Model(20)
    assert await found(letter("Anybody want a cake?", colleagues(2)), model) == []
    assert model.needed == []


async def test_evidence_is_for_reviewers() -> None:
    """The sum first; the summary quotes nothing."""
    (one, _) = await found(letter(SALE_TEXT))
    assert one.evidence[0].what == "sum"
    assert any("pram" in evidence.quote for evidence in one.evidence)
    assert "pram" not in one.summary


def test_a_report_shows_no_number_about_a_few_people() -> None:
    assert Broadcast.least_people(shipped()) == 5
