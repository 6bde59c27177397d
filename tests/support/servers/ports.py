"""Free ports on loopback, and waiting: until one answers, until something is so."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import time
from collections.abc import Callable
from itertools import cycle
from typing import TypeVar

#: Below the ports that Linux gives to connections (32768 and up), so that none takes one of ours meanwhile.
_PORTS = range(10_000, 32_000)

#: Each process of tests goes its own way through them: those that run side by side seldom meet.
_next = cycle(random.Random(os.getpid()).sample(_PORTS, len(_PORTS)))


def free_port() -> int:
    """Return a port where nothing listens and that this process was not given before."""
    for port in _next:
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports never end")


def wait_port(port: int, seconds: float = 30, host: str = "127.0.0.1") -> None:
    """Wait until something accepts connections there. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port} after {seconds} s")


T = TypeVar("T")


def wait_until(look: Callable[[], T], said: Callable[[], str], seconds: float = 30) -> T:
    """Return the first result of `look` that is true. Raises TimeoutError with what a server has said by then."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"after {seconds} s: {said()}")
