"""The client of the control socket for programs with an event loop, such as the reviewers' screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from gateway.control.client import SOCKET_NAME, NotRunning, question, result

#: Most octets of an answer's line. A held message travels base64-coded in one line: 50 MiB and a third more.
LINE_BYTES = 256 * 1024 * 1024


async def ask(data_dir: Path, do: str, arguments: dict[str, Any]) -> Any:
    """Ask a running gateway and return its result. Raises NotRunning, PermissionError and Refused."""
    path = data_dir / SOCKET_NAME
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LINE_BYTES)
    except PermissionError:
        raise
    except OSError as error:
        raise NotRunning(f"no gateway answers at {path}") from error
    try:
        writer.write(question(do, arguments))
        line = await reader.readline()
    except ConnectionError:
        line = b""
    finally:
        writer.close()
    return result(line, path)
