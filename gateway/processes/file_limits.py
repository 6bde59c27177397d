"""File descriptors: the most that this machine allows, and the number that the gateway's load needs.

Without free descriptors, connections are closed and the store can't be opened. The shell's usual soft limit of 1,024 is
less than one worker with its default limits may need. Processes that we start inherit the raised limit.
"""

from __future__ import annotations

import resource
import sys

from gateway.services.fair_queue import QUERIES

#: Descriptors of a connection: the client's and the next hop's.
OF_A_CONNECTION = 2
#: Other descriptors: the store with its journal, listeners, the log, pipes to the sandbox, the scanner.
OTHERS = 128


def raise_limit() -> int:
    """Raise the soft limit to the hard limit, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def needed(connections: int) -> int:
    """Return the descriptors that one worker with this many connections needs."""
    return connections * OF_A_CONNECTION + QUERIES + OTHERS
