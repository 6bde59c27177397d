"""Questions to the journal: what is refused, and that the record comes first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from gateway.contract import Actor, Client, Envelope, Recipient, Refused
from gateway.operations.journal import MOST_FOUND, MOST_RECIPIENTS, JournalOperations
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.mail_journal import journal_space
from gateway.remember.mail_journal.entries import RelayedMessage
from gateway.remember.mail_journal.journal_files import JournalPlan
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.services.message_ids import new_id

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
INGE = Actor("inge", frozenset({"investigator"}), 1000)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 0)
    store = SimpleNamespace(trail=AsyncMock(), outbox=AsyncMock(**{"waiting.return_value": set()}))
    key_file = SimpleNamespace(keys=(bytes(32),))
    settings = SimpleNamespace(
        journal=SimpleNamespace(days=7, max_bytes=2**30, key_file=key_file),
        data_dir=tmp_path,
        notices_from="postmaster@example.co.uk",
        hostname="gw.example.co.uk",
    )
    return SimpleNamespace(store=store, settings=settings, clock=SimpleNamespace(now=lambda: NOW))


@pytest.fixture
def journal(parts: Any) -> Any:
    return JournalOperations(parts, AsyncMock())


async def keep(tmp_path: Path, recipients: int = 1, *, personal: bool = False) -> None:
    """Keep a message."""
    to = tuple(Recipient(f"p{number}@example.co.uk", "inbound") for number in range(recipients))
    message = RelayedMessage(
        mail_id="m1",
        envelope=Envelope("eve@outside.example", to),
        listener="inbound",
        client=Client("192.0.2.7"),
        content=(b"Subject: Personal: lunch\r\n\r\n",),
        message_id="<1@x>",
        personal=personal,
    )
    writer = MailJournal(JournalPlan(tmp_path / "journal", JournalKeys([bytes(32)]), 7, 2**30), new_id)
    await writer.keep([message], NOW)
    writer.close()


async def test_without_a_record_nothing_is_shown(journal: Any, parts: Any, tmp_path: Path) -> None:
    """No search and no message."""
    await keep(tmp_path)
    (row,) = (await journal._find(INGE))["found"]
    parts.store.trail.put_on_record.side_effect = StoreUnavailable("away")
    parts.store.outbox.add.side_effect = StoreUnavailable("away")
    for question in (
        journal._find(INGE),
        journal._export(INGE, row["id"], "why"),
        journal._resend(INGE, row["id"], "why"),
    ):
        with pytest.raises(StoreUnavailable):
            await question


@pytest.mark.parametrize("reason", ["", " ", "\u200b"])
@pytest.mark.parametrize(("personal", "said"), [(True, "this message is labelled personal: --reason"), (False, "^--")])
async def test_a_message_needs_a_reason(
    journal: Any, parts: Any, tmp_path: Path, personal: bool, said: str, reason: str
) -> None:
    """Nothing is on record then, and nothing is sent."""
    await keep(tmp_path, personal=personal)
    (row,) = (await journal._find(INGE))["found"]
    parts.store.trail.put_on_record.reset_mock()
    for question in (journal._export(INGE, row["id"], reason), journal._resend(INGE, row["id"], reason)):
        with pytest.raises(Refused, match=said):
            await question
    parts.store.trail.put_on_record.assert_not_awaited()
    parts.store.outbox.add.assert_not_awaited()


async def test_what_is_sent_again_is_on_record_with_it(journal: Any, parts: Any, tmp_path: Path) -> None:
    """One transaction has both; what stays in the outbox is said."""
    await keep(tmp_path, recipients=2)
    parts.store.outbox.waiting.side_effect = set
    (row,) = (await journal._find(INGE))["found"]
    done = await journal._resend(INGE, row["id"], "lost", ["p1@example.co.uk"])
    assert done == {"id": row["id"], "mail_id": "m1", "recipients": ["p1@example.co.uk"], "delivered": False}
    (((item, content),),), history = parts.store.outbox.add.await_args
    assert (item.mail_id, [one.address for one in item.recipients]) == ("m1", ["p1@example.co.uk"])
    assert content.startswith(b"Resent-Date: ")
    assert content.endswith(b"Subject: Personal: lunch\r\n\r\n")
    (written,) = history["history"]
    assert (written.mail_id, written.actor, written.operation, written.reason) == ("m1", "inge", "resend", "lost")


async def test_an_answer_is_bounded(journal: Any, tmp_path: Path) -> None:
    """By messages and by recipients."""
    await keep(tmp_path, recipients=MOST_RECIPIENTS + 3)
    (row,) = (await journal._find(INGE))["found"]
    assert (len(row["to"]), row["more_recipients"]) == (MOST_RECIPIENTS, 3)
    with pytest.raises(Refused, match="--limit: at most 1000"):
        await journal._find(INGE, limit=MOST_FOUND + 1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": 7},
        {"subject": ["a"]},
        {"since": 7},
        {"since": "x"},
        {"behind": 7},
        {"behind": [1, 2]},
        {"behind": "ab"},
    ],
)
async def test_a_question_that_makes_no_sense(journal: Any, parts: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        await journal._find(INGE, **arguments)
    parts.store.trail.put_on_record.assert_not_awaited()


async def test_a_journal_that_can_not_be_read(journal: Any, parts: Any, tmp_path: Path) -> None:
    """It says which folder, and `status` says so too."""
    (tmp_path / "journal").write_text("a file in the way")
    for question in (journal._find(INGE), journal._export(INGE, "0" * 36, "why")):
        with pytest.raises(Refused, match=r"the journal can't be read: .*Not a directory"):
            await question
    assert "Not a directory" in (await journal.figures())["away"]


async def test_figures(journal: Any, parts: Any, tmp_path: Path) -> None:
    assert await journal.figures() == {"used_bytes": 0, "max_bytes": 2**30, "since": None}
    await keep(tmp_path)
    figures = await journal.figures()
    assert (figures["used_bytes"] > 0, figures["since"]) == (True, "2026-11-28")
    assert journal.notes() == []
    parts.settings.journal = None
    assert await journal.figures() is None
    assert journal.notes() == [
        f"The journal is off, and {tmp_path}/journal still holds mail: remove that folder, or switch the journal on."
    ]
