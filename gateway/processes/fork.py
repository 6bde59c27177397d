"""A process that begins as a copy of this one: what is loaded here is there at once, in memory that both share.

A copy has the one thread that made it, and whatever lock another thread held would stay locked in it for good: so this
is for a process without threads, before its event loop. It knows nothing of what the copies do.
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

#: A thread that has done its work is gone within a moment, on a busy machine too.
THREAD_SECONDS = 2.0
#: One name for each, those of libraries counted.
THREADS = Path("/proc/self/task")


class Forked:
    """A copy, with what is asked of an `asyncio.subprocess.Process`. Somebody must `wait` for it, as for any child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    async def wait(self) -> int:
        """Its exit status, or the negative number of the signal that ended it."""
        if self.returncode is None:
            # It is only looked at in the thread: until it is taken here its number can't be another process's.
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
    """Whether this process has one thread; waits for the last to end. False without /proc, which alone could tell."""
    if not THREADS.is_dir():
        return False
    ends = time.monotonic() + seconds
    while sum(1 for _ in THREADS.iterdir()) > 1:
        if time.monotonic() > ends:
            return False
        time.sleep(0.002)
    return True


def fork(live: Callable[[], object]) -> Forked:
    """The copy calls `live` and ends; like a program of its own it ends with status 1 and a trace on an exception."""
    _flush()  # else both would write what waits there
    # Python's hooks around a fork swallow what a signal's handler raises in them, and are then left half done.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(live, mask)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return Forked(pid)


def _live(live: Callable[[], object], mask: Iterable[int]) -> NoReturn:
    """Never goes back into what the copy was made in."""
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
    """What can't be written, as on a full disk, costs its lines and nothing else. None is a stream that was closed."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):
            stream.flush()


def keep_only(descriptors: Iterable[int]) -> None:
    """Close all others but standard input, output and error, as a program that is started has it."""
    kept = {0, 1, 2, *descriptors}
    # What is open, not all up to the limit: that may be a thousand million, and has no say about what was open before.
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in kept:
            with suppress(OSError):  # the list's own is closed already
                os.close(number)
