"""Long work in short slices: what goes on in between."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from gateway.message import time_slices
from gateway.message.time_slices import MAX_PAUSE_SECONDS, PAUSE_OF_A_SLICE, SLICE_SECONDS, TimeSlices


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr(time_slices.time, "monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses, none of which is waited for."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(time_slices.asyncio, "sleep", sleep)
    monkeypatch.setattr(time_slices.time, "sleep", made.append)
    return made


WORKED = [
    (SLICE_SECONDS / 2, []),
    (SLICE_SECONDS * 2, [SLICE_SECONDS * 2 * PAUSE_OF_A_SLICE]),
    (60.0, [MAX_PAUSE_SECONDS]),
]


@pytest.mark.parametrize(("worked", "expected"), WORKED)
async def test_pause_depends_on_the_work_before_it(
    worked: float, expected: list[float], now: list[float], pauses: list[float]
) -> None:
    work = TimeSlices()
    now[0] += worked
    await work.pause()
    assert pauses == pytest.approx(expected)


@pytest.mark.parametrize(("worked", "expected"), WORKED)
def test_thread_pauses_alike(worked: float, expected: list[float], now: list[float], pauses: list[float]) -> None:
    work = TimeSlices()
    now[0] += worked
    work.pause_thread()
    assert pauses == pytest.approx(expected)


async def test_new_spell_begins_after_a_pause(now: list[float], pauses: list[float]) -> None:
    work = TimeSlices()
    now[0] += SLICE_SECONDS
    await work.pause()
    await work.pause()
    now[0] += SLICE_SECONDS / 2
    await work.pause()
    assert len(pauses) == 1


async def test_other_tasks_get_many_steps_between_two_spells() -> None:
    """Twenty steps of another task need no twenty slices of the long work."""
    spells_until_done: list[int] = []
    done = asyncio.Event()

    async def other() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        done.set()

    work, count = TimeSlices(), 0
    task = asyncio.create_task(other())
    while not done.is_set() and count < 1000:
        ends = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < ends:
            pass
        count += 1
        await work.pause()
    spells_until_done.append(count)
    await task
    assert spells_until_done[0] < 10


def test_thread_lets_other_threads_work() -> None:
    """A thread that pauses isn't in the way of one that waits for the interpreter."""
    work, stop = TimeSlices(), threading.Event()

    def long() -> None:
        while not stop.is_set():
            work.pause_thread()

    thread = threading.Thread(target=long)
    thread.start()
    time.sleep(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
