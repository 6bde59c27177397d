"""The writing side: what is kept, and that nothing that goes wrong is a reason to stop mail."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.remember.mail_journal import journal_files, journal_space, journal_writer, segments
from gateway.remember.mail_journal.journal_files import JournalPlan
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.remember.mail_journal.segments import days_of, indexes_of, sizes_of
from tests.unit.remember.mail_journal.conftest import AT, KEY, OpenJournal, find, relayed, subjects


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def kept(reader: JournalReader) -> list[str | None]:
    """Return the subjects, oldest first."""
    return subjects(find(reader))[::-1]


async def test_a_message_is_kept_as_it_was_relayed(open_journal: OpenJournal, reader: JournalReader) -> None:
    """Compressed and encrypted: no octet of it stands in a file."""
    message = relayed(content=(b"Received: us\r\n", b"Subject: Salaries\r\n\r\n" + b"of March\r\n" * 1000))
    await open_journal().keep([message], AT)
    ((entry, content),) = reader.messages()
    assert content == b"".join(message.content)
    assert entry.envelope == message.envelope
    octets = b"".join(path.read_bytes() for path in reader.folder.glob("*/*"))
    assert b"of March" not in octets
    assert len(octets) < 1000


async def test_without_a_plan_nothing_is_done(tmp_path: Any) -> None:
    """No thread, no folder."""
    journal = MailJournal(None, lambda: "1")
    before = threading.active_count()
    await journal.keep([relayed()], AT)
    assert not journal.is_on
    assert await journal.purge(AT) == 0
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []
    journal.close()


async def test_several_processes_write_at_once(open_journal: OpenJournal, reader: JournalReader) -> None:
    """Each into files of its own; all is found, in order."""
    journals = [open_journal(name) for name in ("one", "two", "three")]
    await asyncio.gather(*(journals[n % 3].keep([relayed(f"s{n:02}")], AT + timedelta(seconds=n)) for n in range(30)))
    assert kept(reader) == [f"s{n:02}" for n in range(30)]
    assert len(indexes_of(reader.folder, AT.date())) == 3


async def test_a_new_day_and_a_large_file_begin_new_files(
    open_journal: OpenJournal, reader: JournalReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    await journal.keep([relayed("a")], AT)
    await journal.keep([relayed("b")], AT + timedelta(days=1))
    monkeypatch.setattr(journal_files, "SEGMENT_BYTES", 1)
    await journal.keep([relayed("c"), relayed("d")], AT + timedelta(days=1))
    assert [len(indexes_of(reader.folder, day)) for day in days_of(reader.folder)] == [1, 3]
    assert kept(reader) == ["a", "b", "c", "d"]


async def test_another_plan_holds_from_the_next_message_on(open_journal: OpenJournal, plan: JournalPlan) -> None:
    """A rotated key, or none: then nothing is kept any more."""
    journal = open_journal()
    await journal.keep([relayed("old")], AT)
    both = JournalKeys([bytes(32), KEY])
    journal.configure(replace(plan, keys=both))
    await journal.keep([relayed("new")], AT)
    journal.configure(None)
    await journal.keep([relayed("off")], AT)
    assert kept(JournalReader(plan.folder, both)) == ["old", "new"]


# --- full ------------------------------------------------------------------------------------------------------------


async def test_a_full_journal_is_said_once_and_mail_goes_on(
    open_journal: OpenJournal, reader: JournalReader, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one line for all processes; `status` has it of each. It says what helps, and when there is room again."""
    monkeypatch.setattr(journal_space, "RECOUNT_SECONDS", 0.0)
    one, two = (open_journal(name, max_bytes=900) for name in ("one", "two"))
    for number in range(4):
        for journal in (one, two):
            await journal.keep([relayed(f"s{number}")], AT)
    assert [line["event"] for line in logs] == ["journal.full"]
    assert "mailwarden purge" in logs[0]["why"]
    for journal in (one, two):
        assert journal.trouble.startswith("relayed mail is not kept: the journal is full")
    assert sum(sizes_of(reader.folder)) <= 900

    segments.remove_day(reader.folder, AT.date())
    for journal in (one, two):
        await journal.keep([relayed("again")], AT)
    assert [line["event"] for line in logs] == ["journal.full", "journal.has_room"]
    assert (one.trouble, two.trouble) == ("", "")
    assert kept(reader) == ["again", "again"]


