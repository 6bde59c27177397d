"""Requests of our people for a release: rows written, read and answered in a transaction that the caller began.

An answer is queued as a notice in the same transaction: whoever has asked hears of it once. Another module decides who
may ask.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.control.vocabulary import RequestState
from gateway.remember.database.database import insert_one
from gateway.remember.database.schema import folded, held, requests
from gateway.remember.records import PendingNotice, ReleaseRequest
from gateway.remember.rows.notices import NoticeKind, write_notices

#: Outcomes as the notice tells them -> the state of the request.
Outcome = Literal["released", "refused", "deleted", "expired"]
_STATES: Mapping[Outcome, RequestState] = {
    "released": "granted",
    "refused": "refused",
    "deleted": "deleted",
    "expired": "refused",
}


def is_asked_for() -> ColumnElement[bool]:
    """Return the condition that somebody asks for a held message and waits for the answer."""
    return exists().where(requests.c.held_id == held.c.id, requests.c.state == "open")


def was_refused() -> ColumnElement[bool]:
    """Return the condition that a reviewer has refused a held message's release, and nobody else waits for an answer.

    A restored message waits for a decision, though its deletion has answered the requests.
    """
    refused = exists().where(requests.c.held_id == held.c.id, requests.c.state == "refused")
    return and_(refused, ~is_asked_for())


async def write_request(connection: AsyncConnection, id: str, request: ReleaseRequest) -> bool:
    """Write an open request; return False where this person has asked for the message before.

    A request that a deletion has answered gives way: the message was restored, and may be asked for anew.
    """
    before = (requests.c.held_id == id, requests.c.person == folded(request.person), requests.c.state == "deleted")
    await connection.execute(delete(requests).where(*before))
    return await insert_one(
        connection,
        requests,
        held_id=id,
        person=folded(request.person),
        addresses=request.addresses,
        text=request.text,
        notice=dict(request.notice),
        asked_at=request.asked_at,
        state="open",
        answered_by="",
        answer="",
    )


async def read_requests(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[ReleaseRequest, ...]]:
    """Return the requests of each entry, oldest first."""
    found: dict[str, tuple[ReleaseRequest, ...]] = {}
    query = select(requests).where(requests.c.held_id.in_(ids)).order_by(requests.c.asked_at, requests.c.person)
    for row in await connection.execute(query):
        found[row.held_id] = (*found.get(row.held_id, ()), _request(row))
    return found


async def answer_requests(
    connection: AsyncConnection,
    ids: Sequence[str],
    outcome: Outcome,
    *,
    actor: str,
    at: datetime,
    answer: str = "",
    persons: Collection[str] = (),
    still_held: Collection[str] = (),
) -> list[str]:
    """Answer the open requests of these entries, queue a notice for each, and return the persons.

    `persons`: only theirs. A request for a copy that is still held stays open. The caller holds the entries' locks.
    """
    query = select(requests).where(requests.c.held_id.in_(ids), requests.c.state == "open")
    if persons:
        query = query.where(requests.c.person.in_([folded(one) for one in persons]))
    query = query.order_by(requests.c.held_id, requests.c.person)
    answered = [row for row in (await connection.execute(query)).all() if set(row.addresses).isdisjoint(still_held)]
    done = {"state": _STATES[outcome], "answered_at": at, "answered_by": actor, "answer": answer}
    for row in answered:
        which = (requests.c.held_id == row.held_id, requests.c.person == row.person)
        await connection.execute(update(requests).where(*which).values(done))
    await write_notices(connection, [_notice(row, outcome, answer) for row in answered], at)
    return [row.person for row in answered]


async def drop_requests(connection: AsyncConnection, id: str) -> None:
    """Remove the requests with an entry's content: they quote its subject."""
    await connection.execute(delete(requests).where(requests.c.held_id == id))


def _notice(row: Row[Any], outcome: Outcome, answer: str) -> PendingNotice:
    payload = row.notice | {"outcome": outcome, "answer": answer}
    return PendingNotice(row.person, NoticeKind.ANSWER.named(row.held_id), row.held_id, payload["role"], payload)


def _request(row: Row[Any]) -> ReleaseRequest:
    return ReleaseRequest(
        person=row.person,
        asked_at=row.asked_at,
        addresses=tuple(row.addresses),
        text=row.text,
        notice=row.notice,
        state=row.state,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer=row.answer,
    )
