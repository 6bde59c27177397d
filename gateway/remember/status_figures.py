"""The figures of the store that `status` shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.schema import awaited_receipts, held, held_copies, outbox
from gateway.remember.rows.usage import read_usage

#: Octets for one message of the shipped largest size, in the WAL and in the file. With less room the disk counts as
#: full: `status` says so before mail is refused.
DISK_RESERVE_BYTES = 100 * 1024 * 1024


@to_the_end
async def read_figures(database: Database, *, quarantine_max_bytes: int | None, refused_by: str) -> dict[str, Any]:
    """Return counts, octets, aware times or None; `full`: a message that must be held may be refused for now."""
    waiting = held_copies.c.state == "held"
    async with database.reading() as connection:
        taken, refused = await read_usage(connection)
        messages, oldest = (
            await connection.execute(
                select(func.count(), func.min(held.c.received_at)).where(
                    held.c.id.in_(select(held_copies.c.held_id).where(waiting))
                )
            )
        ).one()
        in_bin = select(func.coalesce(func.sum(held.c.stored_bytes), 0)).where(held.c.deleted_at.is_not(None))
        bin_bytes = int((await connection.execute(in_bin)).scalar_one())
        query = select(func.count(), func.min(outbox.c.queued_at)).where(outbox.c.kind != "journal")
        rows, oldest_row = (await connection.execute(query)).one()
        awaited = (await connection.execute(select(func.count()).select_from(awaited_receipts))).scalar_one()
    free_bytes = _free_bytes(database.path)
    past_limit = quarantine_max_bytes is not None and taken - bin_bytes + max(refused, 1) > quarantine_max_bytes
    disk_low = free_bytes is not None and free_bytes < DISK_RESERVE_BYTES
    return {
        "held_messages": messages,
        "held_bytes": taken,
        "bin_bytes": bin_bytes,  # of these; the bin gives way to mail that must be held
        "oldest_held_at": oldest,
        "quarantine_max_bytes": quarantine_max_bytes,
        "outbox_rows": rows,
        "oldest_outbox_at": oldest_row,
        "awaited_receipts": awaited,
        "disk_free_bytes": free_bytes,
        "disk_reserve_bytes": DISK_RESERVE_BYTES,
        "full": past_limit or disk_low or bool(refused_by),
        "quarantine_full": past_limit or refused_by == "limit",
        "disk_full": disk_low or refused_by == "disk",
    }


def _free_bytes(path: Path | None) -> int | None:
    """Return the free octets; None for a database server, whose disk is out of sight."""
    return None if path is None else shutil.disk_usage(path.parent).free
