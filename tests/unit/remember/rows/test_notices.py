"""Notices are written in a transaction of somebody else's, for a person whatever the letter case of the address."""

from __future__ import annotations

from gateway.remember.rows.notices import write_notices
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make


async def test_they_wait_until_they_are_sent(store: Store, make: Make) -> None:
    """Those of one person and filter are one group; of none nothing is written."""
    async with store.database.writing() as connection:
        await write_notices(connection, [], NOW)
        await write_notices(connection, [make.notice("m1", "Bob@Example.com"), make.notice("m2")], NOW)
    ((person, _, found),) = await store.notices.due(NOW)
    assert (person, [one.quarantine_id for one in found]) == ("bob@example.com", ["m1", "m2"])
