"""The bin: deleted entries whose content is kept for some days, so that a deletion can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import held
from gateway.remember.rows.contents import drop_unnamed
from gateway.remember.rows.requests import drop_requests
from gateway.remember.rows.usage import add_usage, read_usage

#: Entries with contents, each up to 50 MiB, that are emptied in one transaction.
BIN_SLICE = 20


async def would_fit(connection: AsyncConnection, stored_bytes: int, limit_bytes: int | None) -> bool:
    """Return whether an entry of this stored size would fit if the whole bin were emptied."""
    query = select(func.coalesce(func.sum(held.c.stored_bytes), 0)).where(held.c.deleted_at.is_not(None))
    binned = int((await connection.execute(query)).scalar_one())
    taken, _ = await read_usage(connection)
    return limit_bytes is None or taken - binned + stored_bytes <= limit_bytes


async def empty_bin(connection: AsyncConnection, before: datetime | None = None) -> int:
    """Remove content, subject, author, requests and evidence of the oldest entries of the bin; return their number.

    Retry keys, codes and the history stay. `before`: only entries that were deleted earlier. The caller holds the
    quarantine's lock (`usage.lock_usage`).
    """
    query = select(held.c.id, held.c.content, held.c.stored_bytes, held.c.findings).where(
        held.c.deleted_at.is_not(None)
    )
    if before is not None:
        query = query.where(held.c.deleted_at < before)
    query = query.order_by(held.c.deleted_at).limit(BIN_SLICE).with_for_update(skip_locked=True)
    rows = (await connection.execute(query)).all()
    for row in rows:
        bare = [{key: value for key, value in finding.items() if key != "evidence"} for finding in row.findings]
        gone: dict[str, Any] = {"content": None, "stored_bytes": 0, "edits": [], "findings": bare, "deleted_at": None}
        gone |= {"subject": "", "subject_folded": "", "author": "", "author_folded": ""}
        await connection.execute(update(held).where(held.c.id == row.id).values(gone))
        await drop_requests(connection, row.id)
    await add_usage(connection, -sum(row.stored_bytes for row in rows))
    await drop_unnamed(connection, [row.content for row in rows])
    return len(rows)
