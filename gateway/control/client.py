"""The client's side of the control socket: one JSON question and answer a connection. It waits for the answer.

`async_client` does the same in an event loop, whose import costs more than a whole question.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from gateway.control.refusal import Refused

SOCKET_NAME = "control.sock"


class NotRunning(ConnectionError):
    """No gateway answers at the control socket."""


def ask(data_dir: Path, do: str, arguments: dict[str, Any]) -> Any:
    """Ask a running gateway and return its result. Raises NotRunning, PermissionError and Refused."""
    path = data_dir / SOCKET_NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(str(path))
        except PermissionError:
            raise
        except OSError as error:
            raise NotRunning(f"no gateway answers at {path}") from error
        try:
            sock.sendall(question(do, arguments))
            with sock.makefile("rb") as answer:
                line = answer.readline()
        except ConnectionError:
            line = b""
    return result(line, path)


def question(do: str, arguments: dict[str, Any]) -> bytes:
    """Return the line of a question."""
    return json.dumps({"do": do, "with": arguments}).encode() + b"\n"


def result(line: bytes, path: Path) -> Any:
    """Return the result in the line of an answer from the socket at a path. Raises NotRunning and Refused."""
    if not line.endswith(b"\n"):
        raise NotRunning(f"the gateway at {path} gave no answer")
    answer = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"], answer["codes"])
    return answer["result"]
