"""Turns at the language model: short questions first, and none for whoever gave up."""

from __future__ import annotations

import asyncio

import pytest

from gateway.language_model.turns import Turns


async def served(turns: Turns, *sizes: int) -> list[int]:
    """Return the sizes in the order of their turns, where all wait while one has the turn."""
    order: list[int] = []

    async def ask(size: int) -> None:
        await turns.take(size)
        order.append(size)
        turns.give_back()

    await turns.take(0)
    asked = [asyncio.create_task(ask(size)) for size in sizes]
    await asyncio.sleep(0)
    turns.give_back()
    await asyncio.gather(*asked)
    return order


async def test_short_questions_come_first() -> None:
    """Those of one size in the order in which they came."""
    assert await served(Turns(), 8, 2, 1, 8, 1, 3) == [1, 1, 2, 3, 8, 8]


async def test_whoever_gives_up_has_no_turn() -> None:
    turns = Turns()
    await turns.take(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await turns.take(1)
    assert turns.waiting == []
    turns.give_back()
    async with asyncio.timeout(1):
        await turns.take(1)


async def test_a_turn_that_comes_while_its_owner_is_cancelled_goes_to_the_next() -> None:
    turns = Turns()
    await turns.take(1)
    first, second = asyncio.create_task(turns.take(1)), asyncio.create_task(turns.take(1))
    await asyncio.sleep(0)
    turns.give_back()
    first.cancel()
    async with asyncio.timeout(1):
        await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_turn_passes_by_whoever_has_just_given_up() -> None:
    turns = Turns()
    await turns.take(1)
    first, second = asyncio.create_task(turns.take(1)), asyncio.create_task(turns.take(1))
    await asyncio.sleep(0)
    first.cancel()
    turns.give_back()
    async with asyncio.timeout(1):
        await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_the_sizes_that_wait() -> None:
    turns = Turns()
    await turns.take(7)
    assert turns.waiting == []
    asked = [asyncio.create_task(turns.take(size)) for size in (8, 2)]
    await asyncio.sleep(0)
    assert sorted(turns.waiting) == [2, 8]
    for _ in asked:
        turns.give_back()
    await asyncio.gather(*asked)
    assert turns.waiting == []
