"""Rows of the ledger and of the blocks, made and written as part of a transaction that the caller began."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import STEADY_DATES, STEADY_DAYS, Account, Action, HistoryRow
from gateway.control.vocabulary import PAYMENTS
from gateway.remember.database.database import insert_new, upsert
from gateway.remember.database.schema import MICROSECOND, blocked, ledger
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.rows.history import write_history

_DAY = timedelta(days=1) // MICROSECOND

Row = Mapping[str, Any]


def seen_rows(
    keys: LedgerKeys, counterparty: str, accounts: Collection[Account], at: datetime, *, verified: bool
) -> list[Row]:
    """Return one row for each account, in the keys' order as for correspondents.

    A verified account need not have been seen in mail.
    """
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
    """Enter new accounts, and count known ones as seen once more.

    A date counts once, and a verified account stays verified.
    """
    if rows:
        await connection.execute(upsert(connection, ledger, _seen_again), rows)


def _seen_again(new: Any) -> Mapping[str, ColumnElement[Any]]:
    """Return the changes.

    A late date between the first and the last is not counted: one too few is the safe mistake.
    """
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
    """Return the condition of `LedgerRecord.steady`, for the database to count."""
    lasted = type_coerce(ledger.c.last_at, BigInteger) - type_coerce(ledger.c.first_at, BigInteger)
    return or_(ledger.c.verified, and_(ledger.c.dates >= STEADY_DATES, lasted >= STEADY_DAYS * _DAY))


def block_rows(
    keys: LedgerKeys, what: Iterable[Account | str], *, actor: str, reason: str, at: datetime, mail_id: str = ""
) -> list[Row]:
    """Return one row for each account, address, or domain as `@domain`."""
    return [
        {"key": keys.blocked(one), "kind": kind_of(one), "at": at, "actor": actor, "reason": reason, "mail_id": mail_id}
        for one in what
    ]


def kind_of(one: Account | str) -> str:
    if isinstance(one, Account):
        return one.kind
    return "domain" if one.startswith("@") else "address"


async def write_blocks(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """Block the rows. An existing block stays unchanged: its first author is on record."""
    await insert_new(connection, blocked, rows)


async def write_acted(
    connection: AsyncConnection, id: str, *, verified: Sequence[Row] = (), blocks: Sequence[Row] = (), by: HistoryRow
) -> None:
    """Write a person's decision on a held message to the ledger, and to the ledger's record."""
    await write_seen(connection, verified)
    await write_blocks(connection, blocks)
    acts: dict[Action, int] = {"verify": len(verified), "block": len(blocks)}
    for operation, count in acts.items():
        if count:
            reason = f"{count} of {id}: {by.reason}"
            await write_history(connection, [replace(by, mail_id=PAYMENTS, operation=operation, reason=reason)])
