"""A process that begins as a copy of this one, with everything loaded, in memory that both share.

A copy has only the thread that made it, and a lock that another thread held would stay locked in it for good. So
forking is for a process without threads, before its event loop. This module knows nothing of the copies' work.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

#: Seconds within which a finished thread is gone, on a busy machine too.
THREAD_SECONDS = 2.0
#: Folder with one entry for each thread, threads of libraries included.
THREADS = Path("/proc/self/task")


class Forked:
    """A copy, with the interface of `asyncio.subprocess.Process`. Somebody must `wait` for it, as for any child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    async def wait(self) -> int:
        """Return the exit status, or the negative number of the signal that ended the process."""
        if self.returncode is None:
            # The thread only looks at the status. Until it is taken here the process number can't belong to another
            # process.
            await asyncio.to_thread(os.waitid, os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            _, status = os.waitpid(self.pid, 0)  # noqa: ASYNC222  # it has ended
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def is_alone(seconds: float = THREAD_SECONDS) -> bool:
    """Return whether this process has one thread; wait for other threads to end.

    Without /proc, which alone could tell, return False.
    """
    if not THREADS.is_dir():
        return False
    ends = time.monotonic() + seconds
    while sum(1 for _ in THREADS.iterdir()) > 1:
        if time.monotonic() > ends:
            return False
        time.sleep(0.002)
    return True


def fork(live: Callable[[], object]) -> Forked:
    """Start a copy that calls `live` and ends. On an exception it ends with status 1 and a trace, as a program does."""
    _flush()  # else both would write buffered output
    # Python's hooks around a fork swallow an exception that a signal's handler raises in them, and are then left half
    # done.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(live, mask)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return Forked(pid)


def _live(live: Callable[[], object], mask: Iterable[int]) -> NoReturn:
    """Run `live` and end the copy, which never returns into its caller."""
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        live()
        status = 0
    except BaseException:  # noqa: BLE001  # shown as Python shows it; nobody above is there to see it
        traceback.print_exc()
    finally:
        try:
            _flush()
        finally:
            os._exit(status)


def _flush() -> None:
    """Flush standard output and error.

    Output that can't be written, as on a full disk, is lost. None is a closed stream.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):
            stream.flush()


def keep_only(descriptors: Iterable[int]) -> None:
    """Close all descriptors except these and standard input, output and error, as for a started program."""
    kept = {0, 1, 2, *descriptors}
    # Close open descriptors, not all up to the limit: the limit may be a thousand million, and descriptors opened
    # before it was lowered may exceed it.
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in kept:
            with suppress(OSError):  # the list's own is closed already
                os.close(number)
