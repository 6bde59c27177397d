"""The gateway's side of the sandbox: cells started ahead, one message in each at a time, killed when it takes too long.

A cell that crashes, hangs or is stopped by a limit costs the message that it was opening, which is told so, and no
other: the next message gets a fresh one. Who gets a cell when many wait is settled in `turns`.
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

from gateway.message.spells import Spells
from gateway.understand.budget import Allowance
from gateway.understand.inspected_part import Garbled, Sighting
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Isolation
from gateway.understand.sandbox.reply_validation import Account
from gateway.understand.sandbox.shared_memory import Area
from gateway.understand.sandbox.turns import Turns

log = structlog.get_logger("sandbox")

#: A cell loads its libraries and locks itself in under a second; a busy machine may need much more.
START_SECONDS = 60.0
#: What a cell may take beyond the budget's own seconds, before it is killed: one step of a decompressor.
GRACE_SECONDS = 5.0
#: A cell whose socket is closed ends at once, unless it is in the middle of something: then it is killed.
LEAVE_SECONDS = 0.5
#: Messages that one cell opens: bounds what a leak in a library could add up to.
MESSAGES_OF_A_CELL = 2_000

CELL = (sys.executable, "-m", "gateway.understand.sandbox.worker")


class SandboxRefused(OSError):
    """No cell can be locked on this machine: the sentence says why and what to do."""


class _Died(SandboxRefused):
    """A cell that ended while it started: the next one may do better."""


class SandboxBusy(TimeoutError):
    """No cell was to be had in time: a retry may find one free."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a cell told of a message. `trouble` is a sentence when it did not come to the end, else ""."""

    sightings: Sequence[Sighting]
    trouble: str = ""
    waited_seconds: float = 0.0  # for the cell
    took_seconds: float = 0.0  # after that


@dataclass(slots=True)
class _Cell:
    """One process, its socket, and the memory that we share with it."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    area: Area
    messages: int = 0
    seen: list[Sighting] = field(default_factory=list)  # of the message that it is opening

    def close(self) -> None:
        self.writer.close()  # one that is idle ends by itself now
        self.area.close()


class Pool:
    """`size` cells. They are started by `start`, or else when they are first needed."""

    def __init__(self, size: int, isolation: Isolation, memory_bytes: int, command: Sequence[str] = CELL) -> None:
        self._command = command
        self._order = {"isolation": isolation, "memory_bytes": memory_bytes}
        self._turns = Turns(size)
        self._cells: list[_Cell | None] = [None] * size  # those that open nothing; the last used is used first

    async def start(self) -> None:
        """Start every cell. Raises SandboxRefused."""
        cells = await asyncio.gather(*(self._cell() for _ in self._cells), return_exceptions=True)
        self._cells = [cell if isinstance(cell, _Cell) else None for cell in cells]
        for failure in cells:
            if isinstance(failure, BaseException):
                raise failure

    async def open(self, raw: bytes, client: str, allowance: Allowance, wait_seconds: float) -> Opened:
        """Have a message opened. Raises SandboxRefused and other OSErrors where no cell can be had."""
        asked = asyncio.get_running_loop().time()
        async with self._place(client, wait_seconds) as cell:
            began = asyncio.get_running_loop().time()
            trouble = await _trouble(cell, raw, allowance)
            ended = asyncio.get_running_loop().time()
            return Opened(cell.seen, trouble, began - asked, ended - began)

    async def close(self) -> None:
        """End the cells that open nothing."""
        idle, self._cells = self._cells, [None] * len(self._cells)
        for cell in idle:
            if cell is not None:
                await _end(cell)

    @asynccontextmanager
    async def _place(self, client: str, wait_seconds: float) -> AsyncIterator[_Cell]:
        """A cell of one's own; it is given back, or its place if it is of no more use."""
        try:
            async with asyncio.timeout(wait_seconds):
                await self._turns.take(client)
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
            self._turns.give_back(client)

    async def _cell(self) -> _Cell:
        """A cell that is ready. Whatever killed one as it started, such as want of memory, may have passed."""
        try:
            return await self._started()
        except _Died as death:
            log.warning("sandbox.died", trouble=str(death))
        return await self._started()

    async def _started(self) -> _Cell:
        with open(os.memfd_create("complaints"), "r+b") as complaints:  # noqa: ASYNC230 memory; a locked cell writes nothing
            cell = await self._process(complaints.fileno())
            try:
                async with asyncio.timeout(START_SECONDS):
                    said, _ = await frames.receive(cell.reader, 0)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, Garbled) as error:
                how = await _end(cell)
                complaints.seek(0)
                why = _last_line(complaints.read())
                died = isinstance(error, asyncio.IncompleteReadError | ConnectionError)
                refusal = _Died if died else SandboxRefused
                raise refusal(f"a sandbox process did not come up ({how}): {why}") from error
            except BaseException:  # nobody waits for it any more
                cell.close()
                raise
        if "refused" in said:
            await _end(cell)
            raise SandboxRefused(f"{said['refused']}; `isolation: limits_only` goes on without that protection")
        return cell

    async def _process(self, complaints: int) -> _Cell:
        ours, theirs = socket.socketpair()
        try:
            area = Area()
            handed = (theirs.fileno(), area.fd)
            arguments = (*self._command, str(theirs.fileno()), json.dumps({**self._order, "area": area.fd}))
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=complaints, pass_fds=handed
                )
            return _Cell(process, *await asyncio.open_connection(sock=ours), area)
        except BaseException:
            ours.close()
            theirs.close()
            raise


