"""A next hop as a process of its own, that can be killed: what it has answered 250 for is in a file.

Run by itself it is that process: PORT FILE.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.servers.gateway import PROJECT
from tests.support.servers.ports import free_port, wait_port
from tests.support.servers.sink import ReceivedMessage, Sink


class NextHop:
    """`with NextHop(file) as next_hop`. `kill` is kill -9."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.next_hop", str(self.port), str(self._file)], cwd=PROJECT
        )
        wait_port(self.port)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def got(self) -> list[ReceivedMessage]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [
            ReceivedMessage(
                one["mail"].encode(), tuple(rcpt.encode() for rcpt in one["rcpts"]), one["content"].encode()
            )
            for one in map(json.loads, lines)
        ]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Recorder(list[ReceivedMessage]):
    """A file in place of the sink's list: each message is in it before the answer goes out."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(self, one: ReceivedMessage) -> None:
        fields = {
            "mail": one.mail.decode(),
            "rcpts": [rcpt.decode() for rcpt in one.rcpts],
            "content": one.content.decode(),
        }
        os.write(self._handle, json.dumps(fields).encode() + b"\n")


async def serve(port: int, file: Path) -> None:
    async with Sink(port=port, got=Recorder(file)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
