"""A scanner that is away, slow, blind or too small, with a real clamd: nothing unscanned passes as clean."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.traffic import BOB, log_of
from tests.support.servers.clamd import EICAR, Clamd
from tests.support.servers.gateway import Gateway, send, with_virus
from tests.support.servers.ports import free_port

PLAIN = b"Subject: plain\r\n\r\nhello\r\n"
INFECTED = b"Subject: eicar\r\n\r\n" + EICAR + b"\r\n"
CANNOT_CHECK = "451 4.7.1 The message can't be checked now; try again later ("


async def say(gateway: Gateway, content: bytes = PLAIN) -> str:
    return await send(gateway.inbound, "a@far.example", [BOB], content)


async def codes(gateway: Gateway) -> list[list[str]]:
    return [row["codes"] for row in await asyncio.to_thread(gateway.ask, "quarantine.list")]


async def until_taken(gateway: Gateway) -> bool:
    """Send a message again until it is accepted, as a client would."""
    async with asyncio.timeout(60):
        while not (reply := await say(gateway)).startswith("250"):
            assert reply.startswith(CANNOT_CHECK)
            await asyncio.sleep(0.1)
    return True


async def test_away(tmp_path: Path) -> None:
    """The client keeps its mail, nothing is kept here; after `defer_limit` it is held for a person to look at."""
    filters = with_virus(f"127.0.0.1:{free_port()}")
    async with Gateway(tmp_path, filters=filters, workers=1, more="defer_limit: 1s") as gateway:
        assert (await say(gateway)).startswith(CANNOT_CHECK)
        assert await codes(gateway) == []
        assert await until_taken(gateway)
        assert await codes(gateway) == [["gateway.deferred"]]


async def test_slow(tmp_path: Path) -> None:
    """A scan that takes longer than `timeout_seconds` is none."""
    with Clamd() as clamd:
        filters = f"filters:\n  - virus: {{clamd: '{clamd.address}', timeout_seconds: 1}}\n"
        async with Gateway(tmp_path, filters=filters, workers=1) as gateway:
            clamd.pause()
            assert (await say(gateway)).startswith(CANNOT_CHECK)
            clamd.go_on()
            assert await until_taken(gateway)
            assert await codes(gateway) == []


async def test_too_large(tmp_path: Path) -> None:
    """A message that is too large for the scanner is held at once: no retry would help."""
    with Clamd() as clamd:
        filters = f"filters:\n  - virus: {{clamd: '{clamd.address}', max_stream_bytes: 2048}}\n"
        async with Gateway(tmp_path, filters=filters, workers=1) as gateway:
            assert (await say(gateway)).startswith("250")
            assert (await say(gateway, PLAIN + b"x" * 4096 + b"\r\n")).startswith("250")
            assert await codes(gateway) == [["virus.too_large"]]


async def test_blind(tmp_path: Path) -> None:
    """Mail goes on and viruses are found without AlertExceedsMax, while log and `status` warn."""
    clamd = Clamd(AlertExceedsMax="no")
    with clamd, Gateway(tmp_path, filters=with_virus(clamd.address), workers=1) as gateway:
        async with asyncio.timeout(60):
            while "virus.blind" not in log_of(gateway):
                await asyncio.sleep(0.1)
        assert (await say(gateway)).startswith("250")
        assert (await say(gateway, INFECTED)).startswith("250")
        assert await codes(gateway) == [["virus.found"]]
        said = await asyncio.to_thread(gateway.cli, "status")
        assert said.returncode == 1
        assert "AlertExceedsMax" in said.stdout
        assert log_of(gateway).count("virus.blind") == 1  # though the keeper finds it, and every worker
