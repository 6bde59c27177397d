"""Memory that the gateway shares with one sandbox process, so that a message needn't go through a socket.

The message stands in it first. The sandbox process's answers then take the message's place, frame behind frame, with
their number of octets in front of them. A sandbox process that dies leaves its answers there. Answers that don't fit go
through the socket.

The gateway reads and writes the memory as a file: it gets a copy that nobody can change during the check, and no signal
where a sandbox process has shortened the file. The sandbox process has the memory mapped, since a sandbox process can't
write to files.
"""

from __future__ import annotations

import mmap
import os
import struct
from io import FileIO

#: Octets of the memory: enough for nearly every message with all its parts. Only used memory is allocated.
AREA_BYTES = 16 * 1024 * 1024

#: Octets that stay allocated from one message to the next, since allocating them anew costs as much as copying them.
KEPT_BYTES = 4 * 1024 * 1024

_USED = struct.Struct("!Q")


class SharedMemory:
    """The gateway's side of the memory."""

    def __init__(self) -> None:
        self._file = FileIO(os.memfd_create("area"), "r+b")  # closed with the object, in every case
        self._file.truncate(AREA_BYTES)
        self._at = self._end = 0
        self._turned = False

    @property
    def fd(self) -> int:
        """The file descriptor. Raises ValueError once the memory is closed."""
        return self._file.fileno()

    def put(self, message: bytes) -> bool:
        """Write a message into the memory; return whether it fits. Raises OSError where memory is short.

        Answers to earlier messages are dropped.
        """
        os.pwrite(self.fd, _USED.pack(0), 0)
        self._at = self._end = _USED.size
        self._turned = False
        fits = len(message) <= AREA_BYTES - _USED.size
        at = 0
        while fits and at < len(message):
            at += os.pwrite(self.fd, memoryview(message)[at:], _USED.size + at)
        return fits

    def turn(self) -> None:
        """Make the answers until now ready for `receive`. Only the first call for a message counts."""
        if self._turned:
            return
        self._turned = True
        (used,) = _USED.unpack(os.pread(self.fd, _USED.size, 0).rjust(_USED.size, b"\0"))
        self._at, self._end = _USED.size, min(_USED.size + used, AREA_BYTES)

    def receive(self, octets: int) -> bytes:
        """Return the next octets of the answers; fewer at their end."""
        found = os.pread(self.fd, min(octets, self._end - self._at), self._at)
        self._at += len(found)
        return found

    def clear(self, message_bytes: int) -> None:
        """Finish a message: memory that grew beyond KEPT_BYTES is freed."""
        if max(_USED.size + message_bytes, self._end) > KEPT_BYTES:
            os.truncate(self.fd, 0)
            os.truncate(self.fd, AREA_BYTES)

    def close(self) -> None:
        self._file.close()


class WorkerMemory:
    """The sandbox process's side of the memory. The descriptor isn't needed any more once the memory is mapped."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, AREA_BYTES)
        self._at = _USED.size
        os.close(fd)

    def message(self, octets: int) -> bytes:
        return self._map[_USED.size : _USED.size + octets]

    def begin(self) -> None:
        """Begin the answers: the message has been taken out, and they take its place."""
        self._at = _USED.size

    def answer(self, frame: bytes, content: bytes) -> bool:
        """Write an answer; return whether there was room for it.

        The count is written last, so that all answers that it counts are whole.
        """
        middle, end = self._at + len(frame), self._at + len(frame) + len(content)
        if end > AREA_BYTES:
            return False
        self._map[self._at : middle] = frame
        self._map[middle:end] = content
        self._at = end
        self._map[: _USED.size] = _USED.pack(end - _USED.size)
        return True
