"""Long work is done in short spells; between two of them everybody else has twice the time that the last one took.

`asyncio.sleep(0)` doesn't do that: a message goes through some twenty steps of the event loop, and each of them would
wait for one more piece of the long work.
"""

from __future__ import annotations

import asyncio
import time

#: Seconds of a spell. An ordinary message needs less for each of its steps.
SPELL_SECONDS = 0.001

#: A pause is so many times as long as the spell before it: long work has a third of a worker at most.
PAUSE_OF_A_SPELL = 2

#: Seconds of a pause at most: what lay between two pauses may have been a wait, and no work.
MAX_PAUSE_SECONDS = 0.02


class Spells:
    """Count the time of one piece of long work. Ask for a pause after each small step of it."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        """Begin a spell: what came before was a wait."""
        self._began = time.monotonic()

    async def pause(self) -> None:
        """Let the event loop do other things, if a spell has ended."""
        if (worked := time.monotonic() - self._began) >= SPELL_SECONDS:
            await asyncio.sleep(min(worked * PAUSE_OF_A_SPELL, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()

    def pause_thread(self) -> None:
        """Let other threads, the event loop's among them, do other things, if a spell has ended."""
        if (worked := time.monotonic() - self._began) >= SPELL_SECONDS:
            time.sleep(min(worked * PAUSE_OF_A_SPELL, MAX_PAUSE_SECONDS))
            self._began = time.monotonic()
