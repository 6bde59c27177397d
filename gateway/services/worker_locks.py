"""Locks that all workers share: a client's is one byte of a file in `data_dir`, locked by fcntl(2).

The system gives a lock back when its process ends, however it ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import weakref
from collections import Counter
from pathlib import Path

import structlog

log = structlog.get_logger("scanner")

#: The file's name in `data_dir`. The file stays empty.
NAME = "slow_scans"
FILE_MODE = 0o600

#: Locks in the file. Two clients that share a lock wait for each other's slow scans.
LOCKS = 2**20

#: Seconds between two tries. The scans that are waited for take seconds.
TRY_SECONDS = 0.05

#: The locks that this process has, by file. There is one object for a file: the system frees what a process has locked
#: in a file when the process closes the file anywhere, as a reload does with the file of the filters before it.
_ours: weakref.WeakValueDictionary[Path, WorkerLocks] = weakref.WeakValueDictionary()


class WorkerLocks:
    """One lock for each key, held by a worker: all holders within one process share it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises OSError."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        weakref.finalize(self, os.close, self._file)
        self._holders: Counter[int] = Counter()

    async def take(self, key: str) -> None:
        """Wait until no other worker has the lock, however long. Where the file can't be locked, don't wait."""
        place = _place(key)
        while not self._holders[place] and not self._has_locked(place):  # noqa: ASYNC110 - others give it back
            await asyncio.sleep(TRY_SECONDS)
        self._holders[place] += 1

    def give_back(self, key: str) -> None:
        """Give back a lock that `take` took once."""
        place = _place(key)
        self._holders[place] -= 1
        if not self._holders[place]:
            del self._holders[place]
            self._lock(fcntl.LOCK_UN, place)

    def _has_locked(self, place: int) -> bool:
        try:
            self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB, place)
        except BlockingIOError:
            return False
        return True

    def _lock(self, how: int, place: int) -> None:
        """Lock or unlock one place. Raises BlockingIOError while another worker has it; other trouble is logged."""
        try:
            fcntl.lockf(self._file, how, 1, place)
        except BlockingIOError:
            raise
        except OSError as error:
            log.warning("scanner.locks_lost", trouble=str(error))


def _place(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % LOCKS


def open_locks(folder: Path) -> WorkerLocks | None:
    """Return the locks in that folder; None where they can't be had: then no worker waits for another."""
    path = folder.absolute() / NAME
    if (locks := _ours.get(path)) is not None:
        return locks
    try:
        locks = _ours[path] = WorkerLocks(path)
    except OSError as error:
        log.warning("scanner.locks_lost", trouble=str(error))
    return locks
