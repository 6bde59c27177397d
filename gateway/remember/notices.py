"""Notices still to be sent to our own people, and the time of each person's last notice for each filter.

This module decides which notices are due; it composes none. Every held message is named in exactly one notice: the
messages are marked in the transaction that puts their notice into the outbox. A digest names those that are still held
once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import FromClause, Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, to_the_end, upsert
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import (
    MICROSECOND,
    folded,
    held,
    held_copies,
    notice_times,
    pending_notices,
    requests,
)
from gateway.remember.records import DigestRow, NoticeRole, OutboxItem, PendingNotice
from gateway.remember.rows.notices import NoticeKind, write_reminded
from gateway.remember.rows.outbox import pack_items, write_items

#: The most notices handed out at a time; the others follow after the next gap. A flood holds thousands of messages for
#: one person.
DUE_ROWS = 1_000

#: Seconds for which notices about danger to people are gathered: a flood of threats is one letter a minute.
AT_ONCE_SECONDS = 60
#: The filters' names under which the times of the two digests are kept: a reviewer may be a recipient too.
Digest = Literal["digest", "digest_reviewers"]
#: The name for the digest to recipients.
DIGEST: Digest = "digest"

Due = tuple[str, str, list[PendingNotice]]


class PendingNotices:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def due(self, now: datetime, gap_seconds: float = 3600) -> list[Due]:
        """Return (person, filter, notices) where the person had no notice of that filter within the gap.

        At most 1,000. The gap of notices about danger to people is a minute.
        """
        query = (
            select(pending_notices, notice_times.c.last_sent_at)
            .outerjoin(
                notice_times,
                and_(
                    notice_times.c.person == pending_notices.c.person,
                    notice_times.c.filter == pending_notices.c.filter,
                ),
            )
            .where(pending_notices.c.sent_at.is_(None), _gap_is_over(now, gap_seconds))
            .order_by(pending_notices.c.person, pending_notices.c.filter, pending_notices.c.number)
            .limit(DUE_ROWS)
        )
        async with self._database.reading() as connection:
            found = [_notice(row) for row in await connection.execute(query)]
        groups = groupby(found, key=lambda notice: (notice.person, notice.filter))
        return [(person, name, list(group)) for (person, name), group in groups]

    @to_the_end
    async def sent(self, notices: Sequence[PendingNotice], item: OutboxItem, content: bytes, *, at: datetime) -> bool:
        """Mark the notices that `due` gave (one person, one filter) and queue their message, in one transaction.

        Returns False when another process sent some of them meanwhile: then nothing is queued or marked.
        """
        packed = await pack_items([(item, content)])
        numbers = [notice.number for notice in notices]
        async with self._database.writing() as connection:
            if not await _all_unsent(connection, numbers):
                return False
            await connection.execute(
                update(pending_notices).where(pending_notices.c.number.in_(numbers)).values(sent_at=at)
            )
            await _set_last_sent(connection, {(notice.person, notice.filter) for notice in notices}, at)
            await write_items(connection, packed)
        return True

    @to_the_end
    async def drop(self, notices: Sequence[PendingNotice], *, at: datetime) -> None:
        """Mark the notices as sent: another notice has said the same."""
        numbers = [notice.number for notice in notices]
        async with self._database.writing() as connection:
            await connection.execute(
                update(pending_notices).where(pending_notices.c.number.in_(numbers)).values(sent_at=at)
            )

    @to_the_end
    async def was_sent(self, person: str, name: str, since: datetime) -> bool:
        """Return whether the person had a notice of that name since then; one at that very moment doesn't count."""
        async with self._database.reading() as connection:
            return await _too_soon(connection, folded(person), name, since)

    @to_the_end
    async def postpone(self, person: str, name: str, *, at: datetime) -> None:
        """Let the person's notices of this filter wait for another gap, as if one had been sent."""
        async with self._database.writing() as connection:
            await _set_last_sent(connection, {(folded(person), name)}, at)

    @to_the_end
    async def persons(self) -> Sequence[str]:
        """Return everybody who has had a notice or a digest, for as long as its messages can be held."""
        async with self._database.reading() as connection:
            return (await connection.execute(select(notice_times.c.person).distinct())).scalars().all()

    # --- digests -----------------------------------------------------------------------------------------------------

    @to_the_end
    async def digest_persons(self, *, behind: str, limit: int) -> list[tuple[str, datetime | None]]:
        """Return recipients with held mail that no digest has told, and the time of each one's last digest.

        They are in order, behind a person.
        """
        query = select(pending_notices.c.person, notice_times.c.last_sent_at).select_from(_digest_rows())
        query = query.where(*_IN_DIGEST, _NEW, pending_notices.c.person > behind).distinct()
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(pending_notices.c.person).limit(limit))
            return [(row.person, row.last_sent_at) for row in rows]

    @to_the_end
    async def for_digest(self, person: str, until: datetime) -> list[DigestRow]:
        """Return the messages still held for a recipient that came since the last digest, newest first.

        At most 1,000.
        """
        of_held = (held.c.received_at, held.c.keep_until, held.c.labels)
        columns = (pending_notices, *of_held, notice_times.c.last_sent_at, requests.c.state.label("request"))
        which = (*_IN_DIGEST, _NEW, pending_notices.c.person == person, pending_notices.c.queued_at <= until)
        query = select(*columns).select_from(_digest_rows().outerjoin(requests, _OWN_REQUEST)).where(*which)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(pending_notices.c.number.desc()).limit(DUE_ROWS))
            return [
                DigestRow(_notice(row), row.received_at, row.keep_until, tuple(row.labels), row.request) for row in rows
            ]

    @to_the_end
    async def last_digest(self, person: str, name: Digest) -> datetime | None:
        """Return the time until which the person's last digest of that name told."""
        query = select(notice_times.c.last_sent_at).where(
            notice_times.c.person == folded(person), notice_times.c.filter == name
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    @to_the_end
    async def send_digest(
        self,
        person: str,
        name: Digest,
        told: Sequence[PendingNotice],
        item: OutboxItem,
        content: bytes,
        *,
        hour: datetime,
        until: datetime,
        at: datetime,
    ) -> bool:
        """Queue a digest for an hour, and mark the notices as sent, in one transaction; the next begins at `until`.

        Return False, and change nothing, where the person has this digest of that hour, or of a later one: after a
        restart, or from another gateway.
        """
        packed = await pack_items([(item, content)])
        numbers = [notice.number for notice in told]
        async with self._database.writing() as connection:
            await take_turn(connection, f"notice {folded(person)} {name}")
            if await _too_soon(connection, folded(person), name, hour - MICROSECOND):
                return False
            await _set_last_sent(connection, {(folded(person), name)}, until)
            unsent = pending_notices.c.number.in_(numbers) & pending_notices.c.sent_at.is_(None)
            await connection.execute(update(pending_notices).where(unsent).values(sent_at=at))
            await write_items(connection, packed)
        return True

    @to_the_end
    async def once(
        self,
        person: str,
        name: str,
        item: OutboxItem,
        content: bytes,
        *,
        at: datetime,
        gap_seconds: float,
        role: NoticeRole | None = None,
    ) -> bool:
        """Queue a notice that is about no held message, unless the person had one of that name within the gap.

        With a role it is about a relayed message, and stands in its record.
        """
        packed = await pack_items([(item, content)])
        async with self._database.writing() as connection:
            await take_turn(connection, f"notice {folded(person)} {name}")  # else each of several at once is the first
            if await _too_soon(connection, folded(person), name, at - timedelta(seconds=gap_seconds)):
                return False
            await _set_last_sent(connection, {(folded(person), name)}, at)
            if role:
                await write_reminded(connection, person, role, [item.mail_id], name, at)
            await write_items(connection, packed)
        return True


def _digest_rows() -> FromClause:
    """Return notices with their held message, the person's own copy, and the time of the person's last digest."""
    own = and_(held_copies.c.held_id == held.c.id, held_copies.c.address_folded == pending_notices.c.person)
    last = and_(notice_times.c.person == pending_notices.c.person, notice_times.c.filter == DIGEST)
    return (
        pending_notices.join(held, held.c.id == pending_notices.c.quarantine_id)
        .join(held_copies, own)
        .outerjoin(notice_times, last)
    )


#: Conditions on a message of a digest: it is held for the recipient, and no digest has told it.
_IN_DIGEST = (
    pending_notices.c.role == "recipient",
    ~NoticeKind.ANSWER.in_rows,
    held_copies.c.state == "held",
)
_OWN_REQUEST = and_(requests.c.held_id == held.c.id, requests.c.person == pending_notices.c.person)
_NEW = or_(notice_times.c.last_sent_at.is_(None), pending_notices.c.queued_at > notice_times.c.last_sent_at)


async def _too_soon(connection: AsyncConnection, person: str, name: str, edge: datetime) -> bool:
    query = select(notice_times.c.last_sent_at).where(notice_times.c.person == person, notice_times.c.filter == name)
    last = (await connection.execute(query)).scalar_one_or_none()
    return last is not None and last > edge


def _gap_is_over(now: datetime, gap_seconds: float) -> Any:
    last = notice_times.c.last_sent_at
    gap, short = timedelta(seconds=gap_seconds), timedelta(seconds=AT_ONCE_SECONDS)
    return or_(last.is_(None), last <= now - gap, and_(NoticeKind.AT_ONCE.in_rows, last <= now - short))


async def _all_unsent(connection: AsyncConnection, numbers: Sequence[int]) -> bool:
    """Return whether all these notices are unsent; if so, lock them until the end of the transaction."""
    query = select(pending_notices.c.number).where(
        pending_notices.c.number.in_(numbers), pending_notices.c.sent_at.is_(None)
    )
    found = await connection.execute(query.order_by(pending_notices.c.number).with_for_update())
    return len(found.all()) == len(numbers)


async def _set_last_sent(connection: AsyncConnection, pairs: set[tuple[str, str]], at: datetime) -> None:
    rows = [{"person": person, "filter": name, "last_sent_at": at} for person, name in sorted(pairs)]
    if rows:
        change = upsert(connection, notice_times, lambda new: {"last_sent_at": new.last_sent_at})
        await connection.execute(change, rows)


def _notice(row: Row[Any]) -> PendingNotice:
    said = (row.person, row.filter, row.quarantine_id, row.role, row.payload)
    return PendingNotice(*said, row.number, row.last_sent_at)
