"""The gateway's side of the sandbox: processes started ahead, one message in each at a time, killed after a time limit.

A sandbox process that crashes, hangs or is stopped by a limit costs only the message that it was opening, which gets a
defect that says so: the next message gets a fresh process. `worker_slots` settles the order of the messages that wait.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field

import structlog

from gateway.measures.measures import MEASURES
from gateway.message.time_slices import TimeSlices
from gateway.understand.budget import Allowance
from gateway.understand.inspected_part import InspectedPart, InvalidReply
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Isolation
from gateway.understand.sandbox.processor_time import limit_processor_time
from gateway.understand.sandbox.reply_validation import ReplyValidator
from gateway.understand.sandbox.shared_memory import SharedMemory
from gateway.understand.sandbox.worker_slots import WorkerSlots

log = structlog.get_logger("sandbox")

#: Time for a sandbox process to load its libraries and lock itself. It takes under a second; a busy machine may need
#: much more.
START_SECONDS = 60.0
#: Time that a sandbox process may take beyond the budget's own seconds, before it is killed: one step of a
#: decompressor.
GRACE_SECONDS = 5.0
#: Time for a sandbox process to end after its socket was closed. It ends at once, unless it is busy: then it is killed.
LEAVE_SECONDS = 0.5
#: Messages that one sandbox process opens: the limit bounds the total of a leak in a library.
MESSAGES_OF_A_PROCESS = 2_000

CELL = (sys.executable, "-m", "gateway.understand.sandbox.worker")


class SandboxRefused(OSError):
    """No sandbox process can be locked on this machine: the sentence gives the reason and the remedy."""


class _Died(SandboxRefused):
    """A sandbox process that ended while it started: another attempt may succeed."""


class SandboxBusy(TimeoutError):
    """No sandbox process was free in time: a retry may find one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The answers of a sandbox process about a message.

    `trouble` is a sentence when the sandbox process did not come to the message's end, else "".
    """

    inspected: Sequence[InspectedPart]
    trouble: str = ""
    waited_seconds: float = 0.0  # for the sandbox process
    took_seconds: float = 0.0  # opening, after the wait


@dataclass(slots=True)
class _SandboxProcess:
    """One process, its socket, and the memory that the gateway shares with it."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    area: SharedMemory
    messages: int = 0
    seen: list[InspectedPart] = field(default_factory=list)  # parts of the message that it is opening

    def close(self) -> None:
        self.writer.close()  # an idle sandbox process ends by itself now
        self.area.close()


class Pool:
    """A pool of `size` sandbox processes. `start` starts them; otherwise each is started when it is first needed."""

    def __init__(self, size: int, isolation: Isolation, memory_bytes: int, command: Sequence[str] = CELL) -> None:
        self._command = command
        self._order = {"isolation": isolation, "memory_bytes": memory_bytes}
        self._size = size
        self._slots = WorkerSlots(size)
        self._idle_processes: list[_SandboxProcess | None] = [
            None
        ] * size  # idle sandbox processes; the last used is used first

    async def start(self) -> None:
        """Start every sandbox process. Raises SandboxRefused."""
        started = await asyncio.gather(*(self._ready_process() for _ in self._idle_processes), return_exceptions=True)
        self._idle_processes = [sandboxed if isinstance(sandboxed, _SandboxProcess) else None for sandboxed in started]
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure

    async def open(self, raw: bytes, client: str, allowance: Allowance, wait_seconds: float) -> Opened:
        """Have a message opened by a sandbox process. Raises SandboxRefused and other OSErrors where there is none."""
        asked = asyncio.get_running_loop().time()
        async with self._place(client, wait_seconds) as sandboxed:
            began = asyncio.get_running_loop().time()
            trouble = await _trouble(sandboxed, raw, allowance)
            ended = asyncio.get_running_loop().time()
            MEASURES.observe("sandbox_wait_seconds", seconds=began - asked)
            MEASURES.observe("sandbox_seconds", seconds=ended - began)
            if trouble:
                MEASURES.count("sandbox_troubles")
            return Opened(sandboxed.seen, trouble, began - asked, ended - began)

    @property
    def running(self) -> int:
        """The number of sandbox processes that are running."""
        idle = sum(1 for one in self._idle_processes if one is not None and one.process.returncode is None)
        return idle + self._size - len(self._idle_processes)

    async def close(self) -> None:
        """End the idle sandbox processes."""
        idle, self._idle_processes = self._idle_processes, [None] * len(self._idle_processes)
        for sandboxed in idle:
            if sandboxed is not None:
                await _end(sandboxed)

    @asynccontextmanager
    async def _place(self, client: str, wait_seconds: float) -> AsyncIterator[_SandboxProcess]:
        """Take a sandbox process for one message; afterwards give it back, or only its place.

        Raises SandboxBusy, SandboxRefused and other OSErrors.
        """
        try:
            async with asyncio.timeout(wait_seconds):
                await self._slots.take(client)
        except TimeoutError as error:
            MEASURES.count("sandbox_busy")
            raise SandboxBusy(f"no sandbox process was free within {wait_seconds:g} seconds") from error
        sandboxed = _alive(self._idle_processes.pop())
        try:
            sandboxed = sandboxed or await self._ready_process()
            sandboxed.seen = []
            yield sandboxed
            sandboxed.messages += 1
        except BaseException:
            if sandboxed is not None:
                await asyncio.shield(_end(sandboxed))
            sandboxed = None
            raise
        finally:
            self._idle_processes.append(_alive(sandboxed))
            self._slots.give_back(client)

    async def _ready_process(self) -> _SandboxProcess:
        """Return a sandbox process that is ready; start one a second time where the first died.

        The cause of the first death, such as a lack of memory, may have passed.
        """
        try:
            return await self._started()
        except _Died as death:
            log.warning("sandbox.died", trouble=str(death))
        return await self._started()

    async def _started(self) -> _SandboxProcess:
        with open(os.memfd_create("complaints"), "r+b") as complaints:  # noqa: ASYNC230 memory; a locked sandbox process writes nothing
            sandboxed = await self._process(complaints.fileno())
            try:
                async with asyncio.timeout(START_SECONDS):
                    said, _ = await frames.receive(sandboxed.reader, 0)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, InvalidReply) as error:
                how = await _end(sandboxed)
                complaints.seek(0)
                why = _last_line(complaints.read())
                died = isinstance(error, asyncio.IncompleteReadError | ConnectionError)
                refusal = _Died if died else SandboxRefused
                raise refusal(f"a sandbox process did not come up ({how}): {why}") from error
            except BaseException:  # cancelled: no caller waits for the sandbox process
                sandboxed.close()
                raise
        if "refused" in said:
            await _end(sandboxed)
            raise SandboxRefused(f"{said['refused']}; `isolation: limits_only` goes on without that protection")
        return sandboxed

    async def _process(self, complaints: int) -> _SandboxProcess:
        ours, theirs = socket.socketpair()
        try:
            area = SharedMemory()
            handed = (theirs.fileno(), area.fd)
            arguments = (*self._command, str(theirs.fileno()), json.dumps({**self._order, "area": area.fd}))
            with theirs:
                process = await create_subprocess_exec(
                    *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=complaints, pass_fds=handed
                )
            return _SandboxProcess(process, *await asyncio.open_connection(sock=ours), area)
        except BaseException:
            ours.close()
            theirs.close()
            raise


