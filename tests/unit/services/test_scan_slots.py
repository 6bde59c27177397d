"""Slots for scans: the shares of clients and of large contents, and the clients that wait behind the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.services import scan_slots
from gateway.services.scan_slots import LARGE_BYTES, LAST_CLIENTS, LAST_SECONDS, LONG_SCAN_SECONDS, ScanSlots


@dataclass
class Row:
    """Scans named as `A1`, whose client is their first letter; those of a small letter are large."""

    slots: int
    scanned: list[str] = field(default_factory=list)  # those that got a slot, in their order
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.row = ScanSlots(self.slots, lambda: self.now)
        self.tasks: dict[str, asyncio.Task[bool]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._scan(name))
            await settled()

    async def _scan(self, name: str) -> bool:
        locked = await self.row.take(name[0].upper(), size(name))
        self.scanned.append(name)
        return locked

    async def go(self, *names: str, seconds: float = 0.01) -> None:
        for name in names:
            assert name in self.scanned, f"{name} has no slot"
            self.row.give_back(name[0].upper(), size(name), seconds)
            await settled()

    async def give_up(self, name: str) -> None:
        self.tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.tasks[name]

    def is_empty(self) -> bool:
        """Return whether all slots are free and nothing is kept of any client."""
        both = (self.row._all, self.row._large)
        return not any(one._shares or one._turns._queue for one in both) and [one._turns._free for one in both] == [
            self.slots,
            max(1, self.slots // 2),
        ]


def size(name: str) -> int:
    return LARGE_BYTES if name[0].islower() else 1


async def settled() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("slots", "most"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (8, 4)])
async def test_a_client_has_half_of_the_slots_at_most(slots: int, most: int) -> None:
    """Another one finds a slot at once, unless there is one slot alone."""
    row = Row(slots)
    await row.come(*(f"A{number}" for number in range(slots + 2)))
    assert row.scanned == [f"A{number}" for number in range(most)]
    await row.come("B1")
    assert ("B1" in row.scanned) == (slots > 1)


async def test_clients_take_turns() -> None:
    """One client's many scans don't stand before another's few."""
    row = Row(1)
    await row.come("A1", "A2", "A3", "B1", "B2", "C1")
    for name in ("A1", "B1", "C1", "A2", "B2", "A3"):
        await row.go(name)
    assert row.scanned == ["A1", "B1", "C1", "A2", "B2", "A3"]
    assert row.is_empty()


@pytest.mark.parametrize(("octets", "waits"), [(LARGE_BYTES - 1, False), (LARGE_BYTES, True), (LARGE_BYTES + 1, True)])
async def test_large_begins_at_its_limit(octets: int, waits: bool) -> None:
    """A content is large from LARGE_BYTES on."""
    row = Row(2)
    await row.come("a1")
    second = asyncio.create_task(row.row.take("B", octets))
    await settled()
    assert second.done() is not waits
    second.cancel()


async def test_large_contents_leave_half_of_the_slots() -> None:
    """However many clients send them: small ones are scanned at once."""
    row = Row(4)
    await row.come("a1", "a2", "b1", "c1", "d1")
    assert row.scanned == ["a1", "b1"]
    await row.come("E1", "F1")
    assert row.scanned == ["a1", "b1", "E1", "F1"]
    await row.go("a1")
    assert row.scanned[4:] == ["c1"]
    await row.go("b1", "c1", "d1", "a2", "E1", "F1")
    assert row.is_empty()


@pytest.mark.parametrize(("seconds", "scanned"), [(0.9, 2), (1.0, 1), (1.1, 1)])
async def test_a_client_earns_a_second_large_scan(seconds: float, scanned: int) -> None:
    """One goes first, though more of its slots are free; when that was quick, two at a time."""
    row = Row(8)
    await row.come("a1", "a2", "a3", "a4")
    assert row.scanned == ["a1"]
    await row.go("a1", seconds=seconds)
    assert row.scanned == ["a1", "a2", "a3"][: 1 + scanned]


