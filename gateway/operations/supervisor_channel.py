"""A channel between two processes of the gateway: questions and answers, one JSON object a line, both ways.

The supervisor has a channel to each worker and to the keeper. The end of the channel tells each side that the other has
gone.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

import structlog

Handler = Callable[..., Awaitable[Any]]

#: Most octets of a line. A status of many filters has a few KiB.
LINE_BYTES = 1024 * 1024

log = structlog.get_logger("channel")


class ChannelClosed(ConnectionError):
    """The other process has gone, or did not answer."""


class Channel:
    """One side of a channel: once it is open, `ask` asks the other side, and `serve` answers its questions."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, sock: socket.socket) -> None:
        """Open the channel on a socket. Questions can be asked then; they are answered once `serve` runs."""
        self._reader, self._writer = await asyncio.open_connection(sock=sock, limit=LINE_BYTES)

    async def serve(self) -> None:
        """Answer the other side's questions until it closes the channel."""
        assert self._writer is not None
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._read(tasks)
        finally:
            self._writer.close()
            self._writer = None
            for waiting in self._waiting.values():
                waiting.cancel()

    async def _read(self, tasks: asyncio.TaskGroup) -> None:
        try:
            while line := await self._reader.readline():
                message = json.loads(line)
                if "do" in message:
                    tasks.create_task(self._answer(message))
                elif (waiting := self._waiting.pop(message["answer"], None)) and not waiting.done():
                    waiting.set_result(message)
        except ConnectionError as error:
            # The kernel resets the connection of a process that was killed before it had read everything.
            log.debug("channel.cut", error=str(error))

    async def _answer(self, message: dict[str, Any]) -> None:
        try:
            result = {"result": await self._handlers[message["do"]](**message["with"])}
        except Exception as error:
            log.exception("channel.error", do=message["do"])
            result = {"error": f"{type(error).__name__}: {error}"}
        try:
            self._send({"answer": message["number"], **result})
        except ChannelClosed:
            log.debug("channel.late", do=message["do"])  # the process that asked has gone meanwhile

    async def ask(self, do: str, seconds: float = 30.0, **arguments: Any) -> Any:
        """Ask the other side and return its result. Raises ChannelClosed, also where the other side raised an error."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"do": do, "number": number, "with": arguments})
        try:
            async with asyncio.timeout(seconds):
                message = await waiting
        except (TimeoutError, asyncio.CancelledError) as error:
            raise ChannelClosed(f"no answer to {do}") from error
        finally:
            self._waiting.pop(number, None)
        if "error" in message:
            raise ChannelClosed(message["error"])
        return message["result"]

    def tell(self, do: str, **arguments: Any) -> None:
        """Ask the other side, and leave its answer unread. Raises ChannelClosed."""
        self._send({"do": do, "number": next(self._numbers), "with": arguments})

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is None or self._writer.is_closing():
            raise ChannelClosed("the other process has gone")
        self._writer.write(json.dumps(message).encode() + b"\n")
