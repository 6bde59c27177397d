"""The supervisor's child processes, workers and keeper: their start, their end, and the order they are handed.

A process begins as a copy of the supervisor where that is possible, which is before the supervisor's event loop runs.
The copy need not load modules for a second, and shares the supervisor's memory. A process that is started again is a
program of its own (`__main__.py`). Both have the descriptors of their order and no others.
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

#: The program that is started in place of a process that died.
PROGRAM = "gateway.processes"


@dataclass(slots=True)
class Child:
    """One process, and its orders at each start."""

    name: str
    order: Order
    sockets: dict[str, socket.socket]
    process: asyncio.subprocess.Process | Forked | None = None
    channel: Channel | None = None
    restarts: int = 0
    started: float = field(default=0.0)
    _line: socket.socket | None = None  # channel to a copy, before its first use

    def copy(self, not_its: Sequence[socket.socket | IO[Any]]) -> None:
        """Begin as a copy of this process. `not_its` holds sockets and files that are open here for others."""
        ours, theirs = socket.socketpair()
        self.started = time.monotonic()
        self.process = fork(lambda: self._live(theirs, [ours, *not_its]))
        theirs.close()
        self._line = ours

    def _live(self, line: socket.socket, not_its: Sequence[socket.socket | IO[Any]]) -> None:
        """Run the life of the copy.

        Foreign descriptors are closed by their owning objects. Otherwise these would later close another file of the
        same number.
        """
        for one in not_its:
            one.close()
        sockets = {name: sock.detach() for name, sock in self.sockets.items()}
        order = replace(self.order, channel=line.detach(), sockets=sockets)
        keep_only(order.descriptors)
        process.live(order)

    async def begin(self) -> socket.socket:
        """Return the supervisor's end of the channel to the copy, or to a program that is started now.

        Raises OSError.
        """
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
        """Sockets that another copy must not have."""
        return [*self.sockets.values(), *([self._line] if self._line is not None else [])]

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None


def copy_all(children: Sequence[Child], lock: IO[str]) -> None:
    """Begin each child as a copy. Only for a process that `is_alone`."""
    for child in children:
        others = [other for other in children if other is not child]
        child.copy([lock, *(one for other in others for one in other.open_here)])
