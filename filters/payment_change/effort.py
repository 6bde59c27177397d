"""The effort that the search of one message's text may cost: processor time, and turns with other work."""

from __future__ import annotations

import time

from gateway.message import TimeSlices

#: Seconds of processor time for one message. The limits of characters keep all texts far below it on a machine that is
#: not overloaded, once the patterns have been searched a few times.
MAX_SECONDS = 0.25


class Effort:
    """Processor time of one search. The search asks before each of its steps whether it goes on."""

    def __init__(self, slices: TimeSlices | None = None, seconds: float = MAX_SECONDS) -> None:
        """Take `slices` where threads search: they let other threads work between the steps."""
        self._slices = slices
        self._left = seconds
        self.complete = True  # False: the time ended before the work

    @property
    def in_thread(self) -> bool:
        return self._slices is not None

    def begin(self) -> None:
        """Begin a phase, in the thread that does its work."""
        self._ends = time.thread_time() + self._left

    def goes_on(self) -> bool:
        """Return whether there is time left, after a pause if one is due."""
        if self._slices:
            self._slices.pause_thread()
        self._left = self._ends - time.thread_time()
        self.complete = self.complete and self._left > 0
        return self._left > 0
