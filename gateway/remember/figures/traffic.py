"""Figures of the audit trail: volume, actions, messages with given findings, replies that took no message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Table, Text, cast, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.audit import Audit
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import EPOCH, MICROSECOND, audit, audit_recipients, relay_outcomes
from gateway.remember.rows.audit import RowKey

#: The step of the volume: every time zone begins its hours at a quarter of an hour.
QUARTER = timedelta(minutes=15)

#: Actions on copies that come again: the client still has the message, or sends it once more.
AGAIN = ("defer", "retry")

#: Actions on replies to the control address, beside "defer": such a reply is answered here, and is no mail.
REPLY_ACTIONS = ("confirm", "ask", "refuse", "ignore")

#: Rows in memory at a time.
BATCH_ROWS = 1_000

#: Characters of a reply by which replies are counted: `451 4.3.0`.
STATUS_CHARACTERS = 9


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message on record: its sender in lower case, its codes, and the actions on its copies by direction."""

    at: datetime
    sender: str
    codes: tuple[str, ...]
    monitored: Mapping[str, str]  # code -> what a filter in monitor would have done
    copies: tuple[tuple[str, str], ...]  # (direction, action)


@dataclass(frozen=True, slots=True)
class Replies:
    """Replies with the same status, and the text of one of them."""

    text: str
    messages: int
    first: datetime
    last: datetime


class Traffic:
    def __init__(self, database: Database, trail: Audit) -> None:
        self._database = database
        self._trail = trail

    @to_the_end
    async def volume(self, since: datetime, until: datetime) -> Mapping[tuple[datetime, str], int]:
        """Count messages by quarter of an hour and direction, without those that come again.

        A message with copies in two directions counts in both. Replies to the control address are left out. Raises
        StoreUnavailable.
        """
        await self._trail.flush()
        column = audit_recipients.c
        quarter = type_coerce(column.at, BigInteger) // (QUARTER // MICROSECOND)
        query = (
            select(quarter.label("quarter"), column.direction, func.count(func.distinct(column.id)).label("messages"))
            .where(column.at >= since, column.at < until, column.action.not_in((*AGAIN, *REPLY_ACTIONS)))
            .group_by(quarter, column.direction)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return {(EPOCH + row.quarter * QUARTER, row.direction): row.messages for row in rows}

    @to_the_end
    async def actions(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        """Count copies by direction and action, replies to the control address left out. Raises StoreUnavailable."""
        column = audit_recipients.c
        query = (
            select(column.direction, column.action, func.count().label("copies"))
            .where(column.at >= since, column.at < until, column.action.not_in(REPLY_ACTIONS))
            .group_by(column.direction, column.action)
        )
        async with self._database.reading() as connection:
            return {(row.direction, row.action): row.copies for row in await connection.execute(query)}

    @to_the_end
    async def with_codes(self, codes: Collection[str], since: datetime, until: datetime) -> list[Recorded]:
        """Return the messages that have one of these codes, oldest first. Raises StoreUnavailable."""
        return await self._recorded(or_(*map(_has_code, codes)), since, until) if codes else []

    @to_the_end
    async def monitored(self, since: datetime, until: datetime) -> list[Recorded]:
        """Return the messages in which a filter in monitor found something, oldest first. Raises StoreUnavailable."""
        return await self._recorded(cast(audit.c.monitored, Text) != "{}", since, until)

    async def _recorded(self, which: ColumnElement[bool], since: datetime, until: datetime) -> list[Recorded]:
        query = (
            select(audit.c.id, audit.c.at, audit.c.sender_folded, audit.c.codes, audit.c.monitored)
            .where(audit.c.at >= since, audit.c.at < until, which)
            .order_by(audit.c.at)
        )
        found: list[Recorded] = []
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            while some := rows.fetchmany(BATCH_ROWS):
                copies = await _copies(connection, [row.id for row in some])
                found += [
                    Recorded(row.at, row.sender_folded, tuple(row.codes), row.monitored, tuple(copies[row.id, row.at]))
                    for row in some
                ]
        return found

    @to_the_end
    async def temporary_replies(self, since: datetime, until: datetime) -> list[Replies]:
        """Return the 4xx replies to messages by status, the most frequent first. Raises StoreUnavailable."""
        async with self._database.reading() as connection:
            return await _replies(connection, audit, audit.c.reply.like("4%"), since, until)

    @to_the_end
    async def given_up(self, since: datetime, until: datetime) -> list[Replies]:
        """Return the last replies to messages that the outbox gave up, the most frequent first.

        Raises StoreUnavailable.
        """
        async with self._database.reading() as connection:
            return await _replies(connection, relay_outcomes, relay_outcomes.c.outcome == "failed", since, until)


def _has_code(code: str) -> ColumnElement[bool]:
    return cast(audit.c.codes, Text).contains(f'"{code}"', autoescape=True)


async def _replies(
    connection: AsyncConnection, table: Table, which: ColumnElement[bool], since: datetime, until: datetime
) -> list[Replies]:
    column, messages = table.c, func.count().label("messages")
    query = (
        select(func.max(column.reply), messages, func.min(column.at), func.max(column.at))
        .where(column.at >= since, column.at < until, which)
        .group_by(func.substr(column.reply, 1, STATUS_CHARACTERS))
        .order_by(messages.desc())
    )
    return [Replies(*row) for row in await connection.execute(query)]


async def _copies(connection: AsyncConnection, ids: list[str]) -> defaultdict[RowKey, list[tuple[str, str]]]:
    column = audit_recipients.c
    query = select(column.id, column.at, column.direction, column.action).where(column.id.in_(ids))
    found: defaultdict[RowKey, list[tuple[str, str]]] = defaultdict(list)
    for row in await connection.execute(query.order_by(column.position)):
        found[row.id, row.at].append((row.direction, row.action))
    return found
