"""The processor time of one search."""

from __future__ import annotations

from typing import cast

import pytest

from filters.payment_change import effort as effort_module
from filters.payment_change.effort import Effort
from gateway.message import TimeSlices


def test_phases_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phase in another thread, whose clock differs, has what the phases before it left."""
    now = 100.0
    monkeypatch.setattr(effort_module.time, "thread_time", lambda: now)
    effort = Effort(seconds=1.0)
    effort.begin()
    now = 100.75
    assert effort.goes_on()
    now = 3.0
    effort.begin()
    now = 3.25
    assert not effort.goes_on()
    assert not effort.complete


def test_a_thread_lets_others_work() -> None:
    """The slices pause before each step."""
    pauses: list[int] = []

    class Slices:
        def pause_thread(self) -> None:
            pauses.append(1)

    effort = Effort(cast(TimeSlices, Slices()))
    assert effort.in_thread
    effort.begin()
    assert effort.goes_on()
    assert pauses == [1]