def _alive(cell: _Cell | None) -> _Cell | None:
    """The cell, if it can open another message."""
    if cell is None or (cell.process.returncode is None and cell.messages < MESSAGES_OF_A_CELL):
        return cell
    cell.close()
    return None


def _last_line(complaints: bytes) -> str:
    return complaints.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"


async def _trouble(cell: _Cell, raw: bytes, allowance: Allowance) -> str:
    """Have the cell open a message; why it did not come to the end, else ""."""
    account = Account(cell.seen, allowance, len(raw))
    try:
        async with asyncio.timeout(allowance.seconds + GRACE_SECONDS):
            await _ask(cell, raw, allowance, account)
        return ""
    except TimeoutError:
        trouble = f"it took more than {allowance.seconds:g} seconds"
    except Garbled as error:
        trouble = str(error)
    except (asyncio.IncompleteReadError, ConnectionError):
        trouble = ""
    with suppress(Garbled):
        await _take_answers(cell, account)  # what it told until then counts
    how = await _end(cell)
    trouble = trouble or f"the sandbox ended with {how}"
    log.warning("sandbox.lost", trouble=trouble)
    return trouble


async def _ask(cell: _Cell, raw: bytes, allowance: Allowance, account: Account) -> None:
    """Send the message and take what is seen in it, until the end. Raises Garbled, IncompleteReadError, OSError."""
    _limit_cpu(cell.process.pid, allowance.seconds + GRACE_SECONDS)
    _send(cell, raw, allowance)
    await cell.writer.drain()
    said = await frames.receive(cell.reader, account.most_bytes)
    await _take_answers(cell, account)
    while "end" not in said[0]:  # there was no more room
        account.enter(*said)
        said = await frames.receive(cell.reader, account.most_bytes)
    cell.area.clear(len(raw))


def _send(cell: _Cell, raw: bytes, allowance: Allowance) -> None:
    if cell.area.put(raw):
        cell.writer.write(frames.frame({"allowance": asdict(allowance), "message_bytes": len(raw)}, 0))
    else:
        cell.writer.write(frames.frame({"allowance": asdict(allowance)}, len(raw)))
        cell.writer.write(raw)


async def _take_answers(cell: _Cell, account: Account) -> None:
    """What stands in the memory that it shares. Raises Garbled."""
    cell.area.turn()
    spells = Spells()
    while answer := frames.read(cell.area.receive, account.most_bytes):
        account.enter(*answer)
        await spells.pause()


def _limit_cpu(pid: int, seconds: float) -> None:
    """A loop that no deadline of ours reaches, since we died, ends by itself."""
    with suppress(OSError):  # it has ended already: asking it says so
        used = time.clock_gettime(_cpu_clock(pid))
        limit = int(used + seconds) + 1
        resource.prlimit(pid, resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _cpu_clock(pid: int) -> int:
    """The clock of what a process has used: clock_getcpuclockid(3), which Python doesn't offer."""
    return (~pid << 3) | 2


async def _end(cell: _Cell) -> str:
    """End its process, if it has not ended; how it did: "signal 11", "status 1"."""
    cell.close()
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            code = await cell.process.wait()
    except TimeoutError:
        cell.process.kill()
        code = await cell.process.wait()
    return f"signal {-code}" if code < 0 else f"status {code}"
