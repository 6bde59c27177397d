"""Outbox items as rows, and back. Used by every module that commits an item together with other rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import Recipient
from gateway.remember.database.schema import outbox
from gateway.remember.records import OutboxItem
from gateway.remember.rows.contents import Packed, pack, write_content

PackedItem = tuple[OutboxItem, Packed]


async def pack_items(items: Iterable[tuple[OutboxItem, bytes]]) -> list[PackedItem]:
    """Pack the contents, before the transaction: nobody should wait for this with the write lock held."""
    return [(item, await pack(content)) for item, content in items]


async def write_items(connection: AsyncConnection, items: Sequence[PackedItem]) -> None:
    for _, packed in sorted(items, key=lambda pair: pair[1].sha256):  # no two writers wait for each other crosswise
        await write_content(connection, packed)
    if items:
        await connection.execute(insert(outbox), [_row(item, packed.sha256) for item, packed in items])


async def write_beside(connection: AsyncConnection, item: OutboxItem, content: bytes) -> None:
    """Write an item with a content that another row names, by its SHA-256."""
    await connection.execute(insert(outbox), [_row(item, content)])


def recipient_values(recipients: Iterable[Recipient]) -> list[dict[str, Any]]:
    return [asdict(recipient) for recipient in recipients]


def _row(item: OutboxItem, content: bytes) -> dict[str, Any]:
    return {
        "id": item.id,
        "mail_id": item.mail_id,
        "kind": item.kind,
        "mail_from": item.mail_from,
        "recipients": recipient_values(item.recipients),
        "route": item.route,
        "queued_at": item.queued_at,
        "next_attempt_at": item.next_attempt_at,
        "expires_at": item.expires_at,
        "body": item.body,
        "smtputf8": item.smtputf8,
        "ret": item.ret,
        "envid": item.envid,
        "auth": item.auth,
        "client": item.client,
        "attempts": item.attempts,
        "last_reply": item.last_reply,
        "content": content,
    }


def item_of(row: Row[Any]) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        mail_id=row.mail_id,
        kind=row.kind,
        mail_from=row.mail_from,
        recipients=tuple(Recipient(**values) for values in row.recipients),
        route=row.route,
        queued_at=row.queued_at,
        next_attempt_at=row.next_attempt_at,
        expires_at=row.expires_at,
        body=row.body,
        smtputf8=row.smtputf8,
        ret=row.ret,
        envid=row.envid,
        auth=row.auth,
        client=row.client,
        attempts=row.attempts,
        last_reply=row.last_reply,
    )
