"""File descriptors: as many as this machine lets us have, and whether that is enough for what we take on.

Where they run out, connections are closed and the store can't be opened: the shell's usual soft limit of 1,024 is less
than one worker with its default limits may need. What was raised is inherited by the processes that we start.
"""

from __future__ import annotations

import resource
import sys

from gateway.services.fair_queue import QUERIES

#: A client's and the next hop's.
OF_A_CONNECTION = 2
#: The store with its journal, listeners, the log, pipes to the sandbox, the scanner.
OTHERS = 128


def raise_limit() -> int:
    """Raises the soft limit to the hard one, and returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def needed(connections: int) -> int:
    """By one worker that has this many connections."""
    return connections * OF_A_CONNECTION + QUERIES + OTHERS