async def test_a_disk_that_is_full_from_the_start(
    open_journal: OpenJournal, reader: JournalReader, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said in the same way; nothing is written."""
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 2**60)
    journal = open_journal()
    await journal.keep([relayed()], AT)
    assert [line["event"] for line in logs] == ["journal.full"]
    assert "make room on that disk" in journal.trouble
    assert kept(reader) == []


# --- trouble ---------------------------------------------------------------------------------------------------------


async def test_a_disk_that_takes_nothing_is_said_once(
    open_journal: OpenJournal, reader: JournalReader, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a message is none, and the next one goes into new files, after a while."""
    journal = open_journal()
    await journal.keep([relayed("a")], AT)
    writes = segments._write_whole

    def half(descriptor: int, octets: bytes) -> None:
        writes(descriptor, octets[: len(octets) // 2])
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(segments, "_write_whole", half)
        for _ in range(3):
            await journal.keep([relayed("b")], AT)
    assert [(line["event"], line["id"]) for line in logs] == [("journal.not_written", "m1")]
    assert logs[0]["error"].endswith("Input/output error")
    assert journal.trouble.endswith("Input/output error")
    assert len(indexes_of(reader.folder, AT.date())) == 1
    journal._files._rests_until = 0
    await journal.keep([relayed("c")], AT)
    assert journal.trouble == ""
    assert kept(reader) == ["a", "c"]


async def test_an_error_that_nobody_foresaw_stops_no_mail(
    open_journal: OpenJournal, reader: JournalReader, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the log; the next message goes into new files."""
    monkeypatch.setattr(journal_files, "REST_SECONDS", 0.0)
    journal = open_journal()
    await journal.keep([relayed("a")], AT)
    with monkeypatch.context() as broken:
        broken.setattr(journal_files, "_packed", lambda _: 1 / 0)
        await asyncio.gather(*(journal.keep([relayed("b")], AT) for _ in range(3)))
    assert [line["error"] for line in logs] == ["ZeroDivisionError: division by zero"]
    await journal.keep([relayed("c")], AT)
    assert kept(reader) == ["a", "c"]


async def test_what_comes_while_the_disk_writes_is_written_next(
    open_journal: OpenJournal, reader: JournalReader
) -> None:
    """The order stays."""
    journal = open_journal()
    await asyncio.gather(*(journal.keep([relayed(f"s{number}")], AT) for number in range(9)))
    assert kept(reader) == [f"s{number}" for number in range(9)]


async def test_files_that_were_removed_are_made_anew(open_journal: OpenJournal, reader: JournalReader) -> None:
    """Somebody has emptied the folder while the gateway runs."""
    journal = open_journal()
    await journal.keep([relayed("a")], AT)
    segments.remove_day(reader.folder, AT.date())
    await journal.keep([relayed("b")], AT)
    assert kept(reader) == ["b"]


async def test_a_disk_that_stands_still_keeps_no_reply_waiting(
    open_journal: OpenJournal, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages wait for it in bounded memory; those beyond are not kept."""
    monkeypatch.setattr(journal_writer, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(journal_writer, "WAITING_BYTES", 100)
    moves = threading.Event()
    monkeypatch.setattr(segments, "_write_whole", lambda *_: moves.wait())
    journal = open_journal()
    await journal.keep([relayed("a")], AT)
    await journal.keep([relayed("b" * 40)], AT)
    moves.set()
    journal.close()
    await asyncio.sleep(0)  # the loop hears of what was written
    assert [line["event"] for line in logs] == ["journal.not_written"] * 2
    assert "nothing was written" in logs[0]["error"]
    assert "too many messages wait" in logs[1]["error"]


# --- the purge -------------------------------------------------------------------------------------------------------


async def test_days_that_are_over_are_removed(open_journal: OpenJournal, reader: JournalReader) -> None:
    """A message of the first second of a day is kept for so many whole days."""
    journal = open_journal(days=2)
    for days in range(5):
        await journal.keep([relayed(f"d{days}")], AT + timedelta(days=days))
    assert await journal.purge(AT + timedelta(days=4)) == 2
    assert kept(reader) == ["d2", "d3", "d4"]
    assert await journal.purge(AT + timedelta(days=4)) == 0


async def test_a_day_that_stays_is_said(open_journal: OpenJournal, reader: JournalReader, logs: list[Any]) -> None:
    """Such as one with a folder of somebody else's in it."""
    journal = open_journal(days=1)
    await journal.keep([relayed()], AT)
    (reader.folder / "2026-03-02" / "other").mkdir()
    assert await journal.purge(AT + timedelta(days=3)) == 0
    assert [line["event"] for line in logs] == ["journal.not_purged"]