@pytest.mark.parametrize(("seconds", "scanned"), [(0.9, 6), (1.0, 4), (1.1, 4)])
async def test_a_slow_scan_leaves_its_client_two(seconds: float, scanned: int) -> None:
    """A small content that takes long is no way round: of its four slots two go to others."""
    row = Row(8)
    await row.come(*(f"A{number}" for number in range(12)))
    assert len(row.scanned) == 4
    await row.go("A0", "A1", seconds=seconds)
    assert len(row.scanned) == scanned


async def test_quick_scans_earn_the_share_back() -> None:
    """One more at a time for each."""
    row = Row(8)
    await row.come(*(f"A{number}" for number in range(12)))
    await row.go("A0", "A1", "A2", seconds=5)
    assert row.scanned == [f"A{number}" for number in range(5)]  # A3 and A4 are under way
    await row.go("A3")
    assert row.scanned == [f"A{number}" for number in range(7)]
    await row.go("A4")
    assert row.scanned == [f"A{number}" for number in range(9)]
    await row.go("A5")
    assert row.scanned == [f"A{number}" for number in range(10)]  # half of the slots are the most


async def test_a_client_has_half_of_the_large_scans_at_most() -> None:
    """However quick they were; after a long one it begins anew."""
    row = Row(8)
    await row.come(*(f"a{number}" for number in range(10)))
    await row.go("a0", "a1")
    assert row.scanned == ["a0", "a1", "a2", "a3"]
    await row.go("a2", seconds=LONG_SCAN_SECONDS)
    assert row.scanned == ["a0", "a1", "a2", "a3"]
    await row.go("a3", seconds=5)
    assert row.scanned == ["a0", "a1", "a2", "a3", "a4"]


async def test_a_client_whose_scan_took_long_waits_behind_the_others() -> None:
    """Even behind those that come later, as long as LAST_SECONDS."""
    row = Row(1)
    await row.come("A1")
    await row.go("A1", seconds=LONG_SCAN_SECONDS)
    await row.come("X1", "A2", "B1", "C1")
    await row.go("X1", "B1")
    await row.come("D1")
    await row.go("C1", "D1", "A2")
    assert row.scanned == ["A1", "X1", "B1", "C1", "D1", "A2"]


@pytest.mark.parametrize(("seconds", "order"), [(-0.1, "AB"), (0, "BA"), (0.1, "BA")])
async def test_long_begins_at_its_limit(seconds: float, order: str) -> None:
    """A shorter scan changes nothing."""
    row = Row(1)
    await row.come("A1")
    await row.go("A1", seconds=LONG_SCAN_SECONDS + seconds)
    await row.come("X1", "A2", "B1")
    for name in ("X1", f"{order[0]}{2 if order[0] == 'A' else 1}"):
        await row.go(name)
    assert row.scanned[2][0] + row.scanned[3][0] == order


@pytest.mark.parametrize(("passed", "order"), [(-1, "BA"), (0, "AB"), (1, "AB")])
async def test_it_is_forgiven_after_a_while(passed: float, order: str) -> None:
    """LAST_SECONDS after its end."""
    row = Row(1)
    row.row.put_last("A")
    row.now += LAST_SECONDS + passed
    await row.come("X1", "A1", "B1")
    await row.go("X1")
    await row.go(f"{order[0]}1")
    assert row.scanned[1][0] + row.scanned[2][0] == order


async def test_what_waits_already_is_put_last_too() -> None:
    """The rest of a burst, which stood in the row before the first of it took long."""
    row = Row(1)
    await row.come("A1", "A2", "B1", "C1")
    await row.go("A1", seconds=60)
    await row.go("B1", "C1", "A2")
    assert row.scanned == ["A1", "B1", "C1", "A2"]


