"""Notices still to be sent, written as part of a transaction that the caller began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import folded, pending_notices
from gateway.remember.records import PendingNotice


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
