"""A message that ends the worker which examines it is held at its third arrival.

The worker comes back each time. The other messages that were in that worker's hands get through.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.judge.codes import POISON
from tests.support.servers.deadly_gateway import CODE, MARKER
from tests.support.servers.gateway import Gateway, send

BOB = "bob@example.co.uk"
DEADLY = b"Subject: Deadly\r\nMessage-ID: <deadly@far.example>\r\n\r\n" + MARKER + b"\r\n"


async def reply(gateway: Gateway, content: bytes, sender: str = "ann@far.example") -> str:
    """The reply to one message; "" where the connection was lost."""
    try:
        return await asyncio.wait_for(send(gateway.inbound, sender, [BOB], content), 60)
    except ConnectionError:
        return ""


async def until_accepted(gateway: Gateway, number: int) -> int:
    """Send a message as often as a mail server would; return the number of attempts until it was accepted."""
    content = f"Subject: innocent {number}\r\n\r\nHello\r\n".encode()
    for attempt in range(1, 40):
        if (await reply(gateway, content, f"m{number}@far.example")).startswith("250"):
            return attempt
        await asyncio.sleep(0.2)
    raise TimeoutError


async def test_it_is_held_at_its_third_arrival(tmp_path: Path) -> None:
    """And stays so at the fourth, which gets 250 and nothing more."""
    gateway = Gateway(tmp_path, workers=2, code=CODE)
    async with gateway:
        replies = []
        for _ in range(4):
            replies.append(await reply(gateway, DEADLY))
            await asyncio.to_thread(gateway.wait)
        assert [one[:3] for one in replies] == ["", "", "250", "250"]
        (held,) = gateway.held()
        assert (held["codes"], held["subject"]) == ([POISON], "Deadly")
        status = gateway.ask("status")["running"]["processes"]
        assert sum(one["restarts"] for one in status) == 2
        keeper = gateway.pids("keeper")
        refused = gateway.cli("quarantine", "release", held["id"], "--reason", "ordered goods")
        assert refused.returncode == 1
        assert "it ended with signal 9" in " ".join(refused.stderr.split())
        assert gateway.pids("keeper") == keeper


async def test_what_is_beside_it_gets_through(tmp_path: Path) -> None:
    """Innocent messages are in the worker's hands each time that it dies, and are never held."""
    gateway = Gateway(tmp_path, workers=1, code=CODE)
    async with gateway:
        async with asyncio.TaskGroup() as tasks:
            innocent = [tasks.create_task(until_accepted(gateway, number)) for number in range(40)]
            deadly = tasks.create_task(_until_held(gateway))
        assert deadly.result() == 3
        assert all(task.result() for task in innocent)
        assert [held["codes"] for held in gateway.held()] == [[POISON]]


async def _until_held(gateway: Gateway) -> int:
    for attempt in range(1, 20):
        if (await reply(gateway, DEADLY)).startswith("250"):
            return attempt
        await asyncio.to_thread(gateway.wait)
    raise TimeoutError
