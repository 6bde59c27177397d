"""The store's knowledge of messages after their arrival: the entry, notices, copies in the outbox, ends of its work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import awaited_receipts, held, outbox, pending_notices, relay_outcomes
from gateway.remember.records import Aftermath, NoticeRecord, QueuedCopies, RelayOutcome
from gateway.remember.rows.held import read_entries
from gateway.remember.rows.history import read_history


async def write_outcomes(connection: AsyncConnection, outcomes: Sequence[RelayOutcome]) -> None:
    if outcomes:
        await connection.execute(insert(relay_outcomes), [asdict(one) for one in outcomes])


async def read_aftermath(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Aftermath]:
    """Return the aftermath of each of these messages, each of its parts oldest first."""
    outcomes = await _outcomes(connection, ids)
    undelivered = {id: [one.held_as for one in outcomes[id] if one.held_as] for id in ids}
    others = [id for some in undelivered.values() for id in some]
    which = held.c.id.in_([*ids, *others])
    entries = {one.id: one for one in await read_entries(connection, select(held).where(which))}
    acts = await read_history(connection, others)
    notices, queued = await _notices(connection, ids), await _queued(connection, ids)
    due = await _receipts_due(connection, ids)
    return {
        id: Aftermath(
            held=entries.get(id),
            notices=tuple(notices[id]),
            outcomes=tuple(outcomes[id]),
            queued=tuple(queued[id]),
            undelivered=tuple(entries[other] for other in undelivered[id] if other in entries),
            acts=tuple(act for other in undelivered[id] for act in acts.get(other, ())),
            receipt_due_at=due.get(id),
        )
        for id in undelivered
    }


async def origin_of(connection: AsyncConnection, id: str) -> str | None:
    """Return the id of the message of which an entry holds copies that were given up; None for any other entry."""
    query = select(relay_outcomes.c.mail_id).where(relay_outcomes.c.held_as == id).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()


async def _notices(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[NoticeRecord]]:
    found: defaultdict[str, list[NoticeRecord]] = defaultdict(list)
    query = select(pending_notices).where(pending_notices.c.quarantine_id.in_(ids))
    for row in await connection.execute(query.order_by(pending_notices.c.number)):
        found[row.quarantine_id].append(NoticeRecord(row.person, row.role, row.queued_at, row.sent_at))
    return found


async def _receipts_due(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, datetime]:
    table = awaited_receipts.c
    query = select(table.mail_id, table.due_at).where(table.mail_id.in_(ids))
    return {row.mail_id: row.due_at for row in await connection.execute(query)}


async def _outcomes(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[RelayOutcome]]:
    found: defaultdict[str, list[RelayOutcome]] = defaultdict(list)
    query = select(relay_outcomes).where(relay_outcomes.c.mail_id.in_(ids)).order_by(relay_outcomes.c.number)
    for row in await connection.execute(query):
        about = (row.mail_id, row.at, row.outcome, row.reply, tuple(row.addresses), row.held_as)
        found[row.mail_id].append(RelayOutcome(*about))
    return found


async def _queued(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, list[QueuedCopies]]:
    found: defaultdict[str, list[QueuedCopies]] = defaultdict(list)
    query = select(outbox).where(outbox.c.mail_id.in_(ids), outbox.c.kind == "relay")
    for row in await connection.execute(query.order_by(outbox.c.queued_at, outbox.c.id)):
        addresses = tuple(one["address"] for one in row.recipients)
        copies = QueuedCopies(addresses, row.queued_at, row.next_attempt_at, row.attempts, row.last_reply)
        found[row.mail_id].append(copies)
    return found
