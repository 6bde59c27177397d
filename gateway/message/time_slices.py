"""Long work in short spells, with pauses in which the event loop and other threads do their work.

A pause is twice as long as the spell before it. `asyncio.sleep(0)` isn't enough: a message goes through some twenty
steps of the event loop, and each of them would wait for one more piece of the long work.
"""

from __future__ import annotations

import asyncio
import time

#: Seconds of a spell. An ordinary message needs less for each of its steps.
SPELL_SECONDS = 0.001

#: Length of a pause, in lengths of the spell before it: long work has a third of a worker at most.
PAUSE_OF_A_SPELL = 2

#: Seconds of a pause at most: the time between two pauses may have been a wait, and no work.
MAX_PAUSE_SECONDS = 0.02


class TimeSlices:
    """A timer of one piece of long work. The work asks for a pause after each of its small steps."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        """Begin a spell; the time before it was a wait."""
        self._began = time.monotonic()

    async def pause(self) -> None:
        """Let the event loop do other things, if a spell has ended."""
        if (worked := time.monotonic() - self._began) >= SPELL_SECONDS:
            await asyncio.sleep(min(worked * PAUSE_OF_A_SPELL, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()

    def pause_thread(self) -> None:
        """Let other threads, such as the event loop's, do other things, if a spell has ended."""
        if (worked := time.monotonic() - self._began) >= SPELL_SECONDS:
            time.sleep(min(worked * PAUSE_OF_A_SPELL, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()
