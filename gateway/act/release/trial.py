"""Trial of a message that ended processes: a process of its own examines it once more (`trial_process.py`).

A message held as `gateway.poison` is examined once more before its release, and the keeper must outlive that.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence

from gateway.settings.models import Settings
from gateway.settings.shared import RunningSettings

#: The module that runs as the trial process.
PROGRAM = "gateway.operations.trial_process"

#: Seconds to load the program. The examination may take another two times `judge_seconds`, a worker's time.
LOAD_SECONDS = 60.0


class Trial:
    """Trial of messages under one configuration."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, raw: bytes, mail_from: str, recipients: Sequence[str]) -> str:
        """Return how the process ended, in a clause, if not well; else "". Raises OSError where none can be started."""
        order = json.dumps({"from": mail_from, "to": list(recipients)})
        settings = RunningSettings.of(self._settings).descriptor
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", PROGRAM, str(settings), order),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=(settings,),
            )
        finally:
            os.close(settings)
        seconds = LOAD_SECONDS + 2 * self._settings.limits.judge_seconds
        try:
            async with asyncio.timeout(seconds):
                await process.communicate(raw)
        except TimeoutError:
            return f"it had not ended after {seconds:.0f} seconds"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        code = process.returncode or 0
        return f"it ended with signal {-code}" if code < 0 else f"it ended with status {code}" if code else ""
