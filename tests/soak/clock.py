"""A clock that jumps in running processes: the gateway's own (`SystemClock`), by seconds that lie in a file.

SQLite's time, the log's and the memory of workers' deaths don't jump. Python reads the module at the start of every
process that has its folder in PYTHONPATH; processes that are started again have it too.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from tests.support.servers.gateway import PROJECT

_SITE = """
import mmap, struct
from datetime import timedelta
from gateway.services.clock import SystemClock

with open({file!r}, "rb") as _file:
    _ahead = mmap.mmap(_file.fileno(), 8, prot=mmap.PROT_READ)
_now = SystemClock.now
SystemClock.now = lambda self: _now(self) + timedelta(seconds=struct.unpack("d", _ahead[:8])[0])
"""


class JumpingClock:
    """The gateway's environment has `python_path` as its PYTHONPATH."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.python_path = f"{folder}{os.pathsep}{PROJECT}"
        self._file = folder / "ahead"
        self._file.write_bytes(struct.pack("d", 0.0))
        (folder / "sitecustomize.py").write_text(_SITE.format(file=str(self._file)))

    def set(self, seconds: float) -> None:
        """Let the clock be so many seconds ahead of the machine's, or behind it."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", seconds))
