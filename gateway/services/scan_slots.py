"""Slots for scans: a process has a number of them, and the clients whose mail is scanned take turns.

A client has at most half of the free slots, and large contents have at most half of all: a small message finds one,
whatever is sent beside it. One of a client's large contents goes first, and more at a time when such were quick; after
a slow one the client has two at a time of all its contents. A client whose scans took long waits behind the others for
a while. A client whose large contents took more than a moment has them scanned one at a time by all workers together.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.services.fair_queue import FairQueue, Share
from gateway.services.worker_locks import WorkerLocks

#: Octets from which a content is large. A content that takes a scanner long is large: in a zip file with nothing but
#: entries clamd 1.4 scans 256 KiB in a second, four times as much in ten.
LARGE_BYTES = 256 * 1024

#: Seconds within which a scan is quick, and its client may have one more at a time, up to its share. After a slower one
#: the client has LARGE_AT_FIRST and AFTER_SLOW.
QUICK_SCAN_SECONDS = 1.0
#: Large contents of one client that are scanned at a time, until such scans were quick.
LARGE_AT_FIRST = 1
#: Contents of one client that are scanned at a time after a slow scan: a small one beside a large one.
AFTER_SLOW = 2

#: Seconds from which a scan took long. Large archives take two or three; hostile ones up to clamd's MaxScanTime.
LONG_SCAN_SECONDS = 10.0

#: Seconds for which a client waits behind the others after a long scan: a retry of the same mail comes within them.
LAST_SECONDS = 600.0

#: The most clients that wait behind the others at a time; beyond, the one whose time ends first is forgotten. Each has
#: cost its sender a long scan, and needs some 200 octets here.
LAST_CLIENTS = 10_000


class ScanSlots:
    """A number of slots, `in_all`. The caller that takes a slot gives it back."""

    def __init__(
        self, in_all: int, monotonic: Callable[[], float] = time.monotonic, locks: WorkerLocks | None = None
    ) -> None:
        self._all = _ClientQueue(in_all, None, AFTER_SLOW)
        self._large = _ClientQueue(max(1, in_all // 2), LARGE_AT_FIRST, LARGE_AT_FIRST)
        self._monotonic = monotonic
        self._locks = locks
        self._last = _Remembered(monotonic)  # the clients that wait behind the others
        self._slow = _Remembered(monotonic)  # the clients of whose large contents all workers scan one at a time

    async def take(self, client: str, content_bytes: int) -> bool:
        """Wait for a slot, however long; return whether with the client's lock. A cancelled caller has none."""
        last = client in self._last
        if content_bytes < LARGE_BYTES:
            await self._all.take(client, last=last)
            return False
        await self._large.take(client, last=last)
        locks = self._locks if client in self._slow else None
        try:
            if locks:
                await locks.take(client)
            try:
                await self._all.take(client, last=last)
            except BaseException:
                if locks:
                    locks.give_back(client)
                raise
        except BaseException:
            self._large.give_back(client, quick=None)
            raise
        return locks is not None

    def give_back(self, client: str, content_bytes: int, seconds: float, *, locked: bool = False) -> None:
        """Give back a slot that was taken for so many seconds; `locked` is what `take` returned."""
        if seconds >= LONG_SCAN_SECONDS:
            self.put_last(client)
        quick = seconds < QUICK_SCAN_SECONDS
        self._all.give_back(client, quick=quick)
        if content_bytes >= LARGE_BYTES:
            self._large.give_back(client, quick=quick)
            if not quick:
                self._slow.add(client)
        if locked and self._locks:
            self._locks.give_back(client)

    def put_last(self, client: str) -> None:
        """Let the client wait behind the others, from now on for `LAST_SECONDS`."""
        self._last.add(client)
        self._all.put_last(client)
        self._large.put_last(client)


class _Remembered:
    """Clients that are remembered for `LAST_SECONDS`; of more than `LAST_CLIENTS` the oldest is forgotten."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}  # in the order of the ends

    def add(self, client: str) -> None:
        self._until.pop(client, None)
        self._until[client] = self._monotonic() + LAST_SECONDS
        if len(self._until) > LAST_CLIENTS:
            del self._until[next(iter(self._until))]

    def __contains__(self, client: str) -> bool:
        until = self._until.get(client)
        if until is not None and until <= self._monotonic():
            del self._until[client]
            return False
        return until is not None


class _ClientQueue:
    """Turns by client; a client's share is forgotten when it has nothing under way and nothing waiting.

    `at_first`: the most that a client may have at a time at first; None: its whole share. `after_slow`: the most after
    a slow scan.
    """

    def __init__(self, in_all: int, at_first: int | None, after_slow: int) -> None:
        self._turns = FairQueue(in_all, max(1, in_all // 2))
        self._at_first = at_first
        self._after_slow = after_slow
        self._shares: dict[str, Share] = {}

    async def take(self, client: str, *, last: bool) -> None:
        share = self._shares.get(client)
        if share is None:
            share = self._shares[client] = Share(most=self._at_first)
        share.last = last
        if self._turns.take_now(share):
            return
        try:
            await self._turns.take(share)
        finally:
            self._forget(client)

    def give_back(self, client: str, *, quick: bool | None) -> None:
        """Give back a turn. `quick`: whether the scan was quick; None means that there was none."""
        share = self._shares[client]
        if quick is False:
            share.most = self._after_slow
        elif quick and share.most is not None:
            share.most += 1
        self._turns.give_back(share)
        if share.is_idle:
            del self._shares[client]

    def put_last(self, client: str) -> None:
        if share := self._shares.get(client):
            share.last, share.most = True, self._after_slow

    def _forget(self, client: str) -> None:
        share = self._shares.get(client)
        if share is not None and share.is_idle:
            del self._shares[client]
