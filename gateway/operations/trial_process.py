"""Examine a message that ended others: `python -m gateway.operations.trial_process DESCRIPTOR JSON`, run by `trial`.

The message comes by standard input. It is judged as `mailwarden explain` judges it, and nothing is told but by the exit
status: that the process came to the end is the answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from gateway.log import configure
from gateway.operations.explain import Assumed, Source, explaining
from gateway.settings import Settings
from gateway.settings.shared import RunningSettings

#: Where memory runs out this process is ended first (proc(5)).
OOM_SCORE = "1000"


async def examine(settings: Settings, raw: bytes, assumed: Assumed) -> None:
    """Raises whatever examining it raises."""
    async with explaining(settings) as explainer:
        await explainer.explain(Source("-", lambda: raw), assumed)


def main() -> None:
    with suppress(OSError):  # where the kernel hasn't that, it chooses by itself
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, "ascii")
    settings = RunningSettings(int(sys.argv[1])).read()
    configure(settings.log.format, settings.log.level)
    order = json.loads(sys.argv[2])
    raw = sys.stdin.buffer.read()
    asyncio.run(examine(settings, raw, Assumed(order["from"], tuple(order["to"]))))


if __name__ == "__main__":
    main()
