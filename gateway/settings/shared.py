"""The running configuration: the supervisor hands it to its processes in a file without a name (memfd_create(2)).

A process that is started again takes the configuration on which the others run, even if the YAML files have changed
since. Only the supervisor writes the file; nothing from outside is ever read here.
"""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from gateway.settings.models import Settings


class RunningSettings:
    """The running configuration; other processes know it by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def of(cls, settings: Settings) -> Self:
        running = cls(os.memfd_create("mailwarden-settings"))
        running.write(settings)
        return running

    def write(self, settings: Settings) -> None:
        octets = pickle.dumps(settings)
        with self._locked(fcntl.LOCK_EX):
            os.ftruncate(self.descriptor, 0)
            written = 0
            while written < len(octets):
                written += os.pwrite(self.descriptor, octets[written:], written)

    def read(self) -> Settings:
        with self._locked(fcntl.LOCK_SH):
            octets = os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0)
        settings: Settings = pickle.loads(octets)  # noqa: S301  # the supervisor wrote it
        return settings

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Lock the file by lockf, whose locks belong to a process; flock's belong to the open file, which all share."""
        fcntl.lockf(self.descriptor, how)
        try:
            yield
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN)
