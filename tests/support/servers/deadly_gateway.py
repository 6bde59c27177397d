"""The gateway with a parser that kills its process when it meets a marker. Tests run it as a program.

`python -m tests.support.servers.deadly_gateway ARGUMENTS`, as `python -m gateway`. Workers that are started in the
place of dead ones are as deadly. It stands for a fault in whatever a worker does with a message's octets.
"""

from __future__ import annotations

import os
import signal
import sys

import gateway.understand.examiner
from gateway.act.release import trial
from gateway.cli.main import main
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.operations.trial_process import main as examine
from gateway.processes import child
from gateway.processes.process import main as work

MARKER = b"This message ends whoever examines it."
PROGRAM = "tests.support.servers.deadly_gateway"


def deadly(raw: bytes, path: str = "1") -> Message:
    """Parse a message, unless it holds the marker."""
    if MARKER in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(raw, path)


def run(first: str) -> None:
    """Run as a worker, as a trial or as the command line, by the first argument."""
    vars(gateway.understand.examiner)["parse"] = deadly
    child.PROGRAM = trial.PROGRAM = PROGRAM
    if first.startswith("{"):
        work()
    elif first.isdigit():
        examine()
    else:
        main()


if __name__ == "__main__":
    run(sys.argv[1])
