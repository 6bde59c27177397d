"""The filter `receipt`: what is important, what is waited for, and until when.

What it does over days is in tests/scenarios/receipt.yaml.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from filters.receipt.filter import MISSING, UNREAD, Receipt
from filters.receipt.settings import ReceiptSettings
from filters.registry import FILTERS
from gateway.contract import Mail, Organisation, Outcome, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.labels import labels_of
from gateway.settings.loading import load
from tests.support.builders.judgement import NOW, mail
from tests.support.builders.padding import in_the_middle

ROOT = Path(__file__).resolve().parents[4]
DIRECTORY = ConfiguredDirectory(
    [Person("Shona Scott", ("shona@example.co.uk",), holidays="GB-SCT")],
    {"protected_correspondents": ["*@union.example"]},
    ["example.co.uk"],
)
ORGANISATION = Organisation(name="Example Ltd", timezone="Europe/London", holidays="GB-ENG")
HIGH = "Importance: high"


class Waiting:
    """Receipts in memory."""

    def __init__(self) -> None:
        self.expected: list[tuple[str, str, datetime]] = []
        self.ended: list[str] = []
        self.domains: list[str] = []

    async def expect(
        self,
        message_id: str,
        person: str,
        mail_id: str,
        domains: Collection[str],
        sent_at: datetime,
        due_at: datetime,
    ) -> None:
        self.expected.append((message_id, person, due_at))
        self.domains += sorted(domains)

    async def answered(self, message_ids: Collection[str], domains: Collection[str]) -> int:
        self.ended += message_ids
        self.domains += sorted(domains)
        return len(message_ids)


@cache
def shipped() -> ReceiptSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "receipt")
    assert isinstance(entry.settings, ReceiptSettings)
    return entry.settings


def made(waiting: Waiting | None = None, **keys: Any) -> Receipt:
    return Receipt(shipped().model_copy(update=keys), DIRECTORY, ORGANISATION, waiting or Waiting())


def letter(
    *fields: str, to: str = "out:joe@outside.example", subject: str = "Hello", text: str = "Hello", **parts: Any
) -> Mail:
    head = ("From: ann@example.co.uk", f"To: {to.partition(':')[2]}", f"Subject: {subject}", "Message-ID: <m1@example>")
    content = "\r\n".join((*head, *fields, "Content-Type: text/plain; charset=utf-8", "", f"{text}\r\n"))
    about = mail(to, raw=content.encode(), **{"sender": "ann@example.co.uk"} | parts)
    return replace(about, labels=labels_of(about.message))


async def important(*fields: str, **parts: Any) -> bool:
    return [one.code for one in await made().check(letter(*fields, **parts))] == [MISSING]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Importance: high", True),
        ("Importance: High", True),
        ("Importance: normal", False),
        ("X-Priority: 1 (Highest)", True),
        ("X-Priority: 1(Highest)", True),
        ("X-Priority: 2", True),
        ("X-Priority: 3", False),
        ("X-Priority:", False),
        ("Priority: urgent", True),
        ("Priority: non-urgent", False),
        ("X-MSMail-Priority: High", True),
    ],
)
async def test_marks(field: str, found: bool) -> None:
    assert await important(field) is found


async def test_text_that_is_not_read_is_on_record() -> None:
    """A mark needs no words; nobody is reminded of what was not read."""
    for fields, found in (((), [UNREAD]), ((HIGH,), [MISSING])):
        about = letter(*fields, text=in_the_middle("Kindly acknowledge receipt."))
        assert [one.code for one in await made().check(about)] == found
    assert UNREAD not in Receipt.receipt_reminders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kindly acknowledge receipt by return.", True),
        ("This is a formal notice under clause 9.", True),
        ("We hereby give you three months' notice to terminate the agreement.", True),
        ("The deadline for your reply is Friday, failing which we shall withdraw the offer.", True),
        ("We accept your offer, please treat this as notice of acceptance before the deadline.", True),
        ("Hiermit kündigen wir den Vertrag zum 30. Juni.", True),
        ("Par la présente nous résilions le contrat.", True),
        ("Rogamos acuse de recibo.", True),
        ("Con la presente diamo disdetta del contratto.", True),
        ("Graag ontvangst bevestigen.", True),
        ("Prosimy o potwierdzenie odbioru.", True),
        ("Please confirm that you have got this.", True),
        ("Can you confirm you got my letter?", True),
        ("Time is of the essence: reply within seven days.", True),
        ("Wij zeggen hierbij het contract op.", True),
        ("Hierbij zeg ik de huur per 1 mei op.", True),
        ("Please confirm that you have got a car.", False),
        ("Please reply within seven days.", False),
        ("The deadline for the newsletter is Friday.", False),
        ("Thank you for your notice of termination.", False),
        ("I confirm receipt of your letter.", False),
        ("I noticed that the notice board is full.", False),
        ("Urgent matters keep me busy.", False),
        ("> Please confirm receipt.\r\n\r\nIt is here.", False),
    ],
)
async def test_words(text: str, found: bool) -> None:
    assert await important(text=text) is found


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("URGENT: claim", True),
        ("Urgent!", True),
        ("[IMPORTANT] Your lease", True),
        ("Urgent - claim", True),
        ("Important notice about your lease", True),
        ("Urgent please: claim", True),
        ("Action required by Friday", True),
        ("Wichtig: Frist", True),
        ("Wichtige Mitteilung zum Mietvertrag", True),
        ("Re: URGENT: claim", False),
        ("Important Bird Areas", False),
        ("Urgent care centre opening hours", False),
        ("Important dates for gardeners", False),
        ("Dringende Sanierung der Kirche", False),
    ],
)
async def test_the_subject_says_so(subject: str, found: bool) -> None:
    assert await important(subject=subject) is found


async def test_evidence() -> None:
    (mark,) = await made().check(letter(HIGH))
    assert [(one.what, one.quote) for one in mark.evidence] == [("importance", "high")]
    (words,) = await made().check(letter(text="Please confirm receipt of this."))
    assert [one.what for one in words.evidence] == ["sum", "confirm_receipt"]


@pytest.mark.parametrize(
    "about",
    [
        letter(HIGH, to="us:bob@example.co.uk"),
        letter(HIGH, to="in:bob@example.co.uk"),
        letter(HIGH, sender=""),
        letter(HIGH, subject="Personal: tea"),
        letter(HIGH, "Auto-Submitted: auto-generated"),
        letter(HIGH, to="out:rep@union.example"),
        mail("out:joe@outside.example", raw=b"Importance: high\r\n\r\nHello\r\n", sender="ann@example.co.uk"),
    ],
    ids=["internal", "inbound", "null sender", "personal", "automatic", "protected", "no Message-ID"],
)
async def test_mail_that_is_left_alone(about: Mail) -> None:
    assert await made().check(about) == []


@pytest.mark.parametrize(
    ("action", "enforced", "waits"),
    [
        ("relay", {MISSING}, True),
        ("amend", {MISSING}, True),
        ("quarantine", {MISSING}, False),
        ("relay", set(), False),
        ("relay", {"virus.found"}, False),
    ],
)
async def test_what_is_waited_for(action: str, enforced: set[str], waits: bool) -> None:
    """A relayed or released message whose finding is enforced."""
    waiting = Waiting()
    outcome = Outcome({"joe@outside.example": action}, frozenset(enforced))
    await made(waiting).learn(letter(HIGH), outcome)
    await made(waiting).released(letter(HIGH), outcome, NOW)
    assert [one[:2] for one in waiting.expected] == [("m1@example", "ann@example.co.uk")] * 2 * waits
    assert waiting.domains == ["outside.example"] * 2 * waits


@pytest.mark.parametrize(
    ("sender", "sent", "keys", "due"),
    [
        ("ann@example.co.uk", "2026-03-02T10:00:00+00:00", {}, "2026-03-05T10:00:00+00:00"),
        ("ann@example.co.uk", "2026-03-06T10:00:00+00:00", {}, "2026-03-11T10:00:00+00:00"),  # over a weekend
        ("ann@example.co.uk", "2026-03-26T10:00:00+00:00", {}, "2026-03-31T09:00:00+00:00"),  # into summer time
        ("ann@example.co.uk", "2026-04-02T10:00:00+00:00", {}, "2026-04-09T10:00:00+00:00"),  # over Easter
        ("shona@example.co.uk", "2026-04-02T10:00:00+00:00", {}, "2026-04-08T10:00:00+00:00"),
        ("ann@example.co.uk", "2026-03-02T10:00:00+00:00", {"working_days": 1}, "2026-03-03T10:00:00+00:00"),
        ("ann@example.co.uk", "2026-03-06T10:00:00+00:00", {"weekdays": ("sun",)}, "2026-03-22T10:00:00+00:00"),
    ],
)
async def test_when_a_reminder_is_due(sender: str, sent: str, keys: dict[str, Any], due: str) -> None:
    waiting = Waiting()
    about = letter(HIGH, sender=sender, received_at=datetime.fromisoformat(sent))
    await made(waiting, **keys).learn(about, Outcome({"joe@outside.example": "relay"}, frozenset({MISSING})))
    ((_, _, due_at),) = waiting.expected
    assert due_at == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("action", "ends"), [("relay", True), ("quarantine", True), ("reject", False), ("discard", False)]
)
async def test_answers_from_outside_end_the_wait(action: str, ends: bool) -> None:
    waiting = Waiting()
    reply = letter("In-Reply-To: <m0@example>", to="in:ann@example.co.uk", sender="joe@outside.example")
    await made(waiting).learn(reply, Outcome({"ann@example.co.uk": action}))
    assert waiting.ended == (["m0@example"] if ends else [])
    assert ("outside.example" in waiting.domains) is ends


async def test_our_own_replies_end_nothing() -> None:
    waiting = Waiting()
    await made(waiting).learn(letter("In-Reply-To: <m0@example>"), Outcome({"joe@outside.example": "relay"}))
    assert waiting.ended == []
