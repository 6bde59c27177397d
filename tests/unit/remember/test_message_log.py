"""The log of messages: the line before the reply, the row within a second or at once."""

from __future__ import annotations

from structlog.testing import capture_logs

from gateway.measures.measures import MEASURES
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make


async def test_a_row_waits_and_the_line_does_not(store: Store, make: Make) -> None:
    """Mail that was relayed: rows are written in batches."""
    with capture_logs() as lines:
        await MessageLog(store.audit).write(make.audit(), "relay", recorded=False, at_once=False)
    assert [line["event"] for line in lines] == ["message"]
    assert store.audit.waiting == 1


async def test_a_row_at_once(store: Store, second: Store, make: Make) -> None:
    """Something of the message is in the store: its row too, before the reply."""
    with capture_logs():
        await MessageLog(store.audit).write(make.audit(), "quarantine", recorded=False, at_once=True)
    assert store.audit.waiting == 0
    assert len(await second.audit.trace("m1")) == 1


async def test_a_row_that_is_there_is_not_written_again(store: Store, make: Make) -> None:
    """It was committed with the held message."""
    with capture_logs() as lines:
        await MessageLog(store.audit).write(make.audit(), "quarantine", recorded=True, at_once=True)
    assert len(lines) == 1
    assert await store.audit.trace("m1") == []


async def test_a_message_is_counted(store: Store, make: Make) -> None:
    """By listener, direction and action; each code once; nothing of an address."""
    MEASURES.clear()
    recipients = (("a@example.com", "inbound", "relay"), ("b@outside.example", "outbound", "quarantine"))
    row = make.audit(recipients=recipients, codes=("virus.found",), monitored={"personal.use": "reject"}, bytes=7)
    await MessageLog(store.audit).write(row, "quarantine", recorded=True, at_once=False)
    counts = {(name, *labels): value for name, labels, value in MEASURES.snapshot()["counts"]}
    assert counts == {
        ("messages", row.listener, "mixed", "quarantine"): 1,
        ("message_bytes", row.listener): 7,
        ("copies", row.listener, "inbound", "relay"): 1,
        ("copies", row.listener, "outbound", "quarantine"): 1,
        ("findings", "virus.found"): 1,
        ("would_have", "personal.use", "reject"): 1,
    }
