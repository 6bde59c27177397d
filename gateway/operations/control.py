"""The control socket: the command line's way into a running gateway. One JSON question and answer a connection.

The actor is known by SO_PEERCRED, never by an option or a variable. Root and the gateway's own user may do everything;
`reviewers:` gives roles to others.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import socket
import struct
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from gateway.contract import Actor, Refused
from gateway.operations.dispatch import Operations, may, needed

SOCKET_NAME = "control.sock"
#: Most octets of an answer's line. A held message travels base64-coded in one line: 50 MiB and a third more.
LINE_BYTES = 256 * 1024 * 1024
#: Seconds that a question may take to arrive. A client that only holds its connection would use up the keeper's file
#: descriptors.
QUESTION_SECONDS = 10.0
#: Seconds that a client may take to read an answer. An answer of 50 MiB takes less than one to a client that reads.
ANSWER_SECONDS = 60.0
#: Connections of one user at a time; a further one is closed. A person asks one question, a script some; each takes a
#: file descriptor of the keeper. Root and the gateway's own user, who could end the keeper, have no limit.
CONNECTIONS_OF_A_USER = 32
#: Seconds in which the log has one line at most about unreadable questions; the next line says how many were left out.
COMPLAINT_SECONDS = 60.0

EVERY_ROLE = frozenset({"reviewer", "approver", "investigator", "administrator", "auditor"})

log = structlog.get_logger("control")


class Control:
    """The server's side of the control socket."""

    def __init__(self) -> None:
        self._operations: Operations | None = None
        self._reviewers: Mapping[str, Sequence[str]] = {}
        self._connections: Counter[int] = Counter()  # by user
        self._quiet_until = 0.0
        self._untold = 0

    def configure(self, operations: Operations, reviewers: Mapping[str, Sequence[str]]) -> None:
        self._operations = operations
        self._reviewers = reviewers

    async def listen(self, sock: socket.socket) -> asyncio.Server:
        return await asyncio.start_unix_server(self._answer, sock=sock, limit=1024 * 1024)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _peer(writer)
        self._connections[uid] += 1
        try:
            if self._connections[uid] > CONNECTIONS_OF_A_USER and not _is_own(uid):
                raise ConnectionError(f"more than {CONNECTIONS_OF_A_USER} connections at once")
            async with asyncio.timeout(QUESTION_SECONDS):
                line = await reader.readline()
            answer = await self._answered(uid, line)
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except TimeoutError:
            self._complain(uid, "it sends no whole question, or doesn't read the answer")
        except (ConnectionError, ValueError) as error:  # the client went away, or sent a line without an end
            self._complain(uid, str(error) or type(error).__name__)
        finally:
            writer.transport.abort()  # else an answer that the client doesn't read would keep the connection open
            self._connections -= Counter({uid: 1})

    async def _answered(self, uid: int, line: bytes) -> dict[str, Any]:
        try:
            name, arguments = _question(line)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._complain(uid, str(error) or type(error).__name__)
            return {"refused": 'this is no question: send one line of JSON, {"do": NAME, "with": {…}}', "codes": []}
        return await self._do(uid, name, arguments)

    def _complain(self, uid: int, sentence: str) -> None:
        """Log an unreadable question. Others within COMPLAINT_SECONDS are counted; the next line has their number."""
        now = time.monotonic()
        if now < self._quiet_until:
            self._untold += 1
            return
        log.warning("control.unreadable", user=user_name(uid), error=sentence, untold=self._untold)
        self._quiet_until, self._untold = now + COMPLAINT_SECONDS, 0

    async def _do(self, uid: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert self._operations is not None
        actor = self._actor(uid)
        try:
            if not may(actor, name):
                raise Refused(f"{actor.name} may not do this: it needs the role {' or '.join(needed(name))}")
            return {"result": await self._operations.do(name, actor, arguments)}
        except Refused as refusal:
            return {"refused": str(refusal), "codes": list(refusal.codes)}
        except Exception as error:
            # The person at the other end gets the error's text; the gateway goes on.
            log.exception("control.error", do=name, actor=actor.name)
            return {"refused": f"{type(error).__name__}: {error}", "codes": []}

    def _actor(self, uid: int) -> Actor:
        name = user_name(uid)
        if _is_own(uid):
            return Actor(name, EVERY_ROLE, 0)
        return Actor(name, frozenset(self._reviewers.get(name, ())), uid)


def _question(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the operation's name and its arguments.

    Raises ValueError, KeyError, TypeError or RecursionError where the line is no question.
    """
    question = json.loads(line)
    name, arguments = question["do"], question["with"]
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise TypeError("the name is a text, and the arguments have names")
    return name, arguments


def _is_own(uid: int) -> bool:
    """Return whether the user is root or the gateway's own user."""
    return uid in (0, os.geteuid())


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _peer(writer: asyncio.StreamWriter) -> int:
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int(struct.unpack("3i", credentials)[1])


def open_socket(data_dir: Path) -> socket.socket:
    """Open the listening socket, mode 0660. A stale socket from a gateway that was killed is replaced."""
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


async def is_running(data_dir: Path) -> bool:
    """Return whether a gateway listens at its control socket."""
    try:
        _, writer = await asyncio.open_unix_connection(str(data_dir / SOCKET_NAME))
    except PermissionError:
        return True
    except OSError:
        return False
    writer.close()
    return True


async def ask(data_dir: Path, do: str, arguments: dict[str, Any]) -> Any:
    """Ask a running gateway and return its result; the client's side of the control socket.

    Raises NotRunning, PermissionError and Refused.
    """
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
