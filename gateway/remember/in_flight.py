"""Notes of the messages that each worker has in hand, and counts of the workers that died over a message.

Both lie in memory that outlives the worker. A worker notes a message by its retry key before anything looks inside it.
When a worker dies, the supervisor reads its notes and counts a death for each message that can be the cause. A message
with a death is examined alone from then on, so that the next death has one cause. After `DEATHS_HELD` deaths it is held
and examined no more.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

#: Deaths of workers after which a message is held: a single one may have had another cause.
DEATHS_HELD = 2

#: The most messages that a worker can note at a time: more than it can have connections (`file_limits.needed`). Memory
#: is taken only for noted messages, 33 octets each.
MAX_NOTED = 65_536

#: The most messages remembered for a death. One death counts the messages in hand, some dozens. When there are more,
#: the oldest are dropped, those with one death first. 180 KB, shared by all workers.
MAX_REMEMBERED = 4_096

#: Seconds for which a death is remembered. Mail servers try again for up to five days.
REMEMBERED_SECONDS = 5 * 24 * 3600.0

#: In place of a descriptor: memory that no other process shares.
PRIVATE = -1

_COUNT = struct.Struct("=I")
_SLOT = struct.Struct("=B32s")  # stage, key
_ENTRY = struct.Struct("=32sId")  # key, deaths, the last one in seconds since the epoch

_FREE, _WAITING, _EXAMINED, _ACTED_ON = 0, 1, 2, 3


def _shared(name: str, octets: int) -> int:
    descriptor = os.memfd_create(name)
    os.ftruncate(descriptor, octets)
    return descriptor


class InFlightNotes:
    """Messages that one worker has in hand.

    The worker writes them; the supervisor reads and clears them after its death.
    """

    _OCTETS = _COUNT.size + MAX_NOTED * _SLOT.size

    def __init__(self, descriptor: int = PRIVATE) -> None:
        self._memory = mmap.mmap(descriptor, self._OCTETS)
        self._free: list[int] = []

    @classmethod
    def shared(cls) -> int:
        """Return the descriptor of new notes."""
        return _shared("mailwarden-notes", cls._OCTETS)

    def take(self, key: bytes) -> int | None:
        """Note a message; return its slot, or None where all are taken."""
        if not self._free:
            (used,) = _COUNT.unpack_from(self._memory)
            if used == MAX_NOTED:
                return None
            _COUNT.pack_into(self._memory, 0, used + 1)
            self._free.append(used)
        slot = self._free.pop()
        _SLOT.pack_into(self._memory, self._at(slot), _WAITING, key)
        return slot

    def examined(self, slot: int) -> None:
        self._memory[self._at(slot)] = _EXAMINED

    def acted_on(self, slot: int) -> None:
        self._memory[self._at(slot)] = _ACTED_ON

    def give_back(self, slot: int) -> None:
        self._memory[self._at(slot)] = _FREE
        self._free.append(slot)

    def suspects(self) -> list[bytes]:
        """Return keys of the messages under examination; where there is none, of those being relayed or stored."""
        found: dict[int, list[bytes]] = {_EXAMINED: [], _ACTED_ON: []}
        (used,) = _COUNT.unpack_from(self._memory)
        for slot in range(min(used, MAX_NOTED)):
            stage, key = _SLOT.unpack_from(self._memory, self._at(slot))
            if stage in found:
                found[stage].append(key)
        return found[_EXAMINED] or found[_ACTED_ON]

    def clear(self) -> None:
        """Clear the notes for the next worker."""
        _COUNT.pack_into(self._memory, 0, 0)

    @staticmethod
    def _at(slot: int) -> int:
        return _COUNT.size + slot * _SLOT.size


class WorkerDeaths:
    """The number of workers that died over each message. The supervisor counts; every worker reads."""

    _OCTETS = _COUNT.size + MAX_REMEMBERED * _ENTRY.size

    def __init__(self, descriptor: int = PRIVATE) -> None:
        self._memory = mmap.mmap(descriptor, self._OCTETS)

    @classmethod
    def shared(cls) -> int:
        """Return the descriptor of a new table."""
        return _shared("mailwarden-deaths", cls._OCTETS)

    def of(self, key: bytes) -> int:
        """Return the remembered deaths of this message; almost free of cost while there was no death at all."""
        if self._memory[: _COUNT.size] == b"\0\0\0\0":
            return 0
        at = self._find(key)
        if at is None:
            return 0
        deaths, last = self._entry(at)
        return deaths if time.time() - last < REMEMBERED_SECONDS else 0

    def count(self, key: bytes) -> int:
        """Count one more death; return the number. Only for the supervisor: workers read at the same time."""
        deaths = self.of(key) + 1
        at = self._find(key)
        at = self._place() if at is None else at
        _ENTRY.pack_into(self._memory, at, key, deaths, time.time())
        return deaths

    def _find(self, key: bytes) -> int | None:
        at: int = self._memory.find(key, _COUNT.size)
        while at >= 0 and (at - _COUNT.size) % _ENTRY.size:
            at = self._memory.find(key, at + 1)
        return at if at >= 0 else None

    def _place(self) -> int:
        """Return the place of a free entry, or of the message that is least worth remembering."""
        used: int = _COUNT.unpack_from(self._memory)[0]
        if used < MAX_REMEMBERED:
            _COUNT.pack_into(self._memory, 0, used + 1)
            return _COUNT.size + used * _ENTRY.size
        return min(range(_COUNT.size, self._OCTETS, _ENTRY.size), key=self._worth)

    def _worth(self, at: int) -> tuple[bool, int, float]:
        deaths, last = self._entry(at)
        return time.time() - last < REMEMBERED_SECONDS, deaths, last

    def _entry(self, at: int) -> tuple[int, float]:
        entry: tuple[bytes, int, float] = _ENTRY.unpack_from(self._memory, at)
        return entry[1:]


class InFlight:
    """A worker's side: notes the messages in hand, and has suspects examined alone."""

    def __init__(self, notes: InFlightNotes | None = None, deaths: WorkerDeaths | None = None) -> None:
        self._notes = notes or InFlightNotes()
        self._deaths = deaths or WorkerDeaths()
        self._alone = asyncio.Lock()
        self._examined = 0
        self._idle: asyncio.Future[None] | None = None

    def deaths(self, key: bytes) -> int:
        """Return how often a worker died over the message with this retry key."""
        return self._deaths.of(key)

    @contextmanager
    def noted(self, key: bytes) -> Iterator[NotedMessage]:
        """Note a message, from before anything looks into it until its reply."""
        slot = self._notes.take(key)
        try:
            yield NotedMessage(self, self._notes, slot, is_suspect=self.deaths(key) > 0)
        finally:
            if slot is not None:
                self._notes.give_back(slot)

    @asynccontextmanager
    async def examination(self, *, alone: bool) -> AsyncIterator[None]:
        """Examine a message beside others, or alone.

        An examination alone waits for those that began before it, and others wait for it.
        """
        if alone:
            async with self._alone:
                await self._ended()
                yield
            return
        if self._alone.locked():
            async with self._alone:
                self._examined += 1
        else:
            self._examined += 1
        try:
            yield
        finally:
            self._examined -= 1
            if not self._examined and self._idle is not None and not self._idle.done():
                self._idle.set_result(None)

    async def _ended(self) -> None:
        while self._examined:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._idle = None


class NotedMessage:
    """One message in hand."""

    def __init__(self, in_flight: InFlight, notes: InFlightNotes, slot: int | None, *, is_suspect: bool) -> None:
        self._in_flight = in_flight
        self._notes = notes
        self._slot = slot
        self._is_suspect = is_suspect

    @asynccontextmanager
    async def examination(self) -> AsyncIterator[None]:
        """Mark the message while it is taken apart and judged; after that it is relayed or stored, and less suspect."""
        async with self._in_flight.examination(alone=self._is_suspect):
            if self._slot is not None:
                self._notes.examined(self._slot)
            yield
        if self._slot is not None:
            self._notes.acted_on(self._slot)
