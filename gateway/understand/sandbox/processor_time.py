"""A limit on the processor time of a child process, which holds even when the gateway has died."""

from __future__ import annotations

import resource
import time
from contextlib import suppress


def limit_processor_time(pid: int, seconds: float) -> None:
    """Let a process use so many more seconds of a processor; the kernel ends it after that.

    The limit ends a loop that no deadline reaches because the gateway has died.
    """
    with suppress(OSError):  # the process has ended already, and the request to it will say so
        used = time.clock_gettime(_clock(pid))
        limit = int(used + seconds) + 1
        resource.prlimit(pid, resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _clock(pid: int) -> int:
    """Return the clock of the processor time of a process: clock_getcpuclockid(3), which Python doesn't offer."""
    return (~pid << 3) | 2
