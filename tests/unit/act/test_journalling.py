"""The journal in the path of a message: the octets that each recipient got are kept, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.message.edits import AddHeader
from gateway.remember.mail_journal import journal_space, segments
from gateway.remember.mail_journal.entries import Damage, JournalEntry
from gateway.remember.mail_journal.journal_files import JournalPlan
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.services.message_ids import new_id
from tests.support.builders.judgement import NOW, PLAIN, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.support.servers.sink import Sink

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"
BUSY, NO = b"450 4.2.1 busy", b"550 5.1.1 no such mailbox"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournalPlan:
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 0)
    return JournalPlan(tmp_path / "journal", JournalKeys([bytes(32)]), 7, 2**30)


@pytest.fixture
def journal(plan: JournalPlan) -> Iterator[MailJournal]:
    opened = MailJournal(plan, new_id)
    yield opened
    opened.close()


def kept(plan: JournalPlan) -> dict[tuple[str, ...], bytes]:
    """Return the recipients and the octets of each entry."""
    return {tuple(r.address for r in e.envelope.recipients): content for e, content in messages(plan)}


def messages(plan: JournalPlan) -> list[tuple[JournalEntry, bytes]]:
    return [one for one in JournalReader(plan.folder, plan.keys).messages() if not isinstance(one, Damage)]


def got(gateway: EmbeddedGateway) -> dict[tuple[str, ...], bytes]:
    return {one.recipients: one.content for one in gateway.home.got}


async def test_each_recipients_octets_are_kept(tmp_path: Path, plan: JournalPlan, journal: MailJournal) -> None:
    """The amended copy for Bob, the plain one for Ann, each below our own fields."""
    async with EmbeddedGateway(tmp_path, journal=journal) as gateway:
        edits = (AddHeader("X-Note", "1"),)
        gateway.probe.finds = [finding("probe.amend", edits=edits, recipients=frozenset({"bob@example.co.uk"}))]
        assert (await gateway.accept(BOB, ANN)).ok
        assert kept(plan) == got(gateway)
        (plain,) = (e for e, content in messages(plan) if e.envelope.recipients[0].address == "ann@example.co.uk")
        assert (plain.mail_id, plain.listener, plain.message_id) == ("m1", "inbound", "<1@outside.example>")
        assert (plain.envelope.mail_from, plain.at) == ("eve@outside.example", NOW)
        assert kept(plan)["ann@example.co.uk",][plain.above_bytes :] == PLAIN
        assert plain.client
        assert plain.client.address == "192.0.2.7"


async def test_those_who_got_nothing_are_not_named(tmp_path: Path, plan: JournalPlan, journal: MailJournal) -> None:
    """Ann's copy waits in the outbox; when it is sent, it is kept too."""
    busy = {"ann@example.co.uk": BUSY, "jim@example.co.uk": NO}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=busy.get), journal=journal) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:jim@example.co.uk")).ok
        assert list(kept(plan)) == [("bob@example.co.uk",)]
        busy.clear()
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert kept(plan) == got(gateway)
        assert list(kept(plan)) == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        assert {(e.mail_id, e.message_id, e.listener) for e, _ in messages(plan)} == {
            ("m1", "<1@outside.example>", "inbound")
        }


@pytest.mark.parametrize("home", [Sink(rcpt_reply=lambda _: BUSY), Sink(data_reply=lambda _: NO)])
async def test_what_nobody_took_is_not_kept(
    tmp_path: Path, plan: JournalPlan, journal: MailJournal, home: Sink
) -> None:
    async with EmbeddedGateway(tmp_path, home=home, journal=journal) as gateway:
        assert not (await gateway.accept(BOB)).ok
        assert kept(plan) == {}


async def test_held_mail_is_kept_when_it_is_released(tmp_path: Path, plan: JournalPlan, journal: MailJournal) -> None:
    """The notice about it is no relayed mail."""
    async with EmbeddedGateway(tmp_path, journal=journal) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        await gateway.tidy()
        assert len(gateway.home.got) == 1  # the notice
        assert kept(plan) == {}
        await gateway.release.release("m1", actor="rita", reason="fine")
        assert kept(plan)["bob@example.co.uk",] == gateway.home.got[1].content


@pytest.mark.parametrize(
    ("header", "personal"),
    [(b"Subject: Personal: lunch", True), (b"Subject: x\r\nSensitivity: personal", True), (b"Subject: lunch", False)],
)
async def test_the_label_goes_along(
    tmp_path: Path, plan: JournalPlan, journal: MailJournal, header: bytes, personal: bool
) -> None:
    """Mail that is relayed at once has it, and mail that waited in the outbox."""
    busy = {"ann@example.co.uk": BUSY}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=busy.get), journal=journal) as gateway:
        await gateway.accept(BOB, ANN, raw=PLAIN.replace(b"Subject: Hello", header))
        busy.clear()
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert [entry.personal for entry, _ in messages(plan)] == [personal] * 2


