"""The search of the audit trail: the keys of the rows for which every condition holds, newest first.

A condition names walks along indexes that find its rows. The condition with the fewest rows is walked, some rows at a
time; of each row the others are asked. So no table is read as a whole, and an answer costs a bounded number of rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.schema import (
    Words,
    audit,
    audit_recipients,
    domain_sql,
    folded,
    held,
    refused_sql,
)
from gateway.remember.records import kept, written_out
from gateway.remember.rows.audit import RowKey
from gateway.remember.rows.held import like

#: Rows of a late step along an index, of which the other conditions are then asked. The first step takes a page's rows,
#: and each one twice as many as the one before: rows that were never read lie anywhere on the disk.
STEP_ROWS = 1_000
#: Rows of which the other conditions are asked for one answer; on from there a further question goes.
MOST_ROWS = 5_000
#: Rows of a condition that are counted; with as many, it is a common one.
MOST_COUNTED = 5_000

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = (audit.c.id, audit.c.at)
_RECIPIENT_KEY = (audit_recipients.c.id, audit_recipients.c.at)


@dataclass(frozen=True, slots=True)
class Sought:
    """Conditions on rows of the audit trail, all of which must hold; empty ones say nothing."""

    words: tuple[str, ...] = ()  # each an id, a Message-ID, a login, an address, or a domain as `@domain`
    client: str = ""  # IP address
    reply: str = ""  # a code of three digits, or words of a reply that took no message
    subject: str = ""  # words that all stand in the subject of a held message; personal mail has none
    since: datetime | None = None
    until: datetime | None = None  # excluded


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of some rows, newest first; `behind`: the search goes on behind this row, if it isn't None."""

    keys: list[RowKey]
    behind: RowKey | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk along an index: columns with id and time of a message, and the rows that the index has together."""

    id: Any
    at: Any
    which: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the walks that together find all of its rows."""

    walks: tuple[Walk, ...]
    is_rare: bool = False  # not worth counting: few messages are held, and few replies refuse one
    is_indexed: bool = True  # False: no index finds its rows, but a row can be asked


#: The condition that a held message has a row at all.
ON_RECORD = Condition((Walk(*_KEY, true()),))


async def search(connection: AsyncConnection, sought: Sought, limit: int, behind: RowKey | None = None) -> Found:
    """Return the newest `limit` rows, or those behind a row; fewer, with a place to go on, where they are rare."""
    conditions = list(_conditions(sought))
    walked = await _fewest(connection, conditions, sought)
    others = [one for one in conditions if one is not walked]
    walks = (walked or ON_RECORD).walks
    if any(walk.id is held.c.id for walk in walks):
        others.append(ON_RECORD)
    most = STEP_ROWS if others else limit + 1
    rows, left = min(limit + 1, most), MOST_ROWS
    found: list[RowKey] = []
    while True:
        keys, behind = await _step(connection, walks, sought, behind, rows)
        found += await _asked(connection, keys, others)
        if len(found) > limit:
            return Found(found[:limit], found[limit - 1])
        left -= rows
        if behind is None or left <= 0:
            return Found(found, behind)
        rows = min(2 * rows, most)


async def _fewest(connection: AsyncConnection, conditions: Sequence[Condition], sought: Sought) -> Condition | None:
    """Return the condition with the fewest rows, as far as they are counted; None where no index finds any."""
    indexed = [one for one in conditions if one.is_indexed]
    if len(indexed) < 2:
        return indexed[0] if indexed else None
    counts = [MOST_COUNTED - 1 if one.is_rare else await _count(connection, one, sought) for one in indexed]
    return indexed[counts.index(min(counts))]


