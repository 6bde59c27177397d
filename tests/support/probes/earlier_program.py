"""Work of the gateway of the version before on a store of today's schema, in the folder of that version's `gateway`.

It holds, queues, records, searches and purges by that version's own queries.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.contract import Recipient
from gateway.remember import store as module
from gateway.remember.records import AuditRow, HeldCopy, HeldMessage, OutboxItem, PendingNotice

NOW = datetime(2025, 3, 1, tzinfo=UTC)


def entry(id: str) -> HeldMessage:
    copy = HeldCopy(address="bob@example.com", direction="inbound", codes=("virus.found",), key=id.encode() * 8)
    return HeldMessage(
        **{"id": id, "received_at": NOW, "listener": "inbound", "direction": "inbound", "mail_from": "eve@x.example"},
        **{"subject": "An invoice", "message_id": f"<{id}@x>", "codes": ("virus.found",), "bytes": 3},
        **{"client": {}, "envelope": {}, "findings": [], "edits": [], "copies": (copy,)},
    )


def item(id: str) -> OutboxItem:
    recipients = (Recipient("bob@example.com", "inbound"),)
    times = {"queued_at": NOW, "next_attempt_at": NOW, "expires_at": NOW + timedelta(days=1)}
    about = {"id": id, "mail_id": "old1", "kind": "relay", "mail_from": "eve@x.example", "route": "smtp://127.0.0.1:25"}
    return OutboxItem(**about, recipients=recipients, **times)


def row(id: str) -> AuditRow:
    return AuditRow(
        **{"id": id, "at": NOW, "listener": "inbound", "client": "192.0.2.1", "message_id": "<m>", "bytes": 3},
        **{"mail_from": "eve@x.example", "recipients": (("bob@example.com", "inbound", "quarantine"),)},
        **{"codes": ("virus.found",), "reply": "250 2.0.0 taken", "ms": {"judge": 1.5}},
    )


async def work(url: str, revision: str) -> None:
    assert Path(module.__file__).is_relative_to(Path.cwd()), module.__file__
    module.HEAD = revision  # that program knows no later schema; it would be allowed by the revision's id
    store = await module.Store.open(url, create=False, key=bytes(32))
    notice = PendingNotice("bob@example.com", "virus", "old1", "recipient", {})
    assert await store.quarantine.hold(entry("old1"), b"raw", notices=[notice])
    assert await store.quarantine.content("old1") == b"raw"
    assert [one.id for one in await store.quarantine.list()] == ["old1"]
    store.audit.append(row("old1"))
    await store.audit.flush()
    await store.outbox.add([(item("o1"), b"queued")])
    ((claimed, content),) = await store.outbox.claim(NOW, 10, 60)
    assert (claimed.id, content) == ("o1", b"queued")
    await store.outbox.done("o1")
    assert len(await store.notices.due(NOW + timedelta(days=1))) == 1
    assert [chain.faults for chain in await store.trail.check()] == [[], []]
    await store.figures()
    await store.purge(NOW + timedelta(days=1), 30, 30)
    await store.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