def _alive(sandboxed: _SandboxProcess | None) -> _SandboxProcess | None:
    """Return the sandbox process, if it can open another message; else close it."""
    if sandboxed is None or (sandboxed.process.returncode is None and sandboxed.messages < MESSAGES_OF_A_PROCESS):
        return sandboxed
    sandboxed.close()
    return None


def _last_line(complaints: bytes) -> str:
    return complaints.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"


async def _trouble(sandboxed: _SandboxProcess, raw: bytes, allowance: Allowance) -> str:
    """Have the sandbox process open a message; return why it did not come to the end, else ""."""
    account = ReplyValidator(sandboxed.seen, allowance, len(raw))
    try:
        async with asyncio.timeout(allowance.seconds + GRACE_SECONDS):
            await _ask(sandboxed, raw, allowance, account)
        return ""
    except TimeoutError:
        trouble = f"it took more than {allowance.seconds:g} seconds"
    except InvalidReply as error:
        trouble = str(error)
    except (asyncio.IncompleteReadError, ConnectionError):
        trouble = ""
    with suppress(InvalidReply):
        await _take_answers(sandboxed, account)  # answers until then count
    how = await _end(sandboxed)
    trouble = trouble or f"the sandbox ended with {how}"
    log.warning("sandbox.lost", trouble=trouble)
    return trouble


async def _ask(sandboxed: _SandboxProcess, raw: bytes, allowance: Allowance, account: ReplyValidator) -> None:
    """Send the message and take the answers until the end. Raises InvalidReply, IncompleteReadError, OSError."""
    limit_processor_time(sandboxed.process.pid, allowance.seconds + GRACE_SECONDS)
    _send(sandboxed, raw, allowance)
    await sandboxed.writer.drain()
    said = await frames.receive(sandboxed.reader, account.most_bytes)
    await _take_answers(sandboxed, account)
    while "end" not in said[0]:  # the shared memory had no more room
        account.enter(*said)
        said = await frames.receive(sandboxed.reader, account.most_bytes)
    sandboxed.area.clear(len(raw))


def _send(sandboxed: _SandboxProcess, raw: bytes, allowance: Allowance) -> None:
    if sandboxed.area.put(raw):
        sandboxed.writer.write(frames.frame({"allowance": asdict(allowance), "message_bytes": len(raw)}, 0))
    else:
        sandboxed.writer.write(frames.frame({"allowance": asdict(allowance)}, len(raw)))
        sandboxed.writer.write(raw)


async def _take_answers(sandboxed: _SandboxProcess, account: ReplyValidator) -> None:
    """Take the answers in the memory that is shared with the sandbox process. Raises InvalidReply."""
    sandboxed.area.turn()
    slices = TimeSlices()
    while answer := frames.read(sandboxed.area.receive, account.most_bytes):
        account.enter(*answer)
        await slices.pause()


async def _end(sandboxed: _SandboxProcess) -> str:
    """End the process, if it has not ended; return how it ended: "signal 11", "status 1"."""
    sandboxed.close()
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            code = await sandboxed.process.wait()
    except TimeoutError:
        sandboxed.process.kill()
        code = await sandboxed.process.wait()
    return f"signal {-code}" if code < 0 else f"status {code}"
