"""The gateway's side of the sandbox: cells started ahead, one message in each at a time, killed after a time limit.

A cell that crashes, hangs or is stopped by a limit costs only the message that it was opening, which gets a defect that
says so: the next message gets a fresh cell. `worker_slots` settles the order of the messages that wait for a cell.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field

import structlog

from gateway.message.time_slices import TimeSlices
from gateway.understand.budget import Allowance
from gateway.understand.inspected_part import InspectedPart, InvalidReply
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Isolation
from gateway.understand.sandbox.reply_validation import ReplyValidator
from gateway.understand.sandbox.shared_memory import SharedMemory
from gateway.understand.sandbox.worker_slots import WorkerSlots

log = structlog.get_logger("sandbox")

#: Time for a cell to load its libraries and lock itself. It takes under a second; a busy machine may need much more.
START_SECONDS = 60.0
#: Time that a cell may take beyond the budget's own seconds, before it is killed: one step of a decompressor.
GRACE_SECONDS = 5.0
#: Time for a cell to end after its socket was closed. It ends at once, unless it is busy: then it is killed.
LEAVE_SECONDS = 0.5
#: Messages that one cell opens: the limit bounds the total of a leak in a library.
MESSAGES_OF_A_CELL = 2_000

CELL = (sys.executable, "-m", "gateway.understand.sandbox.worker")


class SandboxRefused(OSError):
    """No cell can be locked on this machine: the sentence gives the reason and the remedy."""


class _Died(SandboxRefused):
    """A cell that ended while it started: another attempt may succeed."""


class SandboxBusy(TimeoutError):
    """No cell was free in time: a retry may find one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The answers of a cell about a message.

    `trouble` is a sentence when the cell did not come to the message's end, else "".
    """

    inspected: Sequence[InspectedPart]
    trouble: str = ""
    waited_seconds: float = 0.0  # for the cell
    took_seconds: float = 0.0  # opening, after the wait


@dataclass(slots=True)
class _Worker:
    """One process, its socket, and the memory that the gateway shares with it."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    area: SharedMemory
    messages: int = 0
    seen: list[InspectedPart] = field(default_factory=list)  # parts of the message that it is opening

    def close(self) -> None:
        self.writer.close()  # an idle cell ends by itself now
        self.area.close()


class Pool:
    """A pool of `size` cells. `start` starts them; otherwise each is started when it is first needed."""

    def __init__(self, size: int, isolation: Isolation, memory_bytes: int, command: Sequence[str] = CELL) -> None:
        self._command = command
        self._order = {"isolation": isolation, "memory_bytes": memory_bytes}
        self._slots = WorkerSlots(size)
        self._cells: list[_Worker | None] = [None] * size  # idle cells; the last used is used first

    async def start(self) -> None:
        """Start every cell. Raises SandboxRefused."""
        cells = await asyncio.gather(*(self._cell() for _ in self._cells), return_exceptions=True)
        self._cells = [cell if isinstance(cell, _Worker) else None for cell in cells]
        for failure in cells:
            if isinstance(failure, BaseException):
                raise failure

    async def open(self, raw: bytes, client: str, allowance: Allowance, wait_seconds: float) -> Opened:
        """Have a message opened by a cell. Raises SandboxRefused and other OSErrors where no cell can be had."""
        asked = asyncio.get_running_loop().time()
        async with self._place(client, wait_seconds) as cell:
            began = asyncio.get_running_loop().time()
            trouble = await _trouble(cell, raw, allowance)
            ended = asyncio.get_running_loop().time()
            return Opened(cell.seen, trouble, began - asked, ended - began)

    async def close(self) -> None:
        """End the idle cells."""
        idle, self._cells = self._cells, [None] * len(self._cells)
        for cell in idle:
            if cell is not None:
                await _end(cell)

    @asynccontextmanager
    async def _place(self, client: str, wait_seconds: float) -> AsyncIterator[_Worker]:
        """Take a cell for one message; afterwards give it back, or only its place where the cell is no longer usable.

        Raises SandboxBusy, SandboxRefused and other OSErrors.
        """
        try:
            async with asyncio.timeout(wait_seconds):
                await self._slots.take(client)
        except TimeoutError as error:
            raise SandboxBusy(f"no sandbox process was free within {wait_seconds:g} seconds") from error
        cell = _alive(self._cells.pop())
        try:
            cell = cell or await self._cell()
            cell.seen = []
            yield cell
            cell.messages += 1
        except BaseException:
            if cell is not None:
                await asyncio.shield(_end(cell))
            cell = None
            raise
        finally:
            self._cells.append(_alive(cell))
            self._slots.give_back(client)

    async def _cell(self) -> _Worker:
        """Return a cell that is ready; start one a second time where the first died.

        The cause of the first death, such as a lack of memory, may have passed.
        """
        try:
            return await self._started()
        except _Died as death:
            log.warning("sandbox.died", trouble=str(death))
        return await self._started()

    async def _started(self) -> _Worker:
        with open(os.memfd_create("complaints"), "r+b") as complaints:  # noqa: ASYNC230 memory; a locked cell writes nothing
            cell = await self._process(complaints.fileno())
            try:
                async with asyncio.timeout(START_SECONDS):
                    said, _ = await frames.receive(cell.reader, 0)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, InvalidReply) as error:
                how = await _end(cell)
                complaints.seek(0)
                why = _last_line(complaints.read())
                died = isinstance(error, asyncio.IncompleteReadError | ConnectionError)
                refusal = _Died if died else SandboxRefused
                raise refusal(f"a sandbox process did not come up ({how}): {why}") from error
            except BaseException:  # cancelled: no caller waits for the cell
                cell.close()
                raise
        if "refused" in said:
            await _end(cell)
            raise SandboxRefused(f"{said['refused']}; `isolation: limits_only` goes on without that protection")
        return cell

    async def _process(self, complaints: int) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            area = SharedMemory()
            handed = (theirs.fileno(), area.fd)
            arguments = (*self._command, str(theirs.fileno()), json.dumps({**self._order, "area": area.fd}))
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=complaints, pass_fds=handed
                )
            return _Worker(process, *await asyncio.open_connection(sock=ours), area)
        except BaseException:
            ours.close()
            theirs.close()
            raise


