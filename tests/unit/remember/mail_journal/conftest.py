"""A journal in a folder of its own, and makers of relayed messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.contract import Client, Envelope, Recipient
from gateway.remember.mail_journal import journal_space
from gateway.remember.mail_journal.entries import Order, RelayedMessage
from gateway.remember.mail_journal.journal_files import JournalPlan
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_search import JournalSearch, Search, SearchResult
from gateway.remember.mail_journal.journal_writer import MailJournal

KEY = bytes(range(32))
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

MakeRelayed = Callable[..., RelayedMessage]
OpenJournal = Callable[..., MailJournal]


def relayed(text: str = "Hello", *to: str, **parts: Any) -> RelayedMessage:
    """Return a message with this subject and text, to Bob unless the arguments say otherwise."""
    recipients = tuple(Recipient(address, "inbound") for address in to or ("bob@example.co.uk",))
    values: dict[str, Any] = {
        "mail_id": "m1",
        "envelope": Envelope(parts.pop("sender", "Eve@outside.example"), recipients),
        "listener": "inbound",
        "client": Client("192.0.2.7", "mx.outside.example"),
        "content": (f"Subject: {text}\r\n\r\n".encode(), f"{text}\r\n".encode()),
        "message_id": f"<{text}@outside.example>",
        "personal": False,
    }
    return RelayedMessage(**values | parts)


@pytest.fixture(autouse=True)
def any_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of a test may be nearly full."""
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 0)


@pytest.fixture
def plan(tmp_path: Path) -> JournalPlan:
    return JournalPlan(tmp_path / "journal", JournalKeys([KEY]), days=7, max_bytes=2**30)


@pytest.fixture
def reader(plan: JournalPlan) -> JournalReader:
    return JournalReader(plan.folder, plan.keys)


@pytest.fixture
def open_journal(plan: JournalPlan, request: pytest.FixtureRequest) -> OpenJournal:
    """Return a maker of journals, each as one process has it; their entries have ids of eight digits and a name."""

    def make(name: str = "one", **changes: Any) -> MailJournal:
        ids = count(1)
        journal = MailJournal(replace(plan, **changes), lambda: f"{next(ids):08}-{name}")
        request.addfinalizer(journal.close)
        return journal

    return make


@pytest.fixture
async def filled(open_journal: OpenJournal, reader: JournalReader) -> JournalReader:
    """Return a journal with three days of mail."""
    journal = open_journal()
    await journal.keep([relayed("First invoice", mail_id="m-1")], AT)
    await journal.keep([relayed("Lunch", "Ann@example.co.uk", "joe@x.example", sender="", mail_id="m-2")], AT + HOUR)
    await journal.keep([relayed("Invoice of March", "ann@sub.example.co.uk", message_id="<X@y>")], AT + DAY)
    await journal.keep([relayed("Personal: invoice", personal=True)], AT + 2 * DAY)
    return reader


@pytest.fixture
async def three(open_journal: OpenJournal, reader: JournalReader) -> JournalReader:
    """Return a journal with three messages in one pair of files."""
    await open_journal().keep([relayed("a"), relayed("b"), relayed("c")], AT)
    return reader


def find(
    reader: JournalReader, search: Search | None = None, limit: int = 100, behind: Order | None = None
) -> SearchResult:
    return JournalSearch(reader, search or Search(), limit, behind).answer()


def subjects(result: SearchResult) -> list[str | None]:
    return [one.subject for one in result.found]
