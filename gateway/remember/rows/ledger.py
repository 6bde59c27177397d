"""Rows of the ledger and of what is blocked, made and written as part of a transaction that the caller began."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import STEADY_DATES, STEADY_DAYS, Account
from gateway.remember.database.database import insert_new, upsert
from gateway.remember.database.schema import MICROSECOND, blocked, ledger
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.records import HistoryRow
from gateway.remember.rows.history import write_history

#: What the record of changes to the ledger stands under, where a message's has its id.
RECORD = "payments"

_DAY = timedelta(days=1) // MICROSECOND

Row = Mapping[str, Any]


def seen_rows(
    keys: LedgerKeys, counterparty: str, accounts: Collection[Account], at: datetime, *, verified: bool
) -> list[Row]:
    """One for each account; a verified one need not have been seen in mail. In the keys' order, as correspondents."""
    rows = [
        {
            "counterparty": keys.counterparty(counterparty),
            "account": keys.account(counterparty, account),
            "kind": account.kind,
            "first_at": at,
            "last_at": at,
            "dates": int(not verified),
            "verified": verified,
        }
        for account in accounts
    ]
    return sorted(rows, key=lambda row: str(row["account"]))


async def write_seen(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """New accounts are entered, known ones seen once more: a date counts once, and a verified one stays verified."""
    if rows:
        await connection.execute(upsert(connection, ledger, _seen_again), rows)


def _seen_again(new: Any) -> Mapping[str, ColumnElement[Any]]:
    """Days between the first and the last that come late are not counted: one date less is the safe mistake."""
    old = ledger.c
    on_a_new_date = or_(_day(new.last_at) > _day(old.last_at), _day(new.first_at) < _day(old.first_at))
    return {
        "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
        "dates": old.dates + case((on_a_new_date, new.dates), else_=0),
        "verified": or_(old.verified, new.verified),
    }


def _day(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger) // _DAY


def is_steady() -> ColumnElement[bool]:
    """`Seen.steady`, for the database to count."""
    lasted = type_coerce(ledger.c.last_at, BigInteger) - type_coerce(ledger.c.first_at, BigInteger)
    return or_(ledger.c.verified, and_(ledger.c.dates >= STEADY_DATES, lasted >= STEADY_DAYS * _DAY))


def block_rows(
    keys: LedgerKeys, what: Iterable[Account | str], *, actor: str, reason: str, at: datetime, mail_id: str = ""
) -> list[Row]:
    """One for each account, address, or domain as `@domain`."""
    return [
        {"key": keys.blocked(one), "kind": kind_of(one), "at": at, "actor": actor, "reason": reason, "mail_id": mail_id}
        for one in what
    ]


def kind_of(one: Account | str) -> str:
    if isinstance(one, Account):
        return one.kind
    return "domain" if one.startswith("@") else "address"


async def write_blocks(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """What is blocked already stays as it is: who did it first is on record."""
    await insert_new(connection, blocked, rows)


async def write_acted(
    connection: AsyncConnection, id: str, *, verified: Sequence[Row] = (), blocks: Sequence[Row] = (), by: HistoryRow
) -> None:
    """What a person's word about a held message means for the ledger, on the ledger's record too."""
    await write_seen(connection, verified)
    await write_blocks(connection, blocks)
    for operation, count in (("verify", len(verified)), ("block", len(blocks))):
        if count:
            reason = f"{count} of {id}: {by.reason}"
            await write_history(connection, [replace(by, mail_id=RECORD, operation=operation, reason=reason)])
