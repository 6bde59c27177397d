"""The sealed ends of a chain."""

from __future__ import annotations

from gateway.remember.chain.ends import End, has_ends, is_foreign, read_ends, write_end
from gateway.remember.chain.hashes import NOTHING
from gateway.remember.database.schema import chain_ends

KEY, OTHER = bytes(32), bytes(31) + b"x"


async def test_an_end_comes_back_as_it_was_written(store, now):
    """Under its key alone."""
    end = End(7, b"h" * 32, now, "a note")
    async with store.database.writing() as connection:
        await write_end(connection, KEY, "audit", "head", end)
        there, elsewhere = [await read_ends(connection, key, "audit") for key in (KEY, OTHER)]
    assert there["head"] == End(7, b"h" * 32, now, "a note", sealed=True)
    assert elsewhere == {"start": End(), "head": End()}


async def test_a_new_store_has_sealed_ends(store):
    """So one without them is no new store."""
    async with store.database.reading() as connection:
        found = [await read_ends(connection, KEY, chain) for chain in ("audit", "history")]
    assert found == [{"start": End(sealed=True), "head": End(sealed=True)}] * 2
    assert End().hash == NOTHING


async def test_a_store_of_another_key_is_foreign(store):
    """One end with our seal is enough to know that the others were changed."""
    async with store.database.writing() as connection:
        assert [await is_foreign(connection, key) for key in (KEY, OTHER)] == [False, True]
        await write_end(connection, OTHER, "audit", "head", End())
        assert [await is_foreign(connection, key) for key in (KEY, OTHER)] == [False, False]
        assert await has_ends(connection)
        await connection.execute(chain_ends.delete())
        assert not await is_foreign(connection, OTHER)
        assert not await has_ends(connection)
