"""The ends of a chain: the start, which the purge moves, and the head, which each new row moves. Both are sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Row, TypeCoerce, bindparam, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from gateway.remember.chain.hashes import NOTHING, seal
from gateway.remember.database.schema import EPOCH, MICROSECOND, chain_ends

Chain = Literal["audit", "history"]
CHAINS: tuple[Chain, ...] = ("audit", "history")
Side = Literal["start", "head"]


@dataclass(frozen=True, slots=True)
class End:
    """One end of a chain. `sealed`: it is as the gateway left it; if it isn't, the other fields say nothing."""

    number: int = 0  # of the row purged last, or of the newest row; 0 = none yet
    hash: bytes = NOTHING
    at: datetime = EPOCH  # the time of the purge, or of the newest row
    note: str = ""
    sealed: bool = False


def raw(column: Column[Any]) -> TypeCoerce[Any]:
    """Return the column with the values that stand in the database, whatever somebody made of them."""
    return type_coerce(column, NullType())


_OF_CHAIN = select(*(raw(column).label(column.name) for column in chain_ends.c)).where(
    chain_ends.c.chain == bindparam("of_chain")
)
_MOVE = (
    update(chain_ends)
    .where(chain_ends.c.chain == bindparam("of_chain"), chain_ends.c.end == bindparam("of_end"))
    .values({name: bindparam(name) for name in ("number", "hash", "at", "note", "seal")})
)


async def read_ends(connection: AsyncConnection, key: bytes, chain: Chain) -> dict[Side, End]:
    """Return both ends; one that is missing, or that nobody with the key wrote, is not sealed."""
    found: dict[Side, End] = {"start": End(), "head": End()}
    for row in await connection.execute(_OF_CHAIN, {"of_chain": chain}):
        if row.end in found and row.seal == _seal_of(key, row):
            found[row.end] = End(row.number, row.hash, EPOCH + row.at * MICROSECOND, row.note, sealed=True)
    return found


async def has_ends(connection: AsyncConnection) -> bool:
    """Return whether the store has ends, which only the key that sealed them can open it with."""
    return (await connection.execute(select(chain_ends.c.number).limit(1))).first() is not None


async def is_foreign(connection: AsyncConnection, key: bytes) -> bool:
    """Return whether no end is sealed with this key though there are ends: the store was written with another one.

    Where some ends are sealed with it, somebody has changed the others, which is for the check of the chain to say.
    """
    rows = (await connection.execute(select(*(raw(column).label(column.name) for column in chain_ends.c)))).all()
    return bool(rows) and all(row.seal != _seal_of(key, row) for row in rows)


def _seal_of(key: bytes, row: Row[Any]) -> bytes | None:
    """Return the seal that the row should have; None for a row of values that nobody wrote with our columns."""
    if [type(value) for value in (row.number, row.hash, row.at, row.note)] != [int, bytes, int, str]:
        return None
    return seal(key, row.chain, row.end, row.number, row.hash, row.at, row.note)


async def write_end(connection: AsyncConnection, key: bytes, chain: Chain, side: Side, end: End) -> None:
    values = {
        "number": end.number,
        "hash": end.hash,
        "at": end.at,
        "note": end.note,
        "seal": seal(key, chain, side, end.number, end.hash, (end.at - EPOCH) // MICROSECOND, end.note),
    }
    moved = await connection.execute(_MOVE, values | {"of_chain": chain, "of_end": side})
    if not moved.rowcount:  # somebody has removed it
        await connection.execute(chain_ends.insert(), values | {"chain": chain, "end": side})
