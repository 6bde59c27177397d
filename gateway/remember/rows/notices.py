"""Notices still to be sent, and their kinds; they are written in a transaction that the caller began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import folded, pending_notices
from gateway.remember.records import NoticeRole, PendingNotice


class NoticeKind(StrEnum):
    """Kinds of notices whose names begin with words of their own; others have the filter's name alone."""

    #: The answer to a request: no digest tells of its message.
    ANSWER = "answer"
    #: About danger to people: gathered for a minute, not for an hour.
    AT_ONCE = "at once"
    #: The record of a notice about relayed mail, which has been sent.
    RELAYED = "relayed"

    def named(self, rest: str) -> str:
        """Return the name of a notice of this kind."""
        return f"{self} {rest}"

    def includes(self, name: str) -> bool:
        """Return whether a notice of this name is of this kind."""
        return name.startswith(f"{self} ")

    @property
    def in_rows(self) -> ColumnElement[bool]:
        """The condition that a row is of this kind."""
        return pending_notices.c.filter.like(f"{self} %")


async def write_notices(connection: AsyncConnection, notices: Sequence[PendingNotice], at: datetime) -> None:
    """Write the notices; the keeper sends them."""
    rows = [
        {
            "person": folded(notice.person),
            "filter": notice.filter,
            "quarantine_id": notice.quarantine_id,
            "role": notice.role,
            "payload": notice.payload,
            "queued_at": at,
        }
        for notice in notices
    ]
    if rows:
        await connection.execute(insert(pending_notices), rows)


async def write_reminded(
    connection: AsyncConnection, person: str, role: NoticeRole, mail_ids: Iterable[str], name: str, at: datetime
) -> None:
    """Write that a person was told of relayed messages: for the record, without a word."""
    common = {"person": folded(person), "filter": NoticeKind.RELAYED.named(name), "role": role, "payload": {}}
    rows = [{**common, "quarantine_id": id, "queued_at": at, "sent_at": at} for id in mail_ids]
    await connection.execute(insert(pending_notices), rows)
