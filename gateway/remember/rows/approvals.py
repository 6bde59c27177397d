"""The first of two people who release a copy: rows written, read and dropped in a quarantine transaction.

Another module decides who may sign. This one makes sure that the second person is someone else, and comes in time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.errors import NotHeld
from gateway.remember.database.schema import signatures
from gateway.remember.records import Signature, Verification


@dataclass(frozen=True, slots=True)
class SecondApproval:
    """The second of two people; `since`: an older first signature no longer counts."""

    uid: int
    since: datetime


async def write_signatures(connection: AsyncConnection, id: str, signed: Sequence[Signature], since: datetime) -> None:
    """Write the signatures and drop older ones from before `since`. Raises NotHeld where a copy is signed already."""
    addresses = [one.address for one in signed]
    await drop_signatures(connection, id, addresses, before=since)
    for other in (await read_signatures(connection, [id])).get(id, {}).values():
        if other.address in addresses:
            raise NotHeld(f"{other.actor} has released {id} for {other.address} already: it waits for an approver")
    await connection.execute(insert(signatures), [_values(id, one) for one in signed])


async def check_signatures(
    connection: AsyncConnection, id: str, addresses: Collection[str], second: SecondApproval
) -> None:
    """Raise NotHeld unless someone else has signed each of these copies, in time."""
    signed = (await read_signatures(connection, [id])).get(id, {})
    for address in addresses:
        first = signed.get(address)
        if first is None or first.at < second.since:
            raise NotHeld(f"nobody has released {id} for {address} yet, or too long ago")
        if first.uid == second.uid:
            raise NotHeld(f"{first.actor} has released {id} for {address}: someone else has to approve")


async def drop_signatures(
    connection: AsyncConnection, id: str, addresses: Collection[str], before: datetime | None = None
) -> int:
    """Drop the signatures for these copies, or only older ones; return their number."""
    which = [signatures.c.held_id == id, signatures.c.address.in_(addresses)]
    if before is not None:
        which.append(signatures.c.at < before)
    return (await connection.execute(delete(signatures).where(*which))).rowcount


async def signed_before(connection: AsyncConnection, since: datetime) -> Sequence[str]:
    """Return the ids of the entries with a signature from before `since`."""
    query = select(signatures.c.held_id).where(signatures.c.at < since).distinct()
    return (await connection.execute(query.order_by(signatures.c.held_id))).scalars().all()


async def read_signatures(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Mapping[str, Signature]]:
    """Return entry -> address -> signature."""
    found: dict[str, dict[str, Signature]] = {}
    for row in await connection.execute(select(signatures).where(signatures.c.held_id.in_(ids))):
        found.setdefault(row.held_id, {})[row.address] = _signature(row)
    return found


async def count_signed(connection: AsyncConnection, since: datetime) -> int:
    """Count the entries that somebody has released and that wait for the second person."""
    query = select(func.count(signatures.c.held_id.distinct())).where(signatures.c.at >= since)
    return int((await connection.execute(query)).scalar_one())


def _values(id: str, one: Signature) -> dict[str, Any]:
    verification = asdict(one.verification) if one.verification else {}
    return asdict(one) | {"held_id": id, "verification": verification}


def _signature(row: Row[Any]) -> Signature:
    said = row.verification
    verification = Verification(**said | {"accounts": tuple(said.get("accounts", ()))}) if said else None
    return Signature(row.address, row.at, row.uid, row.actor, row.reason, bool(row.infected), verification)