async def _count(connection: AsyncConnection, condition: Condition, sought: Sought) -> int:
    total = 0
    for walk in condition.walks:
        some = select(walk.at).where(walk.which, *_within(walk, sought)).limit(MOST_COUNTED).subquery()
        total += (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    return min(total, MOST_COUNTED)


async def _step(
    connection: AsyncConnection, walks: Sequence[Walk], sought: Sought, behind: RowKey | None, rows: int
) -> tuple[list[RowKey], RowKey | None]:
    """Return the next keys that any of the walks finds, newest first, and where to go on; None at the end of all.

    A walk that gave all the rows that it was asked for has more behind its last one: only keys up to there are whole.
    """
    found: set[RowKey] = set()
    ends: list[RowKey] = []
    for walk in walks:
        some = [(row.id, row.at) for row in await connection.execute(walk_query(walk, sought, behind, rows))]
        found.update(some)
        if len(some) == rows:
            ends.append(some[-1])
    end = max(ends, key=_order, default=None)
    keys = sorted(found, key=_order, reverse=True)
    return [key for key in keys if end is None or _order(key) >= _order(end)], end


def walk_query(walk: Walk, sought: Sought, behind: RowKey | None, rows: int) -> Select[Any]:
    """Return the query for a step of a walk."""
    query = select(walk.id.label("id"), walk.at.label("at")).where(walk.which, *_within(walk, sought))
    if behind is not None:
        id, at = behind
        query = query.where(walk.at <= at, or_(walk.at < at, walk.id < id))
    return query.order_by(walk.at.desc(), walk.id.desc()).limit(rows)


def _within(walk: Walk, sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.since is not None:
        yield walk.at >= sought.since
    if sought.until is not None:
        yield walk.at < sought.until


def _order(key: RowKey) -> tuple[datetime, str]:
    return key[1], key[0]


async def _asked(connection: AsyncConnection, keys: Sequence[RowKey], others: Sequence[Condition]) -> Sequence[RowKey]:
    """Return the keys of rows for which the other conditions hold.

    Each walk is asked alone, and in a form that no index knows: the rows are found by their ids, and not by a common
    condition, of which both databases would read every row.
    """
    for condition in others:
        there: set[RowKey] = set()
        ids = [id for id, _ in keys]
        for walk in condition.walks if ids else ():
            holds = case((walk.which, 1), else_=0) == 1
            query = select(walk.id.label("id"), walk.at.label("at")).where(walk.id.in_(ids), holds)
            there.update((row.id, row.at) for row in await connection.execute(query))
        keys = [key for key in keys if key in there]
    return keys


# --- the conditions --------------------------------------------------------------------------------------------------


def _conditions(sought: Sought) -> Iterator[Condition]:
    yield from map(_of_word, sought.words)
    if sought.client:
        yield Condition((Walk(*_KEY, audit.c.client == sought.client),))
    if sought.reply:
        yield _of_reply(sought.reply)
    if sought.subject.strip():
        yield _of_subject(sought.subject)


def _of_word(word: str) -> Condition:
    bare = word.removeprefix("<").removesuffix(">")
    if bare.startswith(("@", "*@")):
        return _of_domain(folded(bare.lstrip("*").removeprefix("@")))
    sender, recipient = audit.c.sender_folded == folded(bare), audit_recipients.c.address_folded == folded(bare)
    if not bare:  # the null reverse-path of bounces
        return Condition((Walk(*_KEY, sender),))
    is_id = audit.c.id == word
    if _ID.fullmatch(word):  # a sender who makes our id his Message-ID finds no place here; `<ID>` finds his message
        return Condition((Walk(*_KEY, is_id),))
    ids = [kept(bare), kept(f"<{bare}>")]  # as the store keeps a long Message-ID
    return Condition(
        (
            Walk(*_KEY, is_id),
            Walk(*_KEY, sender),
            *(Walk(*_KEY, audit.c.message_id == id) for id in ids),
            Walk(*_KEY, and_(literal_column("audit.login <> ''"), audit.c.login == folded(bare))),
            Walk(*_RECIPIENT_KEY, recipient),
        )
    )


def _of_domain(domain: str) -> Condition:
    sender = literal_column(domain_sql("audit.sender_folded"), Words()) == domain
    recipient = literal_column(domain_sql("audit_recipients.address_folded"), Words()) == domain
    return Condition((Walk(*_KEY, sender), Walk(*_RECIPIENT_KEY, recipient)))


def _of_reply(reply: str) -> Condition:
    refused: ColumnElement[bool] = literal_column(refused_sql("audit.reply"))
    if len(reply) == 3 and reply.isascii() and reply.isdigit():
        has_code = audit.c.reply.startswith(reply)
        if reply.startswith("2"):
            return Condition((Walk(*_KEY, has_code),), is_indexed=False)
        return Condition((Walk(*_KEY, and_(refused, has_code)),), is_rare=True)
    says = and_(refused, func.lower(audit.c.reply).contains(written_out(reply.lower()), autoescape=True))
    return Condition((Walk(*_KEY, says),), is_rare=True)


def _of_subject(words: str) -> Condition:
    """Return the condition on the subject of a held message, whose entry has the key of its audit row."""
    patterns = (like(held.c.subject_folded, f"*{word}*") for word in words.split())
    says = and_(held.c.subject_folded != "", *patterns)  # "" is that of personal mail, which `*` would find
    return Condition((Walk(held.c.id, held.c.received_at, says),), is_rare=True)
