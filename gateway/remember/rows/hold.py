"""The writing of a quarantine entry, as one part of a transaction that the caller began.

This module decides by the retry keys which copies are new, and whether there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.message.labels import PERSONAL
from gateway.remember.database.database import insert_new
from gateway.remember.database.schema import folded, held, held_codes, held_copies, retry_keys
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.remember.rows.contents import Packed, write_content
from gateway.remember.rows.held import spaced
from gateway.remember.rows.usage import REFUSED, add_usage, read_usage, set_usage


async def stored_keys(connection: AsyncConnection, keys: Sequence[bytes]) -> set[bytes]:
    found = await connection.execute(select(retry_keys.c.key).where(retry_keys.c.key.in_(keys)))
    return set(found.scalars())


async def new_copies(connection: AsyncConnection, copies: Sequence[HeldCopy]) -> tuple[HeldCopy, ...]:
    """Return the copies that are no retry of a copy held before, nor of another one in the same message."""
    seen = await stored_keys(connection, [copy.key for copy in copies])
    fresh: list[HeldCopy] = []
    for copy in copies:
        if copy.key not in seen:
            fresh.append(copy)
        if copy.key:
            seen.add(copy.key)
    return tuple(fresh)


async def has_room(connection: AsyncConnection, stored_bytes: int, limit_bytes: int | None) -> bool:
    """Return whether an entry of this stored size fits; when not, note that for `status`."""
    if limit_bytes is None:
        return True
    taken, refused = await read_usage(connection)
    if taken + stored_bytes <= limit_bytes:
        return True
    if not refused or taken + refused <= limit_bytes:
        await set_usage(connection, REFUSED, stored_bytes)
    return False


async def remember_keys(connection: AsyncConnection, copies: Sequence[HeldCopy], at: datetime) -> None:
    """Store the retry keys. They are still new: the caller holds the quarantine's lock (`usage.lock_usage`)."""
    keys = sorted({copy.key for copy in copies if copy.key})
    if keys:
        await connection.execute(insert(retry_keys), [{"key": key, "seen_at": at} for key in keys])


async def write_held(
    connection: AsyncConnection, message: HeldMessage, copies: Sequence[HeldCopy], packed: Packed
) -> None:
    """Write the entry with these copies. Raises IntegrityError (a programmer's error) when the id was used before."""
    await write_content(connection, packed)
    await connection.execute(insert(held), _message_row(message, packed))
    await connection.execute(insert(held_copies), _copy_rows(message.id, copies))
    codes = {*message.codes, *(code for copy in copies for code in copy.codes)}
    await insert_new(connection, held_codes, [{"held_id": message.id, "code": code} for code in sorted(codes)])
    await add_usage(connection, len(packed.stored))


def _message_row(message: HeldMessage, packed: Packed) -> dict[str, Any]:
    return {
        "id": message.id,
        "received_at": message.received_at,
        "listener": message.listener,
        "direction": message.direction,
        "mail_from": message.mail_from,
        "sender_folded": folded(message.mail_from),
        "subject": message.subject,
        "message_id": message.message_id,
        "codes": message.codes,
        "bytes": message.bytes,
        "stored_bytes": len(packed.stored),
        "client": message.client,
        "envelope": message.envelope,
        "findings": message.findings,
        "edits": message.edits,
        "content": packed.sha256,
        "author": message.author,
        "author_folded": spaced(message.author_addresses),
        "subject_folded": "" if PERSONAL in message.labels else folded(message.subject),
        "labels": message.labels,
        "authentication": message.authentication,
        "assigned_to": message.assigned_to,
        "keep_until": message.keep_until,
        "deleted_at": message.deleted_at,
    }


def _copy_rows(held_id: str, copies: Sequence[HeldCopy]) -> list[dict[str, Any]]:
    return [
        {
            "held_id": held_id,
            "position": position,
            "address": copy.address,
            "address_folded": folded(copy.address),
            "direction": copy.direction,
            "state": copy.state,
            "key": copy.key,
            "notify": copy.notify,
            "orcpt": copy.orcpt,
            "codes": copy.codes,
            "changed_at": copy.changed_at,
            "changed_by": copy.changed_by,
            "reason": copy.reason,
        }
        for position, copy in enumerate(copies)
    ]
