"""Notices still to be sent, written as part of a transaction that the caller began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import folded, pending_notices
from gateway.remember.records import NoticeRole, PendingNotice

#: The first word of the filter's name in the records of notices about relayed mail.
RELAYED = "relayed"


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
    common = {"person": folded(person), "filter": f"{RELAYED} {name}", "role": role, "payload": {}}
    rows = [{**common, "quarantine_id": id, "queued_at": at, "sent_at": at} for id in mail_ids]
    await connection.execute(insert(pending_notices), rows)
