"""Audit rows, written and read. A row that is written twice (same id and time) is stored once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.append import append, lock_chain
from gateway.remember.database.database import missing
from gateway.remember.database.schema import audit, audit_recipients, folded
from gateway.remember.records import REPLY_CHARACTERS, AuditRow
from gateway.remember.rows.history import read_history

RowKey = tuple[str, datetime]


async def write_audit(connection: AsyncConnection, rows: Sequence[AuditRow]) -> None:
    """Put up to a few hundred rows on record. Raises StoreUnavailable without the key of the records."""
    if not rows:
        return
    await lock_chain(connection, "audit")
    new = await missing(connection, audit, [_row(row) for row in rows])
    recipients = {(row.id, row.at): _recipient_rows(row) for row in reversed(rows)}
    of_new = [recipients[row["id"], row["at"]] for row in new]
    await append(connection, "audit", new, of_new)
    if to_all := [values for of_row in of_new for values in of_row]:
        await connection.execute(audit_recipients.insert(), to_all)


def _row(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "listener": row.listener,
        "client": row.client,
        "message_id": row.message_id,
        "mail_from": row.mail_from,
        "sender_folded": folded(row.mail_from),
        "bytes": row.bytes,
        "codes": row.codes,
        "reply": row.reply[:REPLY_CHARACTERS],
        "ms": dict(row.ms),
        "monitored": dict(row.monitored),
        "login": row.login,
    }


def _recipient_rows(row: AuditRow) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "at": row.at,
            "position": position,
            "address": address,
            "address_folded": folded(address),
            "direction": direction,
            "action": action,
        }
        for position, (address, direction, action) in enumerate(row.recipients)
    ]


async def read_audit(connection: AsyncConnection, keys: Sequence[RowKey]) -> list[AuditRow]:
    """Return the rows with these keys, newest first, each with its message's history."""
    ids = [id for id, _ in keys]
    recipients = await _recipients(connection, ids)
    past = await read_history(connection, ids)
    wanted = set(keys)
    query = select(audit).where(audit.c.id.in_(ids)).order_by(audit.c.at.desc(), audit.c.id.desc())
    rows = (await connection.execute(query)).all()
    return [
        _audit_row(row, tuple(recipients[(row.id, row.at)]), past.get(row.id, ()))
        for row in rows
        if (row.id, row.at) in wanted
    ]


async def _recipients(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[RowKey, list[tuple[str, str, str]]]:
    found: defaultdict[RowKey, list[tuple[str, str, str]]] = defaultdict(list)
    query = select(audit_recipients).where(audit_recipients.c.id.in_(ids)).order_by(audit_recipients.c.position)
    for row in await connection.execute(query):
        found[(row.id, row.at)].append((row.address, row.direction, row.action))
    return found


def _audit_row(row: Row[Any], recipients: tuple[tuple[str, str, str], ...], past: tuple[Any, ...]) -> AuditRow:
    return AuditRow(
        id=row.id,
        at=row.at,
        listener=row.listener,
        client=row.client,
        message_id=row.message_id,
        mail_from=row.mail_from,
        recipients=recipients,
        bytes=row.bytes,
        codes=tuple(row.codes),
        reply=row.reply,
        ms=row.ms,
        monitored=row.monitored,
        login=row.login,
        history=past,
    )
