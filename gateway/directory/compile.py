"""The compilation of the directory, in a process of its own: a large one takes half a gigabyte, freed at its end.

Supervisor and keeper wait for the process without being slowed down. It gets the settings and answers with the outcome,
pickled.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from datetime import datetime

from gateway.directory.compiled import DirectoryUnavailable
from gateway.directory.sources import Compiled, as_it_is, refresh
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError


async def refreshed(settings: Settings, now: datetime) -> Compiled:
    """Refresh the directory as `refresh` does; start no process where nothing is to be done.

    Raises ConfigurationError and DirectoryUnavailable.
    """
    if state := await asyncio.to_thread(as_it_is, settings, now):
        return state
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.directory.compile", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        answer, _ = await process.communicate(pickle.dumps((settings, now)))
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        raise DirectoryUnavailable(f"compiling the directory ended with status {process.returncode}")
    outcome: Compiled | Exception = pickle.loads(answer)  # noqa: S301  # of our own process
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _outcome(settings: Settings, now: datetime) -> Compiled | Exception:
    try:
        return refresh(settings, now)
    except (ConfigurationError, DirectoryUnavailable) as error:
        return error


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(_outcome(*pickle.load(sys.stdin.buffer))))  # noqa: S301  # `refreshed` wrote it
