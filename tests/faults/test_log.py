"""A log that can't be written, as on a full disk: its lines are lost, no message is, and none is sent twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.faults.traffic import BOB, StoreFile, Traffic, arrived, copies, log_of, messages
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.sink import Sink

#: Every write to it fails with ENOSPC.
FULL = Path("/dev/full")


async def test_a_log_that_takes_nothing(tmp_path: Path) -> None:
    """Mail is relayed, held and answered for as ever, and `status` says that the log is lost."""
    async with Sink() as sink:
        gateway = Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}")
        gateway.log = FULL
        async with gateway:
            traffic = Traffic(gateway.inbound, messages(24), tries=1)
            await traffic.run()
            said = await asyncio.to_thread(gateway.cli, "status")
            assert traffic.replies == {"250 2.0.0": 24}
            held = {message for message in traffic.messages if message.is_held}
            assert arrived(sink.got) == dict.fromkeys(copies(set(traffic.messages) - held), 1)
            assert StoreFile(gateway).held() == dict.fromkeys(copies(held), 1)
        assert said.returncode == 1
        assert "log: lines are lost: [Errno 28] No space left on" in " ".join(said.stdout.split())


async def test_a_reload_takes_over_the_log(tmp_path: Path) -> None:
    """Its format, in a process that has written lines in the other one."""
    async with Gateway(tmp_path, workers=1) as gateway:
        await send(gateway.inbound, "first@far.example", [BOB], b"\r\n")
        gateway.more = "log: {format: json}"
        gateway.write()
        assert (await asyncio.to_thread(gateway.cli, "reload")).returncode == 0
        await send(gateway.inbound, "second@far.example", [BOB], b"\r\n")
        first, second = (line for line in log_of(gateway).splitlines() if "@far.example" in line)
    assert "<first@far.example> -> " in first
    assert json.loads(second)["from"] == "second@far.example"
