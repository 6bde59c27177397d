"""The outbox: messages that were accepted and are still to be relayed. Rows are claimed by lease.

The outbox knows when a row is due and who works on it; it makes no attempt itself and decides no interval.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, get_args
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import HistoryRow, Recipient
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.errors import StoreFull
from gateway.remember.database.schema import contents, outbox
from gateway.remember.records import HeldMessage, OutboxItem, OutboxKind, PendingNotice, RelayOutcome
from gateway.remember.rows.aftermath import write_outcomes
from gateway.remember.rows.contents import Packed, drop_unnamed, pack, read_content
from gateway.remember.rows.history import write_history
from gateway.remember.rows.hold import has_room, write_held
from gateway.remember.rows.notices import write_notices
from gateway.remember.rows.outbox import item_of, pack_items, recipient_values, write_beside, write_items
from gateway.remember.rows.usage import lock_usage

#: The most octets of content in one claim, but always one row: fifty large messages would be 2 GiB of memory.
CLAIM_BYTES = 64 * 1024 * 1024

FollowUp = tuple[OutboxItem | HeldMessage, bytes]


class Outbox:
    """One process's access to the outbox: its claims carry its own name, so that it never touches another's row."""

    def __init__(self, database: Database, *, quarantine_max_bytes: int | None = None) -> None:
        self._database = database
        self.quarantine_max_bytes = quarantine_max_bytes
        self._name = uuid4().hex
        self._in_hand: set[str] = set()

    @contextmanager
    def in_hand(self, ids: Collection[str]) -> Iterator[set[str]]:
        """Yield those of the claimed rows that this process isn't trying already, and keep them for the caller.

        A clock that is set on ends the lease of a row that is being tried: the row can be claimed a second time.
        """
        mine = set(ids) - self._in_hand
        self._in_hand |= mine
        try:
            yield mine
        finally:
            self._in_hand -= mine

    @to_the_end
    async def add(self, items: Sequence[tuple[OutboxItem, bytes]], *, history: Sequence[HistoryRow] = ()) -> None:
        """Queue the items with their contents, and put rows on record: all or nothing.

        Raises StoreFull or StoreUnavailable.
        """
        packed = await pack_items(items)
        async with self._database.writing() as connection:
            await write_items(connection, packed)
            await write_history(connection, history)

    @to_the_end
    async def claim(self, now: datetime, limit: int, lease_seconds: float) -> list[tuple[OutboxItem, bytes]]:
        """Claim up to `limit` rows that are due, longest due first; nobody else gets them until the lease ends.

        An attempt that may last longer than the lease renews it. Fewer rows come when their contents pass CLAIM_BYTES.
        """
        if not await self._any_due(now):
            return []
        async with self._database.writing() as connection:
            rows = await _due_rows(connection, now, limit)
            await connection.execute(
                update(outbox)
                .where(outbox.c.id.in_([row.id for row in rows]))
                .values(claimed_by=self._name, claimed_until=now + timedelta(seconds=lease_seconds))
            )
        async with self._database.reading() as connection:
            return [(item_of(row), await read_content(connection, row.content)) for row in rows]

    @to_the_end
    async def renew(self, ids: Collection[str], now: datetime, lease_seconds: float) -> None:
        """Extend the lease on those of the rows that this process still has."""
        mine = and_(outbox.c.id.in_(ids), outbox.c.claimed_by == self._name)
        async with self._database.writing() as connection:
            await connection.execute(
                update(outbox).where(mine).values(claimed_until=now + timedelta(seconds=lease_seconds))
            )

    async def _any_due(self, now: datetime) -> bool:
        """Look for due rows without the write lock: the keeper asks often, and mostly no row is due."""
        async with self._database.reading() as connection:
            return (await connection.execute(select(outbox.c.id).where(_is_due(now)).limit(1))).first() is not None

    @to_the_end
    async def under_way(self, ids: Sequence[str], now: datetime) -> bool:
        """Return whether somebody works on one of these rows at this moment."""
        async with self._database.reading() as connection:
            query = select(outbox.c.id).where(outbox.c.id.in_(ids), outbox.c.claimed_until > now).limit(1)
            return (await connection.execute(query)).first() is not None

    @to_the_end
    async def waiting(self, ids: Sequence[str]) -> set[str]:
        """Return those of these rows that are still to be relayed."""
        async with self._database.reading() as connection:
            query = select(outbox.c.id).where(outbox.c.id.in_(ids))
            return set((await connection.execute(query)).scalars())

    @to_the_end
    async def addresses(self, mail_id: str) -> set[str]:
        """Return the recipients for whom copies of this message are still to be relayed."""
        async with self._database.reading() as connection:
            query = select(outbox.c.recipients).where(outbox.c.mail_id == mail_id, outbox.c.kind == "relay")
            rows = (await connection.execute(query)).scalars()
            return {recipient["address"] for recipients in rows for recipient in recipients}

    @to_the_end
    async def done(self, id: str, *, outcomes: Sequence[RelayOutcome] = (), to_keep: OutboxItem | None = None) -> None:
        """Remove the row and its content: all its recipients are dealt with. Do nothing when they are gone already.

        `outcomes`, here and below, go on record in the same transaction. `to_keep` is queued in it, with the content
        of this row.
        """
        async with self._database.writing() as connection:
            if await _remove(connection, outbox.c.id == id, to_keep):
                await write_outcomes(connection, outcomes)

    @to_the_end
    async def retry(
        self,
        id: str,
        next_attempt_at: datetime,
        reply: str,
        recipients_left: Sequence[Recipient] | None = None,
        *,
        follow_up: FollowUp | None = None,
        notices: Sequence[PendingNotice] = (),
        outcomes: Sequence[RelayOutcome] = (),
        to_keep: OutboxItem | None = None,
    ) -> bool:
        """Give the row back for a later attempt, for the recipients that are left (None means the same).

        The follow-up for recipients that were given up (as in `fail`) is committed in the same transaction. Returns
        False, and changes nothing, when the lease ended and another process has the row.
        """
        values: dict[str, Any] = {"next_attempt_at": next_attempt_at, "last_reply": reply}
        if recipients_left is not None:
            values["recipients"] = recipient_values(recipients_left)
        packed = await pack(follow_up[1]) if follow_up else None
        async with self._database.writing() as connection:
            if follow_up:
                await lock_usage(connection)
            changed = await connection.execute(
                update(outbox)
                .where(self._is_mine(id))
                .values(**values, attempts=outbox.c.attempts + 1, claimed_by=None, claimed_until=None)
            )
            if changed.rowcount and follow_up and packed:
                await self._follow(connection, follow_up[0], packed, notices)
            if changed.rowcount:
                await write_outcomes(connection, outcomes)
            if changed.rowcount and to_keep:
                query = select(outbox.c.content).where(outbox.c.id == id)
                await write_beside(connection, to_keep, (await connection.execute(query)).scalar_one())
            return changed.rowcount == 1

    @to_the_end
    async def fail(
        self,
        id: str,
        *,
        follow_up: FollowUp | None = None,
        notices: Sequence[PendingNotice] = (),
        outcomes: Sequence[RelayOutcome] = (),
        to_keep: OutboxItem | None = None,
    ) -> bool:
        """Give up: remove the row and commit the follow-up (a report, or a quarantine entry) in one transaction.

        Returns False, and changes nothing, when another process has the row. Raises StoreFull, with the row left where
        it is, when the quarantine has no room. An entry is made whatever its retry keys are: it is no client's retry.
        `notices` belong to the follow-up and are not written without one.
        """
        packed = await pack(follow_up[1]) if follow_up else None
        async with self._database.writing() as connection:
            if follow_up:
                await lock_usage(connection)
            if not await _remove(connection, self._is_mine(id), to_keep):
                return False
            if follow_up and packed:
                await self._follow(connection, follow_up[0], packed, notices)
            await write_outcomes(connection, outcomes)
        return True

    async def _follow(
        self,
        connection: AsyncConnection,
        what: OutboxItem | HeldMessage,
        packed: Packed,
        notices: Sequence[PendingNotice],
    ) -> None:
        if isinstance(what, OutboxItem):
            await write_items(connection, [(what, packed)])
            await write_notices(connection, notices, what.queued_at)
            return
        if not await has_room(connection, len(packed.stored), self.quarantine_max_bytes):
            raise StoreFull("the quarantine has no room for a message that could not be delivered")
        await write_held(connection, what, what.copies, packed)
        await write_notices(connection, notices, what.received_at)

    def _is_mine(self, id: str) -> ColumnElement[bool]:
        free = outbox.c.claimed_by.is_(None)
        return and_(outbox.c.id == id, or_(free, outbox.c.claimed_by == self._name))


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Return the condition for rows to claim. Kinds of a later version are left to its keepers."""
    known = outbox.c.kind.in_(get_args(OutboxKind))
    free = or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= now)
    return and_(outbox.c.next_attempt_at <= now, free, known)


async def _due_rows(connection: AsyncConnection, now: datetime, limit: int) -> list[Row[Any]]:
    query = (
        select(outbox, contents.c.bytes.label("content_bytes"))
        .join(contents, contents.c.sha256 == outbox.c.content)
        .where(_is_due(now))
        .order_by(outbox.c.next_attempt_at, outbox.c.id)
        .limit(limit)
        .with_for_update(of=outbox, skip_locked=True)  # SQLite has the one write lock instead
    )
    rows = (await connection.execute(query)).all()
    sizes = accumulate(row.content_bytes for row in rows)
    return [
        row for number, (row, octets) in enumerate(zip(rows, sizes, strict=True)) if not number or octets <= CLAIM_BYTES
    ]


async def _remove(connection: AsyncConnection, which: ColumnElement[bool], to_keep: OutboxItem | None) -> bool:
    content = (await connection.execute(select(outbox.c.content).where(which).with_for_update())).scalar_one_or_none()
    if content is None:
        return False
    if to_keep:
        await write_beside(connection, to_keep, content)
    await connection.execute(delete(outbox).where(which))
    await drop_unnamed(connection, [content])
    return True
