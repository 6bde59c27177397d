"""Quarantine entries, selected and read back from the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import folded, held, held_codes, held_copies, requests
from gateway.remember.records import HeldCopy, HeldMessage, ReleaseRequest, Signature
from gateway.remember.rows.approvals import read_signatures
from gateway.remember.rows.requests import read_requests

#: Entries whose copies are fetched in one query; databases limit the parameters of a statement.
COPIES_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """Conditions on quarantine entries, all of which must hold; None means any.

    Texts are compared without regard to case, `*` standing for any characters. `state` is that of any copy; with
    "deleted" only entries in the bin are chosen.
    """

    since: datetime | None = None
    until: datetime | None = None  # received before this time
    code: str | None = None
    sender: str | None = None  # the reverse-path, or an address of `From:`
    recipient: str | None = None
    subject: str | None = None  # words that all stand in the subject
    direction: str | None = None
    assigned_to: str | None = None  # "" = nobody
    state: str | None = "held"
    ids: Sequence[str] | None = None
    request: str | None = None  # the state of a request for its release: a `RequestState`


#: Orders of a list, and the columns that make them; within equal values the newest comes first.
ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "newest": (held.c.received_at.desc(), held.c.id.desc()),
    "oldest": (held.c.received_at, held.c.id),
    "author": (held.c.author_folded, held.c.received_at.desc(), held.c.id),
    "subject": (held.c.subject_folded, held.c.received_at.desc(), held.c.id),
    "largest": (held.c.bytes.desc(), held.c.received_at.desc(), held.c.id),
    "assigned": (held.c.assigned_to, held.c.received_at.desc(), held.c.id),
}


def selection(choice: Choice, order: str = "newest", behind: tuple[datetime, str] | None = None) -> Select[Any]:
    """Return the query for the entries of a choice, in one of `ORDERS`.

    `behind`: time and id of an entry; the query begins behind it. Only for the orders "newest" and "oldest".
    """
    query = chosen(select(held), choice).order_by(*ORDERS[order])
    if behind is None:
        return query
    at, id = behind
    if order == "oldest":
        return query.where(or_(held.c.received_at > at, and_(held.c.received_at == at, held.c.id > id)))
    return query.where(or_(held.c.received_at < at, and_(held.c.received_at == at, held.c.id < id)))


def chosen(query: Select[Any], choice: Choice) -> Select[Any]:
    """Return the query with the conditions of a choice."""
    conditions = list(_conditions(choice))
    return query.where(*conditions) if conditions else query


def _conditions(choice: Choice) -> Iterator[ColumnElement[bool]]:
    if choice.since is not None:
        yield held.c.received_at >= choice.since
    if choice.until is not None:
        yield held.c.received_at < choice.until
    if choice.sender is not None:
        yield or_(like(held.c.sender_folded, choice.sender), like(held.c.author_folded, f"* {choice.sender} *"))
    if choice.code is not None:
        yield exists().where(held_codes.c.held_id == held.c.id, like(held_codes.c.code, choice.code))
    if choice.recipient is not None:
        yield _has_copy(like(held_copies.c.address_folded, choice.recipient))
    for word in (choice.subject or "").split():
        yield like(held.c.subject_folded, f"*{word}*")
    if choice.direction is not None:
        yield held.c.direction == choice.direction
    if choice.assigned_to is not None:
        yield held.c.assigned_to == choice.assigned_to
    if choice.state is not None:
        yield _has_copy(held_copies.c.state == choice.state)
    if choice.ids is not None:
        yield held.c.id.in_(choice.ids)
    if choice.request is not None:
        yield exists().where(requests.c.held_id == held.c.id, requests.c.state == choice.request)
    if choice.state == "deleted":
        yield held.c.deleted_at.is_not(None)


def spaced(addresses: Iterable[str]) -> str:
    """Return addresses as they are stored and searched: in lower case, with a blank before and behind each."""
    return f" {' '.join(map(folded, addresses))} "


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
    ids = [row.id for row in rows]
    copies, asked = await _copies(connection, ids), await _asked(connection, ids)
    return [_entry(row, tuple(copies[row.id]), asked.get(row.id, ())) for row in rows]


async def _asked(connection: AsyncConnection, ids: list[str]) -> dict[str, tuple[ReleaseRequest, ...]]:
    found: dict[str, tuple[ReleaseRequest, ...]] = {}
    for start in range(0, len(ids), COPIES_ENTRIES):
        found |= await read_requests(connection, ids[start : start + COPIES_ENTRIES])
    return found


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


def _entry(row: Row[Any], copies: tuple[HeldCopy, ...], asked: tuple[ReleaseRequest, ...]) -> HeldMessage:
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
        author=row.author,
        author_addresses=tuple(row.author_folded.split()),
        labels=tuple(row.labels),
        authentication=row.authentication,
        assigned_to=row.assigned_to,
        keep_until=row.keep_until,
        deleted_at=row.deleted_at,
        requests=asked,
    )
