"""The rows of a chain as the database holds them."""

from __future__ import annotations

from gateway.remember.chain import links as module
from gateway.remember.chain.links import as_stored, batches, lone_recipients, without_place


async def test_rows_come_in_order_some_at_a_time(filled, monkeypatch):
    """From the one behind `after`, up to `up_to`."""
    monkeypatch.setattr(module, "BATCH_ROWS", 3)
    async with filled.database.reading() as connection, as_stored(connection):
        for after, up_to, expected in ((None, None, range(1, 11)), (0, 6, range(1, 7)), (6, None, range(7, 11))):
            found = [[row.number for row in rows] async for rows in batches(connection, "history", after, up_to)]
            assert [number for numbers in found for number in numbers] == list(expected)
            assert max(map(len, found)) == 3


async def test_a_message_comes_with_its_recipients(filled):
    """In their order."""
    async with filled.database.reading() as connection, as_stored(connection):
        [rows] = [rows async for rows in batches(connection, "audit", None)]
    assert [(row.id, [to[1] for to in row.recipients]) for row in rows[:2]] == [
        ("m1", ["a1@example.com", "b1@example.com"]),
        ("m2", ["a2@example.com", "b2@example.com"]),
    ]


async def test_rows_outside_of_the_chain(filled, sql):
    """Those without a number, with an old one, and recipients without a message."""
    await sql("UPDATE audit SET number = NULL WHERE number = 2", "UPDATE audit SET id = 'x' WHERE number = 7")
    async with filled.database.reading() as connection:
        assert {row.id for row in await without_place(connection, "audit", 1)} == {"m1", "m2"}
        assert await lone_recipients(connection) == ["m7", "m7"]
