"""One process of the language model, as the gateway has it: its start, its questions and its end."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from gateway.understand.inspected_part import InvalidReply
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Isolation
from gateway.understand.sandbox.processor_time import limit_processor_time

#: Memory of the process. It takes some 150 MiB; the limit bounds what a text can make of it.
MEMORY_BYTES = 768 * 1024 * 1024
#: Time for the process to end after its socket was closed; then it is killed.
LEAVE_SECONDS = 0.5
#: Large pages of memory for the process, where the kernel has them on demand: the weights are read from end to end for
#: each window, and the processor looks up fewer addresses.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

PROGRAM = (sys.executable, "-m", "gateway.language_model.process")


class Away(OSError):
    """The process can't be started, or gave no answer: the sentence says why."""


@dataclass(slots=True)
class ModelProcess:
    """A process, and our end of the socket to it. `start` makes one."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    weights: Path
    complaints: FileIO  # what it says on standard error while it starts; a locked process writes nothing
    began: float = field(default_factory=time.monotonic)
    said: dict[str, Any] = field(default_factory=dict)  # its first frame, once it is ready

    @property
    def is_ready(self) -> bool:
        return bool(self.said)

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None

    async def become_ready(self) -> None:
        """Wait until the process has loaded its libraries and locked itself. Raises Away.

        A caller that is cancelled may wait again: the first frame is small, and comes in one piece.
        """
        try:
            said, _ = await frames.receive(self.reader, 0)
        except (asyncio.IncompleteReadError, ConnectionError, InvalidReply) as error:
            self.complaints.seek(0)
            last = self.complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise Away(f"its process did not come up ({await self.end()}): {last or 'it said nothing'}") from error
        if "failed" in said:
            await self.end()
            raise Away(f"its process can't read {self.weights}: {said['failed']}")
        self.complaints.close()
        self.said = said

    async def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer. Raises Away; the process has ended then."""
        limit_processor_time(self.process.pid, seconds)
        try:
            async with asyncio.timeout(seconds):
                self.writer.write(frames.frame(question, 0))
                await self.writer.drain()
                answer, _ = await frames.receive(self.reader, 0)
        except TimeoutError as error:
            await self.kill()
            raise Away(f"its process gave no answer within {seconds:g} seconds") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Away(f"its process ended with {await self.end()}") from error
        except InvalidReply as error:
            await self.kill()
            raise Away(f"its process gave an answer that makes no sense: {error}") from error
        except BaseException:  # cancelled: the answer would come to the next question
            await asyncio.shield(self.kill())
            raise
        if "failed" in answer:
            raise Away(f"its process ended with {await self.end()}: {answer['failed']}")
        return answer

    async def end(self) -> str:
        """End the process, if it has not ended; return how it ended: "signal 11", "status 1"."""
        self._close()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                code = await self.process.wait()
        except TimeoutError:
            return await self.kill()
        return _how(code)

    async def kill(self) -> str:
        self._close()
        if not self.has_ended:
            self.process.kill()
        return _how(await self.process.wait())

    def _close(self) -> None:
        self.writer.close()  # an idle process ends by itself now
        self.complaints.close()


async def start(weights: Path, isolation: Isolation, program: Sequence[str] = PROGRAM) -> ModelProcess:
    """Start a process with a file of weights, and don't wait for it. Raises Away."""
    if not weights.is_file():  # noqa: ASYNC240 a look at a local file, seldom
        raise Away(f"there is no file {weights}: install the package again, or set `models: off`")
    order = {"weights": str(weights), "isolation": isolation, "memory_bytes": MEMORY_BYTES}
    ours, theirs = socket.socketpair()
    complaints = FileIO(os.memfd_create("complaints"), "r+b")
    try:
        with theirs:
            process = await create_subprocess_exec(
                *(*program, str(theirs.fileno()), json.dumps(order)),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=complaints.fileno(),
                pass_fds=(theirs.fileno(),),
                env={**LARGE_PAGES, **os.environ},
            )
        return ModelProcess(process, *await asyncio.open_connection(sock=ours), weights, complaints)
    except OSError as error:
        ours.close()
        complaints.close()
        raise Away(f"its process can't be started: {error}") from error
    except BaseException:
        ours.close()
        complaints.close()
        raise


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"