async def test_a_client_that_is_last_has_its_share_where_nobody_else_waits() -> None:
    """Small mail of a large sender goes on beside what takes long."""
    row = Row(4)
    row.row.put_last("A")
    await row.come("a1", "a2", "A3", "A4")
    assert row.scanned == ["a1", "A3"]


@pytest.mark.parametrize(("clients", "first"), [(-1, "B"), (0, "B"), (1, "A")])
async def test_so_many_clients_are_remembered(clients: int, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond LAST_CLIENTS the oldest is forgotten."""
    monkeypatch.setattr(scan_slots, "LAST_CLIENTS", 10)
    assert LAST_CLIENTS > 10
    row = Row(1)
    row.row.put_last("A")
    for number in range(9 + clients):
        row.row.put_last(f"client {number}")
    await row.come("X1", "A1", "B1")
    await row.go("X1")
    assert row.scanned[1][0] == first


async def test_whoever_gives_up_leaves_no_trace() -> None:
    """While it waits for a large slot, or has that and waits for any."""
    row = Row(2)
    await row.come("A1", "B1", "c1", "d1")
    assert row.scanned == ["A1", "B1"]
    await row.give_up("d1")
    await row.give_up("c1")
    await row.go("A1", "B1")
    assert row.is_empty()


@dataclass
class Lock:
    """The lock of one client, which another worker may have."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0

    async def take(self, client: str) -> None:
        await self.free.wait()
        self.held += 1

    def give_back(self, client: str) -> None:
        self.held -= 1


async def test_workers_take_turns_for_the_large_contents_of_a_slow_client() -> None:
    lock = Lock()
    row = Row(8)
    row.row = ScanSlots(8, lambda: row.now, lock)  # type: ignore[arg-type]
    await row.come("a1")
    await row.go("a1", seconds=scan_slots.QUICK_SCAN_SECONDS)  # slow: from now on with the lock
    await row.come("a2", "A3", "b1")
    assert row.scanned == ["a1", "A3", "b1"]  # small contents and other clients don't wait for it
    lock.free.set()
    await settled()
    assert row.scanned[-1] == "a2"
    assert await row.tasks["a2"] is True
    assert lock.held == 1
    row.row.give_back("A", LARGE_BYTES, 0.01, locked=True)
    assert lock.held == 0
    await row.go("A3", "b1")
    assert row.is_empty()


async def test_who_is_cancelled_while_waiting_for_the_lock_keeps_nothing() -> None:
    lock = Lock()
    row = Row(8)
    row.row = ScanSlots(8, lambda: row.now, lock)  # type: ignore[arg-type]
    await row.come("a1")
    await row.go("a1", seconds=scan_slots.QUICK_SCAN_SECONDS)
    await row.come("a2")
    await row.give_up("a2")
    assert lock.held == 0
    assert row.is_empty()


async def test_client_is_no_longer_slow_after_a_while() -> None:
    lock = Lock()
    row = Row(8)
    row.row = ScanSlots(8, lambda: row.now, lock)  # type: ignore[arg-type]
    await row.come("a1")
    await row.go("a1", seconds=scan_slots.QUICK_SCAN_SECONDS)
    row.now += LAST_SECONDS
    await row.come("a2")
    assert "a2" in row.scanned


async def test_who_is_cancelled_with_the_lock_gives_it_back() -> None:
    """All slots are taken: the large content has its client's lock already, and waits."""
    lock = Lock()
    lock.free.set()
    row = Row(2)
    row.row = ScanSlots(2, lambda: row.now, lock)  # type: ignore[arg-type]
    await row.come("a1")
    await row.go("a1", seconds=scan_slots.QUICK_SCAN_SECONDS)
    await row.come("B1", "C1", "a2")
    assert (row.scanned, lock.held) == (["a1", "B1", "C1"], 1)
    await row.give_up("a2")
    assert lock.held == 0
    await row.go("B1", "C1")
    assert row.is_empty()
