"""The order of queries: the limits, the shares as the field fills, and cancelled queries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.services.fair_queue import QUERIES, QUERIES_OF_A_MESSAGE, FairQueue, Share


class Field:
    """Queries that last until they are told to end."""

    def __init__(self, in_all: int = QUERIES, of_a_share: int = QUERIES_OF_A_MESSAGE) -> None:
        self.turns = FairQueue(in_all, of_a_share)
        self.order: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, share: Share, *names: str) -> None:
        for name in names:
            self.ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.ensure_future(self._query(share, name))
        await self.settle()

    async def _query(self, share: Share, name: str) -> None:
        async with self.turns.turn(share):
            self.order.append(name)
            await self.ends[name].wait()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


@asynccontextmanager
async def field(in_all: int = QUERIES, of_a_share: int = QUERIES_OF_A_MESSAGE) -> AsyncIterator[Field]:
    """At its end every turn has been given back."""
    one = Field(in_all, of_a_share)
    yield one
    for name in one.tasks:
        one.ends[name].set()
    await asyncio.gather(*one.tasks.values(), return_exceptions=True)
    assert one.turns._free == in_all
    assert not one.turns._queue


def named(letter: str, number: int) -> list[str]:
    return [f"{letter}{n}" for n in range(number)]


@pytest.mark.parametrize(("asked", "go"), [(7, 7), (8, 8), (9, 8)])
async def test_a_message_has_eight_at_most(asked: int, go: int) -> None:
    """Though nobody else asks; the ninth goes when one of them has ended."""
    async with field() as one:
        await one.ask(Share(), *named("a", asked))
        assert len(one.order) == go
        await one.end("a0")
        assert len(one.order) == asked


@pytest.mark.parametrize(("messages", "go"), [(63, 63), (64, 64), (65, 64)])
async def test_a_process_has_sixty_four_at_most(messages: int, go: int) -> None:
    """The messages ask one question each."""
    async with field() as one:
        for number in range(messages):
            await one.ask(Share(), f"m{number}")
        assert len(one.order) == go


async def test_the_fuller_it_is_the_less_a_message_may_have() -> None:
    """So that the next one still finds something free: twenty that want as much as they can get don't fill it."""
    async with field() as one:
        shares = [Share() for _ in range(20)]
        for number, share in enumerate(shares):
            await one.ask(share, *named(f"m{number}-", 38))
        assert [share.under_way for share in shares] == sorted((s.under_way for s in shares), reverse=True)
        assert min(share.under_way for share in shares) == 1
        assert len(one.order) < QUERIES
        await one.ask(Share(), "newcomer")
        assert one.order[-1] == "newcomer"


async def test_who_has_the_fewest_under_way_is_next() -> None:
    """However long the others have waited; among equals whoever waited longest."""
    async with field(2, 2) as one:
        greedy, second, third = Share(), Share(), Share()
        await one.ask(greedy, "a0", "a1", "a2", "a3")
        await one.ask(second, "b0", "b1")
        await one.ask(third, "c0")
        assert one.order == ["a0", "a1"]
        for name in ("a0", "b0", "c0", "b1", "a1"):
            await one.end(name)
        assert one.order == ["a0", "a1", "b0", "c0", "b1", "a2", "a3"]


async def test_one_that_is_called_off_while_it_waits_is_passed_over() -> None:
    """And its place goes to the next."""
    async with field(1, 1) as one:
        await one.ask(Share(), "a")
        await one.ask(Share(), "b")
        await one.ask(Share(), "c")
        one.tasks["b"].cancel()
        await one.end("a")
        assert one.order == ["a", "c"]


async def test_one_that_is_called_off_in_the_moment_of_its_turn_gives_it_back() -> None:
    """Else it would be lost for good."""
    async with field(1, 1) as one:
        late = Share()
        await one.ask(Share(), "a")
        await one.ask(late, "b")
        await one.ask(Share(), "c")
        one.ends["a"].set()
        await asyncio.sleep(0)
        assert late.under_way == 1
        one.tasks["b"].cancel()
        await one.settle()
        assert one.order == ["a", "c"]


async def test_one_that_fails_gives_its_turn_back() -> None:
    """Whatever was raised."""
    turns = FairQueue(1, 1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn(Share()):
                raise ZeroDivisionError
    assert turns._free == 1
