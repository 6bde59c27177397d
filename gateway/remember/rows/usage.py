"""The size of the quarantine, a running total that every entry's transaction keeps.

A sum over all entries would be exact too, but each new entry would pay for it while it has the write lock. The daily
purge counts anew.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import insert_one
from gateway.remember.database.postgresql import take_turn
from gateway.remember.database.schema import held, stock

QUARANTINE = "quarantine"
REFUSED = "refused"


async def lock_usage(connection: AsyncConnection) -> None:
    """Lock the total until the end of the transaction. Take this lock before any other."""
    await take_turn(connection, QUARANTINE)


async def read_usage(connection: AsyncConnection) -> tuple[int, int]:
    """Return the stored octets of all entries, and of the last entry refused for want of room (0 means none)."""
    amounts = {row.name: row.amount for row in await connection.execute(select(stock))}
    return amounts.get(QUARANTINE, 0), amounts.get(REFUSED, 0)


async def add_usage(connection: AsyncConnection, octets: int) -> None:
    await _change(connection, QUARANTINE, stock.c.amount + octets)


async def set_usage(connection: AsyncConnection, name: str, octets: int) -> None:
    await _change(connection, name, literal(octets))


async def _change(connection: AsyncConnection, name: str, amount: ColumnElement[int]) -> None:
    """Set the amount in one statement; the first time in a store's life in three."""
    change = update(stock).where(stock.c.name == name).values(amount=amount)
    if not (await connection.execute(change)).rowcount:
        await insert_one(connection, stock, name=name, amount=0)
        await connection.execute(change)


async def recount_usage(connection: AsyncConnection) -> int:
    await lock_usage(connection)
    octets = int((await connection.execute(select(func.coalesce(func.sum(held.c.stored_bytes), 0)))).scalar_one())
    await set_usage(connection, QUARANTINE, octets)
    return octets
