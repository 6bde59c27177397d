"""The filter `commitment`: its findings, its evidence, and the mail that it does not read.

What it finds in whole conversations is in tests/scenarios/commitment_*.yaml.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from filters.commitment.filter import LIMIT, MADE, SUSPECTED, UNREAD, Commitment
from filters.commitment.settings import CommitmentSettings, Signatory
from filters.registry import FILTERS
from gateway.contract import Finding, Mail
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import Reading
from gateway.message import Message
from gateway.services.no_model import NoModel
from gateway.settings.loading import load
from tests.support.builders.audiences import FakeConfirmed
from tests.support.builders.judgement import mail
from tests.support.builders.padding import in_the_middle

ROOT = Path(__file__).resolve().parents[4]
DIRECTORY = ConfiguredDirectory(
    [],
    {
        "signatories": ["md@example.co.uk"],
        "buyers": ["cat@example.co.uk"],
        "protected_correspondents": ["*@union.example"],
    },
    ["example.co.uk"],
)
ACCEPTS = "We accept your quotation over £6,400 in full."


class Model:
    """A model that gives one weight, and keeps the questions."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.asked: list[str] = []

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading | None:
        self.asked.append(rule)
        return Reading(self.weight, (("Yes to both.", self.weight),))


@cache
def shipped() -> CommitmentSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "commitment")
    assert isinstance(entry.settings, CommitmentSettings)
    return entry.settings


@cache
def as_shipped() -> Commitment:
    return Commitment(shipped(), DIRECTORY, FakeConfirmed(), NoModel())


def made(confirmed: Any = None, model: Any = None, **changes: Any) -> Commitment:
    settings = shipped().model_copy(update=changes)
    return Commitment(settings, DIRECTORY, confirmed or FakeConfirmed(), model or NoModel())


def written(
    text: str,
    *to: str,
    sender: str = "ann@example.co.uk",
    more: str = "Message-ID: <1@x>\r\n",
    about: str = "Re: Quotation",
) -> Mail:
    head = f"From: {sender}\r\nTo: joe@outside.example\r\nSubject: {about}\r\n{more}"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    return mail(*(to or ("out:joe@outside.example",)), raw=raw, sender=sender)


async def found(about: Mail, by: Commitment | None = None) -> list[Finding]:
    return list(await (by or as_shipped()).check(about))


async def test_a_finding_has_the_sentence_as_evidence() -> None:
    """The summary, which the sender reads, quotes nothing."""
    (one,) = await found(written(f"Dear Joe,\r\n\r\n{ACCEPTS}"))
    assert one.code == MADE
    assert one.recipients == {"joe@outside.example"}
    assert "quotation" not in one.summary
    assert any(ACCEPTS.rstrip(".") in evidence.quote for evidence in one.evidence)
    assert one.evidence[0].what == "sum"


async def test_what_stands_below_the_signature_s_dashes_is_read() -> None:
    """A title, an address or a share capital is no commitment."""
    assert [one.code for one in await found(written(f"Hello.\r\n\r\n-- \r\n{ACCEPTS}"))] == [MADE]
    card = "Ann Archer, Head of Orders and Contracts\r\nHull 01482 555 123\r\nShare capital: 25.000 EUR"
    assert await found(written(f"Hello.\r\n\r\n-- \r\n{card}")) == []
    by = made(signatories=(Signatory(group="buyers", up_to=("6000 GBP",)),))
    assert await found_by_cat(f"We accept your quotation: \u00a35,000.\r\n\r\n-- \r\n{card}", by) == []


@pytest.mark.parametrize(
    ("about", "text", "expected"),
    [
        ("Accepted", "Thank you, I have read it.", []),
        ("Re: AW: Done deal", "Thank you, I have read it.", []),
        ("Accepted in full", "Thank you, I have read it.", [MADE]),
        ("Accepted", "", [MADE]),
        ("Accepted", "-- \r\nAnn Archer, buyer", [MADE]),
    ],
)
async def test_a_subject_of_one_or_two_words_above_a_text_agrees_to_nothing(
    about: str, text: str, expected: list[str]
) -> None:
    assert [one.code for one in await found(written(text, about=about))] == expected


async def test_text_that_is_not_read_is_on_record() -> None:
    """Nobody is told, or asked to confirm it."""
    (unread,) = await found(written(in_the_middle(ACCEPTS)))
    assert (unread.code, [one.what for one in unread.evidence]) == (UNREAD, ["text"])
    assert {one.code for one in await found(written(f"{in_the_middle('')}{ACCEPTS}"))} == {UNREAD, MADE}
    assert UNREAD not in (*Commitment.reminders, *Commitment.by_model, *Commitment.release_by_sender)


async def test_only_copies_to_outside_are_concerned() -> None:
    (one,) = await found(written(ACCEPTS, "out:joe@outside.example", "us:bob@example.co.uk"))
    assert one.recipients == {"joe@outside.example"}
    assert await found(written(ACCEPTS, "us:bob@example.co.uk")) == []
    assert await found(written(ACCEPTS, "in:bob@example.co.uk")) == []


