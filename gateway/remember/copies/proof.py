"""The proof of a copy: the schema, the rows of each table, and both chains of the records, walked to their heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.check import check_chain
from gateway.remember.chain.ends import CHAINS
from gateway.remember.database.database import revision_of
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import HEAD, metadata


@dataclass(frozen=True, slots=True)
class Proof:
    """Facts of a store that its copy must have too. A chain is its head's number and hash, and its faults."""

    schema: str
    rows: dict[str, int]
    chains: dict[str, Any]

    @property
    def faults(self) -> int:
        """The faults of both chains: rows that were changed in the store before it was copied."""
        return sum(chain["faults"] for chain in self.chains.values())

    def differences(self, other: Proof) -> list[str]:
        """Return a sentence for each fact that the other has otherwise."""
        told = [] if self.schema == other.schema else [f"the schema is {other.schema}, and was {self.schema}"]
        for name in sorted({*self.rows, *other.rows}):
            was, now = self.rows.get(name, 0), other.rows.get(name, 0)
            if was != now:
                told.append(f"{name} has {now} rows, and had {was}")
        return told + [
            f"the chain {name} isn't as it was: `mailwarden audit verify` tells what was changed"
            for name, chain in self.chains.items()
            if chain != other.chains.get(name)
        ]


async def prove(connection: AsyncConnection) -> Proof:
    """Count the rows of every table and check both chains in this view.

    Raises StoreUnavailable, also where the schema is a later one: it may have tables that this program doesn't know.
    """
    revision = await connection.run_sync(revision_of) or ""
    if revision != HEAD:
        raise StoreUnavailable(f"the store's schema is {revision}, this program's is {HEAD}: use the newer program")
    rows = {
        table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in metadata.sorted_tables
    }
    checked = [await check_chain(connection, chain) for chain in CHAINS]
    return Proof(
        schema=revision,
        rows=rows,
        chains={x.chain: {"number": x.number, "hash": x.hash, "faults": len(x.faults) + x.more} for x in checked},
    )
