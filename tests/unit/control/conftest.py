"""A gateway's socket that gives the same answer to every question."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.control.client import SOCKET_NAME

Answering = Callable[[bytes], Path]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Return a function that starts a socket with this answer, and returns its folder; the question lies in it too."""
    with ExitStack() as ends:

        def start(answer: bytes) -> Path:
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))  # its path is short enough for a socket
            listener = ends.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(folder / SOCKET_NAME))
            listener.listen()
            thread = threading.Thread(target=_answer, args=(listener, folder, answer))
            thread.start()
            ends.callback(thread.join)
            return folder

        yield start


def _answer(listener: socket.socket, folder: Path, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        (folder / "question").write_bytes(lines.readline())
        connection.sendall(answer)
