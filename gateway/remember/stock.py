"""How much the quarantine holds, as a running total that every entry's transaction keeps.

A sum over all entries would be exact too, but each new entry would pay for it while it has the write lock. The daily
purge counts anew.
"""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database import insert_one
from gateway.remember.schema import held, stock

QUARANTINE = "quarantine"
REFUSED = "refused"


async def read_stock(connection: AsyncConnection) -> tuple[int, int]:
    """Stored octets of all entries, and those of the last entry that was refused for want of room (0 = none)."""
    amounts = {row.name: row.amount for row in await connection.execute(select(stock))}
    return amounts.get(QUARANTINE, 0), amounts.get(REFUSED, 0)


async def add_stock(connection: AsyncConnection, octets: int) -> None:
    await insert_one(connection, stock, name=QUARANTINE, amount=0)
    await connection.execute(update(stock).where(stock.c.name == QUARANTINE).values(amount=stock.c.amount + octets))


async def set_stock(connection: AsyncConnection, name: str, octets: int) -> None:
    await insert_one(connection, stock, name=name, amount=0)
    await connection.execute(update(stock).where(stock.c.name == name).values(amount=octets))


async def count_anew(connection: AsyncConnection) -> int:
    octets = (await connection.execute(select(func.coalesce(func.sum(held.c.stored_bytes), 0)))).scalar_one()
    await set_stock(connection, QUARANTINE, octets)
    return int(octets)
