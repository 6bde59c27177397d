"""The reading side: entries by id, and all messages in turn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.remember.mail_journal import journal_reader
from gateway.remember.mail_journal.entries import Damage, JournalEntry
from gateway.remember.mail_journal.journal_reader import JournalReader
from tests.unit.remember.mail_journal.conftest import AT, DAY, HOUR, OpenJournal, relayed

# --- one message -----------------------------------------------------------------------------------------------------


async def test_an_entry_by_its_id(open_journal: OpenJournal, reader: JournalReader) -> None:
    """By its own, by the message's, and by the beginning of either, in whatever letter case."""
    await open_journal("abc").keep([relayed("a", mail_id="mail-1"), relayed("b", mail_id="mail-1")], AT)
    assert [one.id for one in reader.named("00000001-ABC")] == ["00000001-abc"]
    assert [one.id for one in reader.named("mail-1")] == ["00000001-abc", "00000002-abc"]
    assert [one.id for one in reader.named("0000000")] == ["00000001-abc", "00000002-abc"]
    assert reader.named("outside") == []


async def test_a_short_beginning_has_few_entries(three: JournalReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_reader, "MOST_NAMED", 2)
    assert len(three.named("0")) == 2


# --- all messages ----------------------------------------------------------------------------------------------------


async def test_messages_of_a_time(filled: JournalReader) -> None:
    """Each has its octets; personal mail is among them, since whoever asks must decide."""
    messages = [one for one in filled.messages(since=AT + HOUR, until=AT + 2 * DAY) if not isinstance(one, Damage)]
    assert [content.split(b"\r\n")[0] for _, content in messages] == [b"Subject: Lunch", b"Subject: Invoice of March"]
    assert all(isinstance(entry, JournalEntry) for entry, _ in messages)
    assert len(list(filled.messages())) == 4
    assert list(filled.messages(until=datetime(2026, 3, 2, tzinfo=UTC))) == []
