"""Notices are written in a transaction of somebody else's, for a person whatever the letter case of the address."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.remember.database.schema import pending_notices
from gateway.remember.rows.notices import NoticeKind, write_notices
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make


async def test_they_wait_until_they_are_sent(store: Store, make: Make) -> None:
    """Those of one person and filter are one group; of none nothing is written."""
    async with store.database.writing() as connection:
        await write_notices(connection, [], NOW)
        await write_notices(connection, [make.notice("m1", "Bob@Example.com"), make.notice("m2")], NOW)
    ((person, _, found),) = await store.notices.due(NOW)
    assert (person, [one.quarantine_id for one in found]) == ("bob@example.com", ["m1", "m2"])


@pytest.mark.parametrize("kind", NoticeKind)
async def test_kinds_are_told_apart_by_their_names(store: Store, make: Make, kind: NoticeKind) -> None:
    """In rows as in notices. A filter may be named like a kind."""
    names = ["language", str(kind), kind.named("language"), f"x{kind} language"]
    async with store.database.writing() as connection:
        await write_notices(connection, [make.notice("m1", filter=name) for name in names], NOW)
        rows = await connection.execute(select(pending_notices.c.filter).where(kind.in_rows))
        others = await connection.execute(select(pending_notices.c.filter).where(~kind.in_rows))
        assert (rows.scalars().all(), len(others.all())) == ([kind.named("language")], 3)
    assert [name for name in names if kind.includes(name)] == [kind.named("language")]
