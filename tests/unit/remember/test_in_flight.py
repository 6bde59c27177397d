"""A worker's messages in hand, the deaths counted for them, and messages that are examined alone."""

from __future__ import annotations

import asyncio
import os

import pytest

from gateway.remember import in_flight as module
from gateway.remember.in_flight import REMEMBERED_SECONDS, InFlight, InFlightNotes, WorkerDeaths

A, B, C = (bytes([n]) * 32 for n in (1, 2, 3))


async def examined(work: InFlight, key: bytes, began: asyncio.Event, goes_on: asyncio.Event) -> None:
    with work.noted(key) as noted:
        async with noted.examination():
            began.set()
            await goes_on.wait()


def test_what_was_noted_outlives_the_worker() -> None:
    """Another process reads it, of the same memory."""
    descriptor = InFlightNotes.shared()
    if (pid := os.fork()) == 0:
        notes = InFlightNotes(descriptor)
        notes.examined(notes.take(A) or 0)
        os._exit(0)
    os.waitpid(pid, 0)
    read = InFlightNotes(descriptor)
    assert read.suspects() == [A]
    read.clear()
    assert read.suspects() == []
    os.close(descriptor)


def test_suspects() -> None:
    """Suspects are examined messages, else those acted on; never those that waited, or were answered."""
    notes = InFlightNotes()
    first, second, third = (notes.take(key) for key in (A, B, C))
    assert first is not None
    assert second is not None
    assert third is not None
    assert notes.suspects() == []
    notes.examined(first)
    notes.acted_on(second)
    assert notes.suspects() == [A]
    notes.acted_on(first)
    assert notes.suspects() == [A, B]
    notes.give_back(first)
    assert notes.suspects() == [B]
    assert notes.take(C) == first


def test_the_limit_of_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages beyond the limit are examined all the same, and not noted."""
    monkeypatch.setattr(module, "MAX_NOTED", 2)
    notes = InFlightNotes()
    assert [notes.take(key) for key in (A, B, C)] == [0, 1, None]
    with InFlight(notes).noted(C):
        assert notes.suspects() == []
    notes.give_back(0)
    assert notes.take(C) == 0


def test_deaths_are_counted_by_message() -> None:
    """Every process that shares the table reads them."""
    descriptor = WorkerDeaths.shared()
    written, read = WorkerDeaths(descriptor), WorkerDeaths(descriptor)
    assert read.of(A) == 0
    assert [written.count(A), written.count(B), written.count(A)] == [1, 1, 2]
    assert [read.of(key) for key in (A, B, C)] == [2, 1, 0]
    os.close(descriptor)


def test_a_key_is_found_only_where_one_stands() -> None:
    """Never across two entries."""
    deaths = WorkerDeaths()
    deaths.count(A)
    deaths.count(B)
    assert deaths.of(A[:31] + b"\1") == 1
    assert deaths.of(A[16:] + bytes(16)) == 0


@pytest.mark.parametrize(("seconds", "deaths"), [(-1.0, 1), (0.0, 0), (1.0, 0)])
def test_a_death_is_forgotten(monkeypatch: pytest.MonkeyPatch, seconds: float, deaths: int) -> None:
    """After five days; it counts anew then."""
    table, now = WorkerDeaths(), 1_000_000.0
    monkeypatch.setattr(module.time, "time", lambda: now)
    table.count(A)
    now += REMEMBERED_SECONDS + seconds
    assert table.of(A) == deaths
    assert table.count(A) == deaths + 1


@pytest.mark.parametrize(("others", "known"), [(2, True), (3, True), (4, False)])
def test_the_limit_of_deaths(monkeypatch: pytest.MonkeyPatch, others: int, known: bool) -> None:
    """The oldest with one death goes; one with two stays."""
    monkeypatch.setattr(module, "MAX_REMEMBERED", 5)
    monkeypatch.setattr(WorkerDeaths, "_OCTETS", module._COUNT.size + 5 * module._ENTRY.size)
    table = WorkerDeaths()
    assert [table.count(A), table.count(A), table.count(B)] == [1, 2, 1]
    for number in range(others):
        table.count(bytes([10 + number]) * 32)
    assert table.of(A) == 2
    assert (table.of(B) == 1) is known


async def test_a_suspect_is_examined_alone() -> None:
    """It waits for those that began before; those that come later wait for it, and aren't suspects meanwhile."""
    notes, deaths = InFlightNotes(), WorkerDeaths()
    deaths.count(B)
    work = InFlight(notes, deaths)
    began = [asyncio.Event() for _ in range(4)]
    ends = [asyncio.Event() for _ in range(4)]
    async with asyncio.TaskGroup() as tasks:
        for key, number in ((A, 0), (B, 1), (C, 2), (A, 3)):
            tasks.create_task(examined(work, key, began[number], ends[number]))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [one.is_set() for one in began] == [True, False, False, False]
        assert notes.suspects() == [A]
        ends[0].set()
        await began[1].wait()
        assert [one.is_set() for one in began] == [True, True, False, False]
        assert notes.suspects() == [B]
        ends[1].set()
        await asyncio.gather(began[2].wait(), began[3].wait())
        assert sorted(notes.suspects()) == [A, C]
        ends[2].set()
        ends[3].set()
    assert notes.suspects() == []


async def test_a_suspect_that_is_given_up_lets_the_others_go_on() -> None:
    """Its client has gone while it waited."""
    deaths = WorkerDeaths()
    deaths.count(B)
    work = InFlight(deaths=deaths)
    began, ends = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(examined(work, A, began, ends))
    await began.wait()
    suspect = asyncio.create_task(examined(work, B, asyncio.Event(), ends))
    await asyncio.sleep(0)
    suspect.cancel()
    last = asyncio.Event()
    other = asyncio.create_task(examined(work, C, last, ends))
    async with asyncio.timeout(5):
        await last.wait()
    ends.set()
    await asyncio.gather(first, other)