@pytest.mark.parametrize("tag", ["EXTERNAL:", "[Caution: this mail comes from outside us]"])
async def test_a_tag_hides_no_label(tmp_path: Path, plan: JournalPlan, journal: MailJournal, tag: str) -> None:
    """Mail that waited in the outbox has a tag of ours before its label."""
    busy, chain = {"bob@example.co.uk": BUSY}, f"- probe: {{actions: {{probe.tag: {{do: tag, label: '{tag}'}}}}}}"
    home = Sink(rcpt_reply=busy.get)
    async with EmbeddedGateway(tmp_path, filters=chain, home=home, journal=journal) as gateway:
        gateway.probe.finds = [finding("probe.tag")]
        await gateway.accept(BOB, ANN, raw=PLAIN.replace(b"Subject: Hello", b"Subject: Personal: lunch"))
        busy.clear()
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert [entry.personal for entry, _ in messages(plan)] == [True, True]
        assert all(b"Subject: " + tag[:8].encode() in content for _, content in messages(plan))


async def test_a_journal_in_trouble_stops_no_mail(
    tmp_path: Path, plan: JournalPlan, journal: MailJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client hears 250 and the recipient has the mail; the journal says that it hasn't."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segments, "_write_whole", full)
    async with EmbeddedGateway(tmp_path, journal=journal) as gateway:
        assert (await gateway.accept(BOB)).ok
        assert len(gateway.home.got) == 1
        assert journal.trouble.endswith("No space left on device")
        assert kept(plan) == {}


async def test_a_fault_in_the_journal_neither_stops_nor_repeats_mail(
    tmp_path: Path, journal: MailJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the reply, and in the outbox, where the delivery is on record before the journal hears of it."""
    busy, waiting = {"ann@example.co.uk": BUSY}, []
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=busy.get), journal=journal) as gateway:

        async def fail(*_: Any) -> None:
            waiting.append(await gateway.waiting())
            raise ValueError("odd")

        monkeypatch.setattr(journal, "keep", fail)
        with capture_logs() as logs:
            assert (await gateway.accept(BOB, ANN)).ok
            busy.clear()
            for _ in range(3):
                gateway.clock.move(minutes=5)
                await gateway.tidy()
        assert list(got(gateway)) == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        assert len(gateway.home.got) == 2
        assert waiting == [{}, {"journal": ["ann@example.co.uk"]}]
        assert await gateway.waiting() == {}
        assert [(x["id"], x["error"]) for x in logs if x["event"] == "journal.not_written"] == [
            ("m1", "ValueError: odd")
        ] * 2


async def test_a_death_between_record_and_entry_loses_no_entry(
    tmp_path: Path, plan: JournalPlan, journal: MailJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next keeper finds that Ann's copy is to be kept: it sends it to nobody. Jim's goes on waiting."""
    busy = {"ann@example.co.uk": BUSY, "jim@example.co.uk": BUSY}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=busy.get), journal=journal) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:jim@example.co.uk")).ok
        del busy["ann@example.co.uk"]
        gateway.clock.move(minutes=5)

        async def die(*_: Any) -> None:
            """Do nothing more: the keeper is dead."""

        with monkeypatch.context() as patch:
            patch.setattr(gateway.keeper, "_keep", die)
            await gateway.tidy()
        assert list(kept(plan)) == [("bob@example.co.uk",)]
        assert (await gateway.store.figures())["outbox_rows"] == 1  # Jim's
        for _ in range(2):
            gateway.clock.move(minutes=1)
            await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["jim@example.co.uk"]}
        assert list(kept(plan)) == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        assert kept(plan) == got(gateway)
        assert len(messages(plan)) == len(gateway.home.got) == 2


async def test_a_journal_that_is_off(tmp_path: Path, plan: JournalPlan, journal: MailJournal) -> None:
    """Nothing is kept, and no folder is made."""
    journal.configure(None)
    async with EmbeddedGateway(tmp_path, journal=journal) as gateway:
        assert (await gateway.accept(BOB)).ok
        assert not plan.folder.exists()


async def test_the_purge_removes_old_days(tmp_path: Path, plan: JournalPlan, journal: MailJournal) -> None:
    """It goes with all else that is past its retention."""
    async with EmbeddedGateway(tmp_path, journal=journal) as gateway:
        await gateway.accept(BOB)
        gateway.clock.move(days=7)
        assert "days of the journal" not in await gateway.keeper.purge()
        gateway.clock.move(days=1)
        assert (await gateway.keeper.purge())["days of the journal"] == 1
        assert kept(plan) == {}
