"""Reminders of important mail that nobody has answered: to whom, when, and what stands in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices import receipt_reminders as module
from gateway.act.notices.notices import Wording
from gateway.act.notices.receipt_reminders import ReceiptNotice, ReceiptReminders
from gateway.remember.store import Store
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.builders.judgement import NOW, FakeClock

WORDING = Wording(
    templates={"receipt": SHIPPED / "notices/receipt.txt"},
    organisation="Example Ltd",
    contact="IT <it@example.co.uk>",
    contact_at="it@example.co.uk",
    notices_from="postmaster@example.co.uk",
    hostname="gw.example.co.uk",
    timezone=ZoneInfo("Europe/London"),
    clauses={"email.receipt": "Always obtain confirmation of receipt."},
    policy={"title": "Policy"},
    quarantine_days=30,
    record_days=180,
    journal_days=0,
)


class Stage:
    """Messages that wait, and the outbox."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FakeClock()
        self.numbers = iter(range(1000))
        self.receipts = store.receipts(bytes(32))

    def reminders(self, wording: Wording = WORDING) -> ReceiptReminders:
        return ReceiptReminders(
            self.store,
            ReceiptNotice("receipt", "email.receipt"),
            wording,
            {"example.co.uk"},
            "all@example.co.uk".__eq__,
            lambda person: "Europe/Warsaw" if person.startswith("nina") else "",
            self.clock,
            lambda: f"n{next(self.numbers)}",
        )

    async def expect(self, person: str = "ann@example.co.uk", id: str = "m1") -> None:
        await self.receipts.expect(id, person, id, ["outside.example"], NOW, NOW)

    async def queued(self) -> list[EmailMessage]:
        """Return the messages in the outbox that nobody has claimed."""
        claimed = await self.store.outbox.claim(self.clock.now(), 200, 60)
        found = [message_from_bytes(content, policy=policy.default) for _, content in claimed]
        return [one for one in found if isinstance(one, EmailMessage)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield Stage(store)
    await store.close()


async def test_it_names_the_time_the_id_and_the_clause(stage: Stage) -> None:
    await stage.expect()
    await stage.reminders().send_due()
    (reminder,) = await stage.queued()
    assert (reminder["To"], reminder["Reply-To"]) == ("ann@example.co.uk", "it@example.co.uk")
    assert "Monday 02 March 2026, 09:30 GMT" in reminder["Subject"]
    text = reminder.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    for one in (
        "Example Ltd",
        "Policy",
        "Always obtain confirmation",
        "(email.receipt)",
        "m1",
        "IT <it@example.co.uk>",
    ):
        assert one in words


async def test_each_message_is_reminded_of_once(stage: Stage) -> None:
    await stage.expect()
    await stage.expect("nina@example.co.uk", "m2")
    for _ in range(2):
        await stage.reminders().send_due()
    assert sorted(one["To"] for one in await stage.queued()) == ["ann@example.co.uk", "nina@example.co.uk"]


async def test_one_person_has_one_reminder_of_several_messages(stage: Stage) -> None:
    """It names each by its id, its time and the domains that it went to."""
    await stage.expect()
    await stage.receipts.expect("m2", "ann@example.co.uk", "m2", ["a.example", "b.example"], NOW, NOW)
    await stage.reminders().send_due()
    (reminder,) = await stage.queued()
    assert reminder["Subject"] == "Have you confirmations of 2 messages that you sent?"
    text = reminder.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    for one in ("m1", "m2", "outside.example", "a.example, b.example"):
        assert one in words
    assert words.count("Monday 02 March 2026, 09:30 GMT") == 2
    assert await stage.store.due_receipts.due(NOW, 10) == []


async def test_the_time_is_the_senders(stage: Stage) -> None:
    await stage.expect("nina@example.co.uk")
    await stage.reminders().send_due()
    (reminder,) = await stage.queued()
    assert "10:30 CET" in reminder["Subject"]


@pytest.mark.parametrize("person", ["all@example.co.uk", "ann@elsewhere.example", ""])
async def test_nobody_else_is_told(stage: Stage, person: str) -> None:
    """A list has members; an address that is ours no more may be anybody's. The wait is over all the same."""
    await stage.expect(person)
    await stage.reminders().send_due()
    assert await stage.queued() == []
    assert await stage.store.due_receipts.due(NOW, 10) == []


async def test_what_is_not_due_waits(stage: Stage) -> None:
    await stage.expect()
    stage.clock.move(seconds=-1)
    await stage.reminders().send_due()
    assert await stage.queued() == []
    stage.clock.move(seconds=1)
    await stage.reminders().send_due()
    assert len(await stage.queued()) == 1


async def test_a_round_takes_so_many(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    for number in range(3):
        await stage.expect(f"p{number}@example.co.uk", f"m{number}")
    await stage.reminders().send_due()
    assert len(await stage.queued()) == 2
    await stage.reminders().send_due()
    assert len(await stage.queued()) == 1


async def test_a_keeper_that_dies_before_the_end_reminds_again_and_one_behind_it_does_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the commit, nothing was queued; behind it, the row is gone."""
    await stage.expect()

    def dies(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ReceiptReminders, "_compose", dies)
        with pytest.raises(KeyboardInterrupt):
            await stage.reminders().send_due()
    assert await stage.queued() == []
    await stage.reminders().send_due()
    await stage.reminders().send_due()
    assert len(await stage.queued()) == 1


async def test_a_clause_without_a_text_is_named_by_its_id(stage: Stage) -> None:
    await stage.expect()
    await stage.reminders(replace(WORDING, clauses={})).send_due()
    (reminder,) = await stage.queued()
    text = reminder.get_body(("plain",))
    assert text is not None
    assert "email.receipt (email.receipt)" in text.get_content()
