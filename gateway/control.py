"""The control socket: the command line's way into a running gateway. One JSON question and answer a connection.

The actor is known by SO_PEERCRED, never by an option or a variable. Root and the gateway's own user may do everything;
others what `reviewers:` gives them.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from gateway.operations import Actor, Operations, Refused, needed

SOCKET_NAME = "control.sock"
#: A held message travels base64-coded in one line: 50 MiB and a third more.
LINE_BYTES = 256 * 1024 * 1024
#: A question comes at once or not at all: who only holds the line would use up the keeper's file descriptors.
QUESTION_SECONDS = 10.0

EVERY_ROLE = frozenset({"reviewer", "approver", "administrator"})

log = structlog.get_logger("control")


class Control:
    """The server's side."""

    def __init__(self) -> None:
        self._operations: Operations | None = None
        self._reviewers: Mapping[str, Sequence[str]] = {}

    def configure(self, operations: Operations, reviewers: Mapping[str, Sequence[str]]) -> None:
        self._operations = operations
        self._reviewers = reviewers

    async def listen(self, sock: socket.socket) -> asyncio.Server:
        return await asyncio.start_unix_server(self._answer, sock=sock, limit=1024 * 1024)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                line = await reader.readline()
            writer.write(json.dumps(await self._answered(_peer(writer), line)).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, TimeoutError, ValueError) as error:  # it went away, or sent a line without an end
            log.warning("control.unreadable", error=str(error))
        finally:
            writer.close()

    async def _answered(self, uid: int, line: bytes) -> dict[str, Any]:
        try:
            question = json.loads(line)
            name, arguments = question["do"], question["with"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("control.unreadable", error=str(error))
            return {"refused": 'this is no question: one line of JSON is, {"do": NAME, "with": {…}}', "codes": []}
        return await self._do(uid, name, arguments)

    async def _do(self, uid: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert self._operations is not None
        actor = self._actor(uid)
        try:
            if not actor.may(name):
                raise Refused(f"{actor.name} may not do this: it needs the role {' or '.join(needed(name))}")
            return {"result": await self._operations.do(name, actor, arguments)}
        except Refused as refusal:
            return {"refused": str(refusal), "codes": list(refusal.codes)}
        except Exception as error:
            # The person at the other end is told; the gateway goes on.
            log.exception("control.error", do=name, actor=actor.name)
            return {"refused": f"{type(error).__name__}: {error}", "codes": []}

    def _actor(self, uid: int) -> Actor:
        name = user_name(uid)
        if uid in (0, os.geteuid()):
            return Actor(name, EVERY_ROLE, 0)
        return Actor(name, frozenset(self._reviewers.get(name, ())), uid)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _peer(writer: asyncio.StreamWriter) -> int:
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int(struct.unpack("3i", credentials)[1])


def open_socket(data_dir: Path) -> socket.socket:
    """The listening socket, mode 0660. A stale one from a gateway that was killed is replaced."""
    path = data_dir / SOCKET_NAME
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o117)
    try:
        sock.bind(str(path))
    finally:
        os.umask(previous)
    sock.listen(64)
    return sock


class NotRunning(ConnectionError):
    """No gateway answers at the control socket."""


async def ask(data_dir: Path, do: str, arguments: dict[str, Any]) -> Any:
    """The client's side: the result. Raises NotRunning, PermissionError and Refused."""
    path = data_dir / SOCKET_NAME
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LINE_BYTES)
    except PermissionError:
        raise
    except OSError as error:
        raise NotRunning(f"no gateway answers at {path}") from error
    try:
        writer.write(json.dumps({"do": do, "with": arguments}).encode() + b"\n")
        line = await reader.readline()
    except ConnectionError:
        line = b""
    finally:
        writer.close()
    if not line:
        raise NotRunning(f"the gateway at {path} gave no answer")
    answer = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"], answer["codes"])
    return answer["result"]
