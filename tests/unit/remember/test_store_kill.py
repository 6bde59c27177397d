"""kill -9 of processes that write: what they had been answered is there, whole, once."""

from __future__ import annotations

import asyncio

from gateway.remember.store import Store
from tests.support.servers.preloaded import CodeCopy, start_code

#: Answers that are awaited from each writer before it is killed.
ANSWERS = 25

WRITER = """
import asyncio, hashlib, sys
from datetime import UTC, datetime
from gateway.remember.records import HeldCopy, HeldMessage, PendingNotice
from gateway.remember.store import Store

NOW = datetime(2025, 3, 1, tzinfo=UTC)

async def main(url, name):
    store = await Store.open(url, create=True, key=bytes(32))
    for number in range(100_000):
        id = f"{name}-{number}"
        copies = (HeldCopy("bob@example.com", "inbound", key=hashlib.sha256(id.encode()).digest()),)
        entry = HeldMessage(id, NOW, "inbound", "inbound", "", "", "", (), 0, {}, {}, [], [], copies)
        notice = PendingNotice("bob@example.com", "virus", id, "recipient", {})
        await store.quarantine.hold(entry, id.encode() * 2000, notices=[notice])
        print(id, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def kill_after(writer: CodeCopy, answers: int) -> list[str]:
    """Return the ids that the writer reported as held, including those still in the pipe."""
    told = [await writer.stdout.readline() for _ in range(answers)]
    writer.kill()
    rest = await writer.stdout.read()
    await writer.wait()
    return [line.decode().strip() for line in [*told, *rest.splitlines(keepends=True)] if line.endswith(b"\n")]


async def test_what_was_held_survives_a_kill(url):
    """Two writers on one file, killed in the middle of it, twice over."""
    told: list[str] = []
    for turn in range(2):
        writers = [await start_code(WRITER, url, f"w{turn}{n}") for n in range(2)]
        for answers in await asyncio.gather(*(kill_after(writer, ANSWERS) for writer in writers)):
            told += answers
    store = await Store.open(url, create=False, key=bytes(32))
    entries = {entry.id: entry for entry in await store.quarantine.list(limit=10_000)}
    assert len(told) >= 4 * ANSWERS
    assert set(told) <= set(entries)
    for id, entry in entries.items():
        assert await store.quarantine.content(id) == id.encode() * 2000
        assert await store.quarantine.known([entry.copies[0].key]) == {entry.copies[0].key}
    named = [notice.quarantine_id for _, _, group in await store.notices.due(entry.received_at) for notice in group]
    assert sorted(named) == sorted(entries)
    await store.close()
