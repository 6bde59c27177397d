"""Quarantine entries, selected and read back from the tables."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import folded, held, held_codes, held_copies
from gateway.remember.records import HeldCopy, HeldMessage, Signature
from gateway.remember.rows.approvals import read_signatures

#: Entries whose copies are fetched in one query; databases limit the parameters of a statement.
COPIES_ENTRIES = 500


def selection(
    *, since: datetime | None, code: str | None, sender: str | None, recipient: str | None, state: str | None
) -> Select[Any]:
    """Return the query for entries that match every given condition, newest first."""
    query = select(held).order_by(held.c.received_at.desc(), held.c.id.desc())
    if since is not None:
        query = query.where(held.c.received_at >= since)
    if sender is not None:
        query = query.where(like(held.c.sender_folded, sender))
    if code is not None:
        query = query.where(exists().where(held_codes.c.held_id == held.c.id, like(held_codes.c.code, code)))
    if recipient is not None:
        query = query.where(_has_copy(like(held_copies.c.address_folded, recipient)))
    if state is not None:
        query = query.where(_has_copy(held_copies.c.state == state))
    return query


def like(column: Column[Any], pattern: str) -> ColumnElement[bool]:
    """Compare for equality, or by pattern where the text has a `*`; no other character is special."""
    text = folded(pattern)
    if "*" not in text:
        return column == text
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return column.like(text.replace("*", "%"), escape="\\")


def _has_copy(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(held_copies.c.held_id == held.c.id, condition)


async def read_entries(connection: AsyncConnection, query: Select[Any]) -> list[HeldMessage]:
    rows = (await connection.execute(query)).all()
    copies = await _copies(connection, [row.id for row in rows])
    return [_entry(row, tuple(copies[row.id])) for row in rows]


async def _copies(connection: AsyncConnection, ids: list[str]) -> defaultdict[str, list[HeldCopy]]:
    found: defaultdict[str, list[HeldCopy]] = defaultdict(list)
    for start in range(0, len(ids), COPIES_ENTRIES):
        some = ids[start : start + COPIES_ENTRIES]
        signed = await read_signatures(connection, some)
        query = select(held_copies).where(held_copies.c.held_id.in_(some))
        for row in await connection.execute(query.order_by(held_copies.c.held_id, held_copies.c.position)):
            found[row.held_id].append(_copy(row, signed.get(row.held_id, {}).get(row.address)))
    return found


def _copy(row: Row[Any], signature: Signature | None) -> HeldCopy:
    return HeldCopy(
        address=row.address,
        direction=row.direction,
        state=row.state,
        key=row.key,
        notify=row.notify,
        orcpt=row.orcpt,
        codes=tuple(row.codes),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        reason=row.reason,
        signature=signature,
    )


def _entry(row: Row[Any], copies: tuple[HeldCopy, ...]) -> HeldMessage:
    return HeldMessage(
        id=row.id,
        received_at=row.received_at,
        listener=row.listener,
        direction=row.direction,
        mail_from=row.mail_from,
        subject=row.subject,
        message_id=row.message_id,
        codes=tuple(row.codes),
        bytes=row.bytes,
        client=row.client,
        envelope=row.envelope,
        findings=row.findings,
        edits=row.edits,
        copies=copies,
    )
