"""The effort that the search of one message's text may cost: processor time, and turns with other work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.message import TimeSlices

#: Seconds of processor time for one message. The letter, and words for a change, are searched in any case; attachments
#: and words against a change while time is left. The limits of characters keep ordinary text below a third of it, and a
#: message that needs no thread below it whatever its text: its time isn't measured.
MAX_SECONDS = 0.25


class Effort:
    """Processor time of one search."""

    def __init__(self, slices: TimeSlices | None = None, seconds: float = MAX_SECONDS) -> None:
        """Take `slices` where threads search: they let other threads work between the steps."""
        self._slices = slices
        self._left = seconds
        self._began = 0.0
        self.complete = True  # False: the time ended before the work

    @property
    def in_thread(self) -> bool:
        return self._slices is not None

    @contextmanager
    def phase(self) -> Iterator[None]:
        """Charge a phase of the search, in the thread that does its work."""
        if not self.in_thread:
            yield
            return
        self._began = time.thread_time()
        try:
            yield
        finally:
            self._left -= time.thread_time() - self._began

    def pause(self) -> None:
        """Let other threads work, where a thread searches and a pause is due."""
        if self._slices:
            self._slices.pause_thread()

    def is_left(self) -> bool:
        """Return whether this phase has time left, as it always has on the event loop. If not, clear `complete`."""
        left = not self.in_thread or self._left - (time.thread_time() - self._began) > 0
        self.complete = self.complete and left
        return left
