"""Figures of the reviewers' desk: what became of held messages, who decided when, and what waits to be relayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import held, held_copies, history, outbox
from gateway.remember.rows.requests import is_asked_for, was_refused

#: Held messages in one page: as many as one query takes the copies of.
PAGE_ROWS = 500

#: Operations that decide about a held message, and those by which a person reads one.
DECISIONS = ("release", "approve", "confirm", "delete", "fraud", "refuse")
READINGS = ("read", "show")

#: Replies of next hops that are listed.
SHOWN_REPLIES = 5


_COLUMNS = (
    *(held.c.id, held.c.received_at, held.c.direction, held.c.author_folded, held.c.sender_folded),
    *(held.c.codes, held.c.labels, was_refused().label("refused")),
)


@dataclass(frozen=True, slots=True)
class HeldOutcome:
    """A held message and what became of it; without subject, text or evidence."""

    id: str
    received_at: datetime
    direction: str
    sender: str  # the first address of `From:`, else the reverse-path, in lower case
    reverse_path: str  # in lower case
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    states: Mapping[str, datetime | None]  # state of some copy -> its first change into it
    refused: bool  # a reviewer has refused the request for its release, and nobody else asks for it

    @property
    def waits(self) -> bool:
        """Return whether a copy waits for a decision."""
        return "held" in self.states and not self.refused


@dataclass(frozen=True, slots=True)
class Waiting:
    """Held messages about which nobody has decided."""

    messages: int
    asked_for: int  # of these, the ones for which somebody asks
    oldest: Sequence[HeldOutcome]


@dataclass(frozen=True, slots=True)
class Act:
    """A decision about a held message, or the reading of one."""

    mail_id: str
    at: datetime
    actor: str
    operation: str
    received_at: datetime | None  # None: the message was purged since


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Mail that a next hop has not taken yet, by the last reply."""

    reply: str
    messages: int
    oldest: datetime
    attempts: int


class DeskFigures:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def held(self, since: datetime, until: datetime, behind: HeldOutcome | None = None) -> Sequence[HeldOutcome]:
        """Return a page of the messages held in a time, oldest first, behind a message of the page before.

        Messages past their retention are gone. Raises StoreUnavailable.
        """
        query: Select[Any] = select(*_COLUMNS).where(held.c.received_at >= since, held.c.received_at < until)
        if behind is not None:
            at, id = behind.received_at, behind.id
            query = query.where(or_(held.c.received_at > at, and_(held.c.received_at == at, held.c.id > id)))
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(held.c.received_at, held.c.id).limit(PAGE_ROWS))).all()
            states = await _states(connection, [row.id for row in rows])
        return [_outcome(row, states[row.id]) for row in rows]

    @to_the_end
    async def acts(self, since: datetime, until: datetime) -> Sequence[Act]:
        """Return the decisions and readings of a time, oldest first. Raises StoreUnavailable."""
        query = (
            select(history.c.mail_id, history.c.at, history.c.actor, history.c.operation, held.c.received_at)
            .outerjoin(held, held.c.id == history.c.mail_id)
            .where(history.c.at >= since, history.c.at < until, history.c.operation.in_((*DECISIONS, *READINGS)))
            .order_by(history.c.at, history.c.number)
        )
        async with self._database.reading() as connection:
            return [Act(*row) for row in await connection.execute(query)]

    @to_the_end
    async def waiting(self, limit: int) -> Waiting:
        """Return the numbers of messages that wait for a decision, and the oldest of them. Raises StoreUnavailable.

        Messages whose release a reviewer has refused are left out.
        """
        is_held = held.c.id.in_(select(held_copies.c.held_id).where(held_copies.c.state == "held"))
        waits, asked = and_(is_held, ~was_refused()), func.sum(case((is_asked_for(), 1), else_=0))
        numbers = select(func.count(), func.coalesce(asked, 0)).select_from(held).where(waits)
        oldest: Select[Any] = select(*_COLUMNS).where(waits).order_by(held.c.received_at, held.c.id).limit(limit)
        async with self._database.reading() as connection:
            messages, asked_for = (await connection.execute(numbers)).one()
            rows = (await connection.execute(oldest)).all()
        return Waiting(messages, asked_for, [_outcome(row, {"held": None}) for row in rows])

    @to_the_end
    async def undelivered(self) -> Sequence[Undelivered]:
        """Return the mail that a next hop has refused for now, by its last reply. Raises StoreUnavailable."""
        messages = func.count().label("messages")
        query = (
            select(outbox.c.last_reply, messages, func.min(outbox.c.queued_at), func.max(outbox.c.attempts))
            .where(outbox.c.attempts > 0)
            .group_by(outbox.c.last_reply)
            .order_by(messages.desc())
            .limit(SHOWN_REPLIES)
        )
        async with self._database.reading() as connection:
            return [Undelivered(*row) for row in await connection.execute(query)]


async def _states(connection: AsyncConnection, ids: Sequence[str]) -> defaultdict[str, dict[str, datetime | None]]:
    """Return the states of each message's copies, with the first change into each."""
    column = held_copies.c
    query = (
        select(column.held_id, column.state, func.min(column.changed_at).label("at"))
        .where(column.held_id.in_(ids))
        .group_by(column.held_id, column.state)
    )
    found: defaultdict[str, dict[str, datetime | None]] = defaultdict(dict)
    for row in await connection.execute(query):
        found[row.held_id][row.state] = row.at
    return found


def _outcome(row: Row[Any], states: Mapping[str, datetime | None]) -> HeldOutcome:
    authors = row.author_folded.split()
    return HeldOutcome(
        id=row.id,
        received_at=row.received_at,
        direction=row.direction,
        sender=authors[0] if authors else row.sender_folded,
        reverse_path=row.sender_folded,
        codes=tuple(row.codes),
        labels=tuple(row.labels),
        states=states,
        refused=row.refused,
    )
