"""Long work in short slices of time, with pauses in which the event loop and other threads do their work.

A pause is twice as long as the slice before it. `asyncio.sleep(0)` isn't enough: a message goes through some twenty
steps of the event loop, and each of them would wait for one more piece of the long work.
"""

from __future__ import annotations

import asyncio
import time

#: Seconds of a slice. An ordinary message needs less for each of its steps.
SLICE_SECONDS = 0.001

#: Length of a pause, in lengths of the slice before it: long work has a third of a worker at most.
PAUSE_OF_A_SLICE = 2

#: Seconds of a pause at most: the time between two pauses may have been a wait, and no work.
MAX_PAUSE_SECONDS = 0.02


class TimeSlices:
    """A timer of one piece of long work. The work asks for a pause after each of its small steps."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        """Begin a slice; the time before it was a wait."""
        self._began = time.monotonic()

    async def pause(self) -> None:
        """Let the event loop do other things, if a slice has ended."""
        if (worked := time.monotonic() - self._began) >= SLICE_SECONDS:
            await asyncio.sleep(min(worked * PAUSE_OF_A_SLICE, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()

    def pause_thread(self) -> None:
        """Let other threads, such as the event loop's, do other things, if a slice has ended."""
        if (worked := time.monotonic() - self._began) >= SLICE_SECONDS:
            time.sleep(min(worked * PAUSE_OF_A_SLICE, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()
