"""The daily purge: the removal of records after their retention.

It runs in slices, each a short transaction with a pause after it, so that a purge of weeks of mail never keeps a
message waiting for the write lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Table, delete, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import HistoryRow
from gateway.control.vocabulary import PURGED
from gateway.remember.chain.prune import prune
from gateway.remember.counters import minute_of
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import (
    agreements,
    awaited_receipts,
    confirmed,
    correspondents,
    counted,
    counters,
    deferrals,
    held,
    ledger,
    ledger_names,
    notice_times,
    pauses,
    pending_notices,
    relay_outcomes,
    retry_keys,
    tokens_used,
)
from gateway.remember.rows.bin import empty_bin
from gateway.remember.rows.contents import drop_unnamed
from gateway.remember.rows.history import write_history
from gateway.remember.rows.notices import NoticeKind
from gateway.remember.rows.requests import answer_requests
from gateway.remember.rows.usage import lock_usage, recount_usage

#: Retention of retry keys. Mail servers give up after 5 days (RFC 5321 4.5.4.1): a later copy is no retry any more.
RETRY_MEMORY = timedelta(days=5)
#: The least retention of notice times: some notices go once a week.
NOTICE_MEMORY = timedelta(days=8)
#: Retention of counters: a year and a month, so that one can be compared with the same month of last year.
COUNTER_MEMORY = timedelta(days=400)
#: Days since the last message exchanged, so that a correspondent who writes once a year is known.
CORRESPONDENTS_DAYS = 400.0
#: Days since the last mail, import or verification that named the account: two years and two months, so that the
#: account of a supplier who bills once a year is known for two bills.
LEDGER_DAYS = 800.0
#: Retention of confirmations, as long as the ledger's: a person confirmed and written to is a correspondent by then.
CONFIRMED_MEMORY = timedelta(days=800)
#: Time after which a reminder that was due, and wasn't sent since reminders are off, is not sent any more.
RECEIPT_MEMORY = timedelta(days=7)
#: Retention of used tokens, longer than any token is valid: one forgotten earlier could be used again.
TOKEN_MEMORY = timedelta(days=400)
#: Days for which a deleted message can be restored.
BIN_DAYS = 7.0
#: Entries with contents, each up to 50 MiB, in one transaction.
ENTRY_SLICE = 20
#: Small rows in one transaction.
ROW_SLICE = 1_000
#: Seconds between slices. SQLite's waiting writers poll, at first every few milliseconds: one of them gets its turn.
PAUSE_SECONDS = 0.02

ACTOR = "mailwarden"

T = TypeVar("T")


async def purge(
    database: Database,
    now: datetime,
    quarantine_days: float,
    audit_days: float,
    correspondents_days: float = CORRESPONDENTS_DAYS,
    ledger_days: float = LEDGER_DAYS,
    bin_days: float = BIN_DAYS,
    by: str = ACTOR,
) -> dict[str, int]:
    """Remove the records that are past their retention. Returns how many of each kind went.

    The history names the person who asked for it, or the gateway itself, as `by`.

    Raises StoreUnavailable, perhaps half-way: the next run goes on from there. Outbox rows are never purged.
    """
    mail_edge = now - timedelta(days=quarantine_days)
    trail_edge = now - timedelta(days=audit_days)
    retry_edge = now - RETRY_MEMORY
    counts = {
        "quarantine": await _in_slices(database, lambda c: _entries(c, mail_edge, now, by)),
        "bin": await _in_slices(database, lambda c: _binned(c, now - timedelta(days=bin_days))),
        "audit": await _in_slices(database, lambda c: prune(c, "audit", trail_edge, now, ROW_SLICE)),
        "history": await _in_slices(database, lambda c: prune(c, "history", trail_edge, now, ROW_SLICE)),
    }
    await _transaction(database, lambda c: _put_on_record(c, counts, trail_edge, now, by))
    edges: dict[str, tuple[Column[Any], Any]] = {
        "relay_outcomes": (relay_outcomes.c.at, trail_edge),
        "notices": (pending_notices.c.queued_at, mail_edge),
        "reminders": (pending_notices.c.queued_at, trail_edge),
        "notice_times": (notice_times.c.last_sent_at, min(mail_edge, now - NOTICE_MEMORY)),
        "retry_keys": (retry_keys.c.seen_at, retry_edge),
        "deferrals": (deferrals.c.first_at, retry_edge),
        "counted": (counted.c.at, retry_edge),
        "correspondents": (correspondents.c.last_at, now - timedelta(days=correspondents_days)),
        "ledger": (ledger.c.last_at, now - timedelta(days=ledger_days)),
        "counters": (counters.c.minute, minute_of(now - COUNTER_MEMORY)),
        "pauses": (pauses.c.until, now),
        "confirmed": (confirmed.c.at, now - CONFIRMED_MEMORY),
        "agreements": (agreements.c.lapses_at, now),
        "receipts": (awaited_receipts.c.due_at, now - RECEIPT_MEMORY),
        "tokens": (tokens_used.c.at, now - TOKEN_MEMORY),
    }
    old = await _with_old_rows(database, edges)
    for name, (column, edge) in edges.items():
        counts[name] = await _in_slices(database, _older(column, edge, _which(name))) if name in old else 0
    await _transaction(database, _nameless)
    await _transaction(database, recount_usage)
    return counts


async def _with_old_rows(database: Database, edges: Mapping[str, tuple[Column[Any], Any]]) -> set[str]:
    """Return the names of the columns with a value before their edge, by one reading: most purges find few rows."""
    asked = select(*(exists().where(column < edge, _which(name)).label(name) for name, (column, edge) in edges.items()))
    async with database.reading() as connection:
        row = (await connection.execute(asked)).one()
    return {name for name, is_old in row._mapping.items() if is_old}


async def _in_slices(database: Database, slice_of: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    total = 0
    while gone := await _transaction(database, slice_of):
        total += gone
        await asyncio.sleep(PAUSE_SECONDS)
    return total


@to_the_end
async def _transaction(database: Database, slice_of: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async with database.writing() as connection:
        return await slice_of(connection)


async def _put_on_record(
    connection: AsyncConnection, counts: Mapping[str, int], edge: datetime, now: datetime, by: str
) -> None:
    """Say in the history how many rows of the audit trail and of the history itself went; nothing where none did."""
    if counts["audit"] or counts["history"]:
        gone = f"{_rows(counts['audit'])} of the audit trail and {_rows(counts['history'])} of the history"
        reason = f"retention: {gone}, older than {edge.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        await write_history(connection, [HistoryRow(PURGED, now, by, "purge", reason)])


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


async def _entries(connection: AsyncConnection, edge: datetime, now: datetime, by: str) -> int:
    """Remove the oldest entries with their copies and contents; each leaves a history row.

    Whoever asked for one, and got no answer, is told that its time is over. A message that must be held meanwhile may
    empty the bin, and so lock contents: both take the quarantine's turn first.
    """
    await lock_usage(connection)
    query = select(held.c.id, held.c.content).where(held.c.received_at < edge).order_by(held.c.received_at)
    query = query.where(or_(held.c.keep_until.is_(None), held.c.keep_until < now))
    query = query.limit(ENTRY_SLICE).with_for_update(skip_locked=True)  # another gateway's purge has the locked ones
    rows = (await connection.execute(query)).all()
    ids = [row.id for row in rows]
    await answer_requests(connection, ids, "expired", actor=by, at=now)
    await connection.execute(delete(held).where(held.c.id.in_(ids)))
    await drop_unnamed(connection, [row.content for row in rows])
    await write_history(connection, [HistoryRow(row.id, now, by, "purge", "retention") for row in rows])
    return len(rows)


async def _binned(connection: AsyncConnection, edge: datetime) -> int:
    await lock_usage(connection)
    return await empty_bin(connection, edge)


async def _nameless(connection: AsyncConnection) -> None:
    """Remove the names of counterparties that have no account any more."""
    await connection.execute(
        delete(ledger_names).where(ledger_names.c.counterparty.not_in(select(ledger.c.counterparty)))
    )


def _which(name: str) -> ColumnElement[bool]:
    """Return a condition on the rows. Notices go with their mail, records of reminders with the audit trail."""
    return ~NoticeKind.RELAYED.in_rows if name == "notices" else true()


def _older(column: Column[Any], edge: Any, which: ColumnElement[bool]) -> Callable[[AsyncConnection], Awaitable[int]]:
    async def remove(connection: AsyncConnection) -> int:
        bound = await _slice_bound(connection, column, edge, which)
        if bound is None:
            return 0
        table: Table = column.table
        return (await connection.execute(delete(table).where(column <= bound, which))).rowcount

    return remove


async def _slice_bound(connection: AsyncConnection, column: Column[Any], edge: Any, which: ColumnElement[bool]) -> Any:
    """Return the largest value among the oldest rows of one slice; None when no row is old enough.

    Rows that share that value go with the slice: a slice of counters is at least one minute of them.
    """
    oldest = select(column).where(column < edge, which).order_by(column).limit(ROW_SLICE).subquery()
    return (await connection.execute(select(func.max(oldest.c[column.name])))).scalar_one()
