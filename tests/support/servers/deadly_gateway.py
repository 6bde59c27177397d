"""The gateway with a parser that kills its process when it meets a marker: `Gateway(folder, code=CODE)`.

Workers in the place of dead ones are as deadly, since they are copies. It stands for a fault in whatever a worker does
with a message's octets.
"""

from __future__ import annotations

import os
import signal

import gateway.understand.examiner
from gateway.act.release import trial
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.operations.trial_process import main as examine

MARKER = b"This message ends whoever examines it."
PROGRAM = "tests.support.servers.deadly_gateway"
CODE = f"from {PROGRAM} import make_deadly; from gateway.cli.main import main; make_deadly(); main()"


def deadly(raw: bytes, path: str = "1") -> Message:
    """Parse a message, unless it holds the marker."""
    if MARKER in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(raw, path)


def make_deadly() -> None:
    """Give this process and its copies the deadly parser, and the trial process, which is a program, too."""
    vars(gateway.understand.examiner)["parse"] = deadly
    trial.PROGRAM = PROGRAM


if __name__ == "__main__":
    make_deadly()
    examine()
