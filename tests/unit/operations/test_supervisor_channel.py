"""The channel between two processes: questions and answers both ways, and what happens when one side goes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.operations.supervisor_channel import LINE_BYTES, Channel, ChannelClosed, Handler


@asynccontextmanager
async def pair(ours: dict[str, Handler], theirs: dict[str, Handler]) -> AsyncIterator[tuple[Channel, Channel]]:
    """Two channels that serve each other."""
    one, two = Channel(ours), Channel(theirs)
    left, right = socket.socketpair()
    await one.open(left)
    await two.open(right)
    async with asyncio.TaskGroup() as tasks:
        serving = [tasks.create_task(one.serve()), tasks.create_task(two.serve())]
        try:
            yield one, two
        finally:
            for task in serving:
                task.cancel()


async def echo(**given: Any) -> dict[str, Any]:
    return given


async def test_questions_go_both_ways() -> None:
    """At the same time; each gets its own answer."""
    async with pair({"echo": echo}, {"echo": echo}) as (one, two):
        asked = [one.ask("echo", n=1), two.ask("echo", n=2), one.ask("echo", n=3)]
        assert await asyncio.gather(*asked) == [{"n": 1}, {"n": 2}, {"n": 3}]


async def test_what_is_asked_before_anybody_serves_is_answered() -> None:
    """The keeper listens to people as soon as it works: a question for the supervisor may come in its first moment."""
    one, two = Channel({}), Channel({"echo": echo})
    left, right = socket.socketpair()
    await one.open(left)
    asked = asyncio.ensure_future(one.ask("echo", n=1))
    await asyncio.sleep(0)
    await two.open(right)
    async with asyncio.TaskGroup() as tasks:
        serving = [tasks.create_task(one.serve()), tasks.create_task(two.serve())]
        assert await asked == {"n": 1}
        for task in serving:
            task.cancel()


async def test_what_is_told_needs_no_answer() -> None:
    """The answer comes, and nobody waits for it; a side that has gone can't be told."""
    told = asyncio.Event()

    async def hear(**given: Any) -> None:
        assert given == {"n": 1}
        told.set()

    async with pair({}, {"hear": hear, "echo": echo}) as (one, _):
        one.tell("hear", n=1)
        await told.wait()
        assert await one.ask("echo", n=2) == {"n": 2}
    with pytest.raises(ChannelClosed):
        one.tell("hear", n=1)


async def test_a_slow_answer_delays_no_other() -> None:
    """Answers come as they are ready."""
    ready = asyncio.Event()

    async def slow() -> str:
        await ready.wait()
        return "slow"

    async with pair({}, {"slow": slow, "echo": echo}) as (one, _):
        waiting = asyncio.ensure_future(one.ask("slow"))
        assert await one.ask("echo") == {}
        ready.set()
        assert await waiting == "slow"


async def test_an_error_over_there_is_one_here() -> None:
    """Named; the channel goes on. An unknown question too."""

    async def breaks() -> None:
        raise ZeroDivisionError("over there")

    async with pair({}, {"breaks": breaks, "echo": echo}) as (one, _):
        with capture_logs():
            with pytest.raises(ChannelClosed, match="ZeroDivisionError: over there"):
                await one.ask("breaks")
            with pytest.raises(ChannelClosed, match="KeyError"):
                await one.ask("unheard")
        assert await one.ask("echo") == {}


async def test_no_answer_in_time_is_the_end_of_the_wait() -> None:
    """A process that hangs holds nobody."""

    async def never() -> None:
        await asyncio.Event().wait()

    async with pair({}, {"never": never, "echo": echo}) as (one, _):
        with pytest.raises(ChannelClosed, match="no answer to never"):
            await one.ask("never", seconds=0.01)
        assert await one.ask("echo") == {}


async def test_when_the_other_side_goes_who_waits_is_told() -> None:
    """And serving ends."""
    one = Channel({})
    left, right = socket.socketpair()
    await one.open(left)
    serving = asyncio.ensure_future(one.serve())
    waiting = asyncio.ensure_future(one.ask("anything"))
    await asyncio.sleep(0)
    right.close()
    with pytest.raises(ChannelClosed):
        await waiting
    await serving
    with pytest.raises(ChannelClosed, match="has gone"):
        await one.ask("anything")


async def test_an_answer_to_one_who_has_gone_ends_nothing() -> None:
    """The supervisor was killed while a worker answered it: the worker still drains in order."""
    answering, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        answering.set()
        await go_on.wait()
        return "late"

    one = Channel({"slow": slow})
    left, right = socket.socketpair()
    await one.open(left)
    serving = asyncio.ensure_future(one.serve())
    right.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(right, b'{"do": "slow", "number": 1, "with": {}}\n')
    await answering.wait()
    right.close()
    while not one._writer.transport.is_closing():  # type: ignore[union-attr]
        go_on.set()
        await asyncio.sleep(0)
        if one._writer is None:
            break
    await serving


async def test_a_long_answer_is_whole() -> None:
    """Below the limit of a line."""
    text = "x" * (LINE_BYTES - 100)

    async def long() -> str:
        return text

    async with pair({}, {"long": long}) as (one, _):
        assert await one.ask("long") == text
