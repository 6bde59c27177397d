"""The store's knowledge of messages after their arrival: the entry, notices, copies in the outbox, ends of its work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import held, outbox, pending_notices, relay_outcomes
from gateway.remember.records import Aftermath, NoticeRecord, QueuedCopies, RelayOutcome
from gateway.remember.rows.held import read_entries


async def write_outcomes(connection: AsyncConnection, outcomes: Sequence[RelayOutcome]) -> None:
    rows = [
        {"mail_id": one.mail_id, "at": one.at, "outcome": one.outcome, "reply": one.reply, "addresses": one.addresses}
        for one in outcomes
    ]
    if rows:
        await connection.execute(insert(relay_outcomes), rows)


async def read_aftermath(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Aftermath]:
    """Return the aftermath of each of these messages, each of its parts oldest first."""
    entries = {one.id: one for one in await read_entries(connection, select(held).where(held.c.id.in_(ids)))}
    notices = await _notices(connection, ids)
    outcomes = await _outcomes(connection, ids)
    queued = await _queued(connection, ids)
    return {
        id: Aftermath(entries.get(id), tuple(notices[id]), tuple(outcomes[id]), tuple(queued[id]))
        for id in dict.fromkeys(ids)
    }


async def _notices(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[NoticeRecord]]:
    found: defaultdict[str, list[NoticeRecord]] = defaultdict(list)
    query = select(pending_notices).where(pending_notices.c.quarantine_id.in_(ids))
    for row in await connection.execute(query.order_by(pending_notices.c.number)):
        found[row.quarantine_id].append(NoticeRecord(row.person, row.role, row.queued_at, row.sent_at))
    return found


async def _outcomes(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[RelayOutcome]]:
    found: defaultdict[str, list[RelayOutcome]] = defaultdict(list)
    query = select(relay_outcomes).where(relay_outcomes.c.mail_id.in_(ids)).order_by(relay_outcomes.c.number)
    for row in await connection.execute(query):
        found[row.mail_id].append(RelayOutcome(row.mail_id, row.at, row.outcome, row.reply, tuple(row.addresses)))
    return found


async def _queued(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[QueuedCopies]]:
    found: defaultdict[str, list[QueuedCopies]] = defaultdict(list)
    query = select(outbox).where(outbox.c.mail_id.in_(ids), outbox.c.kind == "relay")
    for row in await connection.execute(query.order_by(outbox.c.queued_at, outbox.c.id)):
        addresses = tuple(one["address"] for one in row.recipients)
        copies = QueuedCopies(addresses, row.queued_at, row.next_attempt_at, row.attempts, row.last_reply)
        found[row.mail_id].append(copies)
    return found
