"""A chain with rows, and what somebody who can write to the database, but has no key, may do to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, text

from gateway.remember.chain.check import Checked
from gateway.remember.database.schema import chain_ends, metadata
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make

SECOND = timedelta(seconds=1)

Sql = Callable[..., Awaitable[None]]
Found = Callable[..., Awaitable[list[str]]]


@pytest.fixture(scope="session")
def rows() -> dict[Table, list[dict[str, Any]]]:
    """Return the rows of a filled store, by table; the first test that fills one puts them there."""
    return {}


@pytest.fixture
async def filled(store: Store, make: Make, now: datetime, rows: dict[Table, list[dict[str, Any]]]) -> Store:
    """Return a store with ten rows in each chain, each message with two recipients."""
    if rows:
        async with store.database.writing() as connection:
            await connection.execute(chain_ends.delete())
            for table, values in rows.items():
                await connection.execute(table.insert(), values)
        return store
    for number in range(1, 11):
        at = now + number * SECOND
        store.audit.append(make.audit(f"m{number}", f"a{number}@example.com", f"b{number}@example.com", at=at))
        await store.pauses.pause(f"k{number}", at + SECOND, at, "storm")
        await store.pauses.lift_on_record(f"k{number}", actor=f"alice{number}", reason=f"r{number}", at=at)
    await store.audit.flush()
    async with store.database.reading() as connection:
        for table in metadata.sorted_tables:
            if found := [dict(row._mapping) for row in await connection.execute(table.select())]:
                rows[table] = found
    return store


@pytest.fixture
def sql(store: Store) -> Sql:
    """Run statements on the store's database, past the gateway."""

    async def run(*statements: str, **values: Any) -> None:
        async with store.database.writing() as connection:
            for statement in statements:
                await connection.execute(text(statement), values)

    return run


@pytest.fixture
def found(store: Store) -> Found:
    """Return the faults of a chain as `kind number` or `kind number-other`."""

    async def check(chain: str = "audit", of: Store | None = None) -> list[str]:
        return told(next(one for one in await (of or store).trail.check() if one.chain == chain))

    return check


def told(checked: Checked) -> list[str]:
    assert not checked.more
    return [
        f"{one.kind}{'' if one.number is None else f' {one.number}'}{'' if one.other is None else f'-{one.other}'}"
        for one in checked.faults
    ]
