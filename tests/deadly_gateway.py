"""The gateway with a mapper of messages that ends its process when it meets a marker. Run as a program by tests.

`python -m tests.deadly_gateway ARGUMENTS`, as `python -m gateway`. Workers that are started in the place of dead ones
are as deadly. It stands for a fault in whatever a worker does with a message's octets.
"""

from __future__ import annotations

import os
import signal
import sys

import gateway.journey
from gateway import children
from gateway.message.model import Message
from gateway.message.parse import parse

MARKER = b"This message ends whoever examines it."


def deadly(raw: bytes, path: str = "1") -> Message:
    """The map of a message, unless it holds the marker."""
    if MARKER in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(raw, path)


def arm() -> None:
    """Here, and in what is started from here."""
    gateway.journey.parse = deadly  # type: ignore[attr-defined]
    children.PROGRAM = "tests.deadly_gateway"


if __name__ == "__main__":
    arm()
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        from gateway.process import main as work

        work()
    else:
        from gateway.cli.main import main

        main()