def _alive(cell: _Worker | None) -> _Worker | None:
    """Return the cell, if it can open another message; else close it."""
    if cell is None or (cell.process.returncode is None and cell.messages < MESSAGES_OF_A_CELL):
        return cell
    cell.close()
    return None


def _last_line(complaints: bytes) -> str:
    return complaints.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"


async def _trouble(cell: _Worker, raw: bytes, allowance: Allowance) -> str:
    """Have the cell open a message; return why it did not come to the end, else ""."""
    account = ReplyValidator(cell.seen, allowance, len(raw))
    try:
        async with asyncio.timeout(allowance.seconds + GRACE_SECONDS):
            await _ask(cell, raw, allowance, account)
        return ""
    except TimeoutError:
        trouble = f"it took more than {allowance.seconds:g} seconds"
    except InvalidReply as error:
        trouble = str(error)
    except (asyncio.IncompleteReadError, ConnectionError):
        trouble = ""
    with suppress(InvalidReply):
        await _take_answers(cell, account)  # answers until then count
    how = await _end(cell)
    trouble = trouble or f"the sandbox ended with {how}"
    log.warning("sandbox.lost", trouble=trouble)
    return trouble


async def _ask(cell: _Worker, raw: bytes, allowance: Allowance, account: ReplyValidator) -> None:
    """Send the message and take the answers until the end. Raises InvalidReply, IncompleteReadError, OSError."""
    _limit_cpu(cell.process.pid, allowance.seconds + GRACE_SECONDS)
    _send(cell, raw, allowance)
    await cell.writer.drain()
    said = await frames.receive(cell.reader, account.most_bytes)
    await _take_answers(cell, account)
    while "end" not in said[0]:  # the shared memory had no more room
        account.enter(*said)
        said = await frames.receive(cell.reader, account.most_bytes)
    cell.area.clear(len(raw))


def _send(cell: _Worker, raw: bytes, allowance: Allowance) -> None:
    if cell.area.put(raw):
        cell.writer.write(frames.frame({"allowance": asdict(allowance), "message_bytes": len(raw)}, 0))
    else:
        cell.writer.write(frames.frame({"allowance": asdict(allowance)}, len(raw)))
        cell.writer.write(raw)


async def _take_answers(cell: _Worker, account: ReplyValidator) -> None:
    """Take the answers in the memory that is shared with the cell. Raises InvalidReply."""
    cell.area.turn()
    slices = TimeSlices()
    while answer := frames.read(cell.area.receive, account.most_bytes):
        account.enter(*answer)
        await slices.pause()


def _limit_cpu(pid: int, seconds: float) -> None:
    """Limit the processor time of a cell.

    The limit ends a loop that no deadline reaches because the gateway has died.
    """
    with suppress(OSError):  # the cell has ended already, and the request to it will say so
        used = time.clock_gettime(_cpu_clock(pid))
        limit = int(used + seconds) + 1
        resource.prlimit(pid, resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _cpu_clock(pid: int) -> int:
    """Return the clock of the processor time of a process: clock_getcpuclockid(3), which Python doesn't offer."""
    return (~pid << 3) | 2


async def _end(cell: _Worker) -> str:
    """End the cell's process, if it has not ended; return how it ended: "signal 11", "status 1"."""
    cell.close()
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            code = await cell.process.wait()
    except TimeoutError:
        cell.process.kill()
        code = await cell.process.wait()
    return f"signal {-code}" if code < 0 else f"status {code}"
