"""The processor time of one search."""

from __future__ import annotations

from typing import cast

import pytest

from filters.payment_change import effort as effort_module
from filters.payment_change.effort import Effort
from gateway.message import TimeSlices


def test_phases_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phase in another thread, whose clock differs, has what the phases before it left, the last step of each too."""
    now = 100.0
    monkeypatch.setattr(effort_module.time, "thread_time", lambda: now)
    effort = Effort(TimeSlices(), seconds=1.0)
    with effort.phase():
        now = 100.75
        assert effort.is_left()
        now = 100.875
    now = 3.0
    with effort.phase():
        assert effort.is_left()
        now = 3.125
        assert not effort.is_left()
    assert not effort.complete


def test_a_thread_lets_others_work() -> None:
    """The slices pause between the steps; without a thread nothing waits."""
    pauses: list[int] = []

    class Slices:
        def pause_thread(self) -> None:
            pauses.append(1)

    effort = Effort(cast(TimeSlices, Slices()))
    assert effort.in_thread
    effort.pause()
    assert pauses == [1]
    Effort().pause()
    assert pauses == [1]
