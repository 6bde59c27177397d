"""A process that examines a message that ended other processes; `gateway.act.release.trial` starts it.

It is run as `python -m gateway.operations.trial_process DESCRIPTOR JSON`. The message comes by standard input and is
judged as by `mailwarden explain`. The exit status is the only answer: it tells whether the process came to its end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from gateway.log.output import configure
from gateway.operations.explain import Assumed, Source, explaining
from gateway.settings.models import Settings
from gateway.settings.shared import RunningSettings

#: Score in /proc/self/oom_score_adj: where memory runs out, the kernel ends this process first (proc(5)).
OOM_SCORE = "1000"


async def examine(settings: Settings, raw: bytes, assumed: Assumed) -> None:
    """Examine a message. Raises every error of the examination."""
    async with explaining(settings) as explainer:
        await explainer.explain(Source("-", lambda: raw), assumed)


def main() -> None:
    with suppress(OSError):  # a kernel without that file chooses by itself
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, "ascii")
    settings = RunningSettings(int(sys.argv[1])).read()
    configure(settings.log.format, settings.log.level)
    order = json.loads(sys.argv[2])
    raw = sys.stdin.buffer.read()
    asyncio.run(examine(settings, raw, Assumed(order["from"], tuple(order["to"]))))


if __name__ == "__main__":
    main()
