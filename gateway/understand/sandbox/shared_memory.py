"""Memory that the gateway shares with one cell, so that a message and its parts needn't go through a socket's buffers.

The message stands in it first. What the cell answers then takes its place, frame behind frame, and in front of them
how many octets they are; a cell that dies leaves there what it had told. What doesn't fit goes through the socket.

The gateway reads and writes it as a file: a copy that nobody can change while it is looked at, and no signal where a
cell has made it shorter. The cell has it mapped, since a cell can't write to files.
"""

from __future__ import annotations

import mmap
import os
import struct
from io import FileIO

#: Octets of it: nearly every message with all its parts. Memory is taken for what is used.
AREA_BYTES = 16 * 1024 * 1024

#: Octets that stay taken from one message to the next, since taking them anew costs as much as copying them.
KEPT_BYTES = 4 * 1024 * 1024

_USED = struct.Struct("!Q")


class Area:
    """The gateway's side."""

    def __init__(self) -> None:
        self._file = FileIO(os.memfd_create("area"), "r+b")  # closed with the object, however that goes
        self._file.truncate(AREA_BYTES)
        self._at = self._end = 0
        self._turned = False

    @property
    def fd(self) -> int:
        """Raises ValueError once it is closed."""
        return self._file.fileno()

    def put(self, message: bytes) -> bool:
        """Where a message fits, it is there then. Nothing is answered yet. Raises OSError where memory is short."""
        os.pwrite(self.fd, _USED.pack(0), 0)
        self._at = self._end = _USED.size
        self._turned = False
        fits = len(message) <= AREA_BYTES - _USED.size
        at = 0
        while fits and at < len(message):
            at += os.pwrite(self.fd, memoryview(message)[at:], _USED.size + at)
        return fits

    def turn(self) -> None:
        """From now on, what was answered until now can be received. Once for each message."""
        if self._turned:
            return
        self._turned = True
        (used,) = _USED.unpack(os.pread(self.fd, _USED.size, 0).rjust(_USED.size, b"\0"))
        self._at, self._end = _USED.size, min(_USED.size + used, AREA_BYTES)

    def receive(self, octets: int) -> bytes:
        """The next ones of the answers; fewer at their end."""
        found = os.pread(self.fd, min(octets, self._end - self._at), self._at)
        self._at += len(found)
        return found

    def clear(self, message_bytes: int) -> None:
        """The cell is done with a message: much memory is given back."""
        if max(_USED.size + message_bytes, self._end) > KEPT_BYTES:
            os.truncate(self.fd, 0)
            os.truncate(self.fd, AREA_BYTES)

    def close(self) -> None:
        self._file.close()


class CellArea:
    """The cell's side. The descriptor isn't needed any more once it is mapped."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, AREA_BYTES)
        self._at = _USED.size
        os.close(fd)

    def message(self, octets: int) -> bytes:
        return self._map[_USED.size : _USED.size + octets]

    def begin(self) -> None:
        """The message has been taken out; answers take its place."""
        self._at = _USED.size

    def answer(self, frame: bytes, content: bytes) -> bool:
        """Whether there was room for it. The count is written last: what it counts is whole."""
        middle, end = self._at + len(frame), self._at + len(frame) + len(content)
        if end > AREA_BYTES:
            return False
        self._map[self._at : middle] = frame
        self._map[middle:end] = content
        self._at = end
        self._map[: _USED.size] = _USED.pack(end - _USED.size)
        return True
