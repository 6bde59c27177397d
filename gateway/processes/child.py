"""The supervisor's processes, workers and keeper: how each begins and ends, and what it is handed.

A process begins as a copy of the supervisor where that is possible, which is before the supervisor's event loop runs:
it need not load for a second what is loaded already, and shares its memory. One that is started again is a program of
its own (`started.py`). Both have the descriptors of their order and no others.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from gateway.operations.supervisor_channel import Channel
from gateway.processes import process
from gateway.processes.fork import Forked, fork, keep_only
from gateway.processes.process import Order, order_json

#: What is started in the place of a process that died.
PROGRAM = "gateway.processes"


@dataclass(slots=True)
class Child:
    """One process and what it is told at each start."""

    name: str
    order: Order
    sockets: dict[str, socket.socket]
    process: asyncio.subprocess.Process | Forked | None = None
    channel: Channel | None = None
    restarts: int = 0
    started: float = field(default=0.0)
    _line: socket.socket | None = None  # to a copy; nobody has spoken to it yet

    def copy(self, not_its: Sequence[socket.socket | IO[Any]]) -> None:
        """Begin as a copy of this process. `not_its` is what is open here for others."""
        ours, theirs = socket.socketpair()
        self.started = time.monotonic()
        self.process = fork(lambda: self._live(theirs, [ours, *not_its]))
        theirs.close()
        self._line = ours

    def _live(self, line: socket.socket, not_its: Sequence[socket.socket | IO[Any]]) -> None:
        """The copy's life. What is not its own is closed by its owner, or that would close another's number later."""
        for one in not_its:
            one.close()
        sockets = {name: sock.detach() for name, sock in self.sockets.items()}
        order = replace(self.order, channel=line.detach(), sockets=sockets)
        keep_only(order.descriptors)
        process.live(order)

    async def begin(self) -> socket.socket:
        """The supervisor's end of the line to it: to the copy, or to one that is started now. Raises OSError."""
        line, self._line = self._line, None
        return line if line is not None else await self._start()

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            sockets = {name: sock.fileno() for name, sock in self.sockets.items()}
            order = replace(self.order, channel=theirs.fileno(), sockets=sockets)
            self.started = time.monotonic()
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", PROGRAM, order_json(order)), pass_fds=order.descriptors
            )
        return ours

    @property
    def open_here(self) -> list[socket.socket]:
        """What another copy must not have."""
        return [*self.sockets.values(), *([self._line] if self._line is not None else [])]

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None


def copy_all(children: Sequence[Child], lock: IO[str]) -> None:
    """Each of them begins. Only for a process that `is_alone`."""
    for child in children:
        others = [other for other in children if other is not child]
        child.copy([lock, *(one for other in others for one in other.open_here)])
