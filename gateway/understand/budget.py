"""Limits on opening one message: depth, entries, octets, their ratio, and time, over all its containers.

One budget serves the whole message, whatever its parts; an opener asks before it takes. The budget decides nothing: the
code that catches `Exhausted` says that something was left unread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits that an administrator sets."""

    #: Containers inside one another. Real mail has two or three (a forwarded message, its archive, the document in it).
    depth: int = 12
    #: Members of all containers together, nested messages' parts and directories included.
    entries: int = 10_000
    #: Octets unpacked in all.
    bytes: int = 128 * 1024 * 1024
    #: Octets unpacked for each octet of the message. The ratio counts only for more than FREE_BYTES octets.
    ratio: int = 200
    #: Seconds of wall time; under the 60 that all filters have.
    seconds: float = 20.0
    #: Whether the text of parts and documents is read: it costs more than opening them, and few filters ask for it.
    texts: bool = True


#: Octets that may be unpacked whatever their ratio: a small file of blanks is no bomb.
FREE_BYTES = 16 * 1024 * 1024


class Exhausted(ValueError):
    """A limit was reached; `limit` is its name in `Allowance`."""

    def __init__(self, limit: str, what: str) -> None:
        super().__init__(what)
        self.limit = limit


class Budget:
    """The rest of an allowance while one message is opened."""

    def __init__(
        self, allowance: Allowance, message_bytes: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowance = allowance
        self._monotonic = monotonic
        self._ends = monotonic() + allowance.seconds
        self._entries_left = allowance.entries
        self._bytes_left = min(allowance.bytes, max(FREE_BYTES, allowance.ratio * message_bytes))
        self._by_ratio = self._bytes_left < allowance.bytes

    @property
    def bytes_left(self) -> int:
        """Octets that may still be unpacked: for decompressors that take a maximum."""
        return self._bytes_left

    def enter(self, depth: int) -> None:
        """Check the depth before a container is opened (the first is 1). Raises Exhausted."""
        if depth > self._allowance.depth:
            raise Exhausted("depth", f"containers are nested more than {self._allowance.depth} deep")

    def take_entry(self) -> None:
        """Count a member before it is read. Raises Exhausted."""
        self.check_time()
        if self._entries_left <= 0:
            raise Exhausted("entries", f"more than {self._allowance.entries} entries")
        self._entries_left -= 1

    def take(self, octets: int) -> None:
        """Count the octets of a piece after it was unpacked; a piece has at most 1 MiB. Raises Exhausted."""
        self.check_time()
        self._bytes_left -= octets
        if self._bytes_left < 0:
            raise Exhausted(
                "ratio" if self._by_ratio else "bytes",
                f"more than {self._allowance.ratio} octets for each octet of the message"
                if self._by_ratio
                else f"more than {self._allowance.bytes} octets unpacked",
            )

    def check_time(self) -> None:
        """Check the time. Raises Exhausted when it is up."""
        if self._monotonic() > self._ends:
            raise Exhausted("seconds", f"more than {self._allowance.seconds:g} seconds")