async def test_a_limit_shows_the_amounts_over_it() -> None:
    by = made(signatories=(Signatory(group="buyers", up_to=("6000 GBP",)),))
    (one,) = await found(written(f"{ACCEPTS} And 20 EUR, £5.", sender="cat@example.co.uk"), by)
    assert one.code == LIMIT
    assert [e.quote for e in one.evidence if e.what == "amount over the limit"] == ["20 EUR", "6,400 GBP"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("We accept your quotation: \u00a31\u00bdm.", "1,500,000 GBP"),
        ("We accept your quotation: 500,000.", "500,000, of a currency that isn't named"),
        ("We accept your quotation: \u00a364,0OO.", "64,000 GBP"),
        ("We accept your quotation: \u00a35,000.", ""),
        ("We accept your quotation: 5,000.", ""),
    ],
)
async def test_amounts_as_they_are_written(text: str, shown: str) -> None:
    by = made(signatories=(Signatory(group="buyers", up_to=("6000 GBP",)),))
    several = await found_by_cat(text, by)
    assert all(one.summary.endswith("The sender's limit: 6,000 GBP.") for one in several)
    all_of = [one for found in several for one in found.evidence]
    assert [e.quote for e in all_of if e.what == "amount over the limit"] == ([shown] if shown else [])


async def found_by_cat(text: str, by: Commitment) -> list[Finding]:
    return await found(written(text, sender="cat@example.co.uk"), by)


async def test_recipients_are_judged_apart() -> None:
    by = made(signatories=(Signatory(group="buyers", up_to=("6000 GBP",), counterparties=("*@outside.example",)),))
    about = written(ACCEPTS, "out:joe@outside.example", "out:kim@other.example", sender="cat@example.co.uk")
    assert {(one.code, one.recipients) for one in await found(about, by)} == {
        (MADE, frozenset({"kim@other.example"})),
        (LIMIT, frozenset({"joe@outside.example"})),
    }


@pytest.mark.parametrize(
    "about",
    [
        written(ACCEPTS, sender="md@example.co.uk"),
        written(ACCEPTS, "out:officer@union.example"),
        written(ACCEPTS, sender="rep@union.example"),
        written(ACCEPTS, more="Auto-Submitted: auto-replied\r\n"),
        mail("out:joe@outside.example", raw=written(ACCEPTS).message.raw, sender=""),
    ],
    ids=["signatory", "protected", "protected sender", "a program", "null sender"],
)
async def test_mail_that_is_not_read(about: Mail) -> None:
    """The model is not asked either."""
    model = Model(20)
    assert await found(about, made(model=model)) == []
    assert model.asked == []


async def test_a_protected_recipient_frees_its_own_copy_alone() -> None:
    for text, code in ((ACCEPTS, MADE), (in_the_middle(ACCEPTS), UNREAD)):
        (one,) = await found(written(text, "out:joe@outside.example", "out:nobody@union.example"))
        assert (one.code, one.recipients) == (code, {"joe@outside.example"})


@pytest.mark.parametrize("said", ["no", "No; x", "no ; owner-email=a@x.example"])
async def test_mail_that_says_that_a_person_wrote_it_is_read(said: str) -> None:
    assert await found(written(ACCEPTS, more=f"Auto-Submitted: {said}\r\n"))


async def test_the_model_adds_its_weight() -> None:
    model = Model(11)
    by = made(model=model)
    (one,) = await found(written("Yes to the terms, send it round on Monday."), by)
    assert any(evidence.what == "language model" and evidence.weight == 11 for evidence in one.evidence)
    assert model.asked == ["commitment"]


async def test_what_the_model_alone_finds_is_a_suspicion() -> None:
    """It is stated as no fact, no reminder is sent, and its sender can confirm it where it is held."""
    alone = "You have 14 days to respond, failing which we will terminate the agreement."
    (one,) = await found(written(alone, about="x"), made(model=Model(14)))
    assert (one.code, one.summary.partition(":")[0]) == (SUSPECTED, "The message may bind the organisation")
    assert SUSPECTED not in Commitment.reminders
    assert SUSPECTED in Commitment.release_by_sender


async def test_a_confirmed_mail_is_not_found_again() -> None:
    """Nor is its thread; over a limit the thread doesn't count."""
    confirmed = FakeConfirmed()
    by = made(confirmed, signatories=(Signatory(group="buyers", up_to=("6000 GBP",)),))
    for sender, code in (("ann@example.co.uk", MADE), ("cat@example.co.uk", LIMIT)):
        first = written(ACCEPTS, sender=sender)
        reply = written(ACCEPTS, sender=sender, more="Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n")
        assert [one.code for one in await found(first, by)] == [code]
        await confirmed.add(await by.confirmations(first), first.received_at)
        assert await found(first, by) == []
        assert [one.code for one in await found(reply, by)] == ([] if code == MADE else [LIMIT])


async def test_a_confirmation_counts_for_no_other_mail() -> None:
    """Neither for other words under the same Message-ID and date, nor for other people in the thread."""
    by = made(FakeConfirmed())
    ids = "Message-ID: <1@x>\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n"
    first = written(ACCEPTS, more=ids)
    await by._confirmed.add(await by.confirmations(first), first.received_at)
    assert await found(first, by) == []
    assert await found(written(f"{ACCEPTS} And the second one.", more=ids), by)
    assert await found(written(ACCEPTS, "out:kim@far.example", more=ids), by)
    reply = written(ACCEPTS, "out:kim@far.example", "out:joe@outside.example", more="References: <1@x>\r\n")
    assert [one.recipients for one in await found(reply, by)] == [{"kim@far.example"}]


@pytest.mark.parametrize("unit", ["we accept ", "£1 ", "our fault and we will pay your ", "you have the word if we "])
async def test_a_text_of_one_phrase_costs_little(unit: str) -> None:
    """The length that is read is bounded, and so is what is examined of it."""
    await found(written(unit * (60_000 // len(unit))))
