"""`make soak`: the gateway under load while everything around it and in it breaks; then a balance.

`MINUTES=10` is its length, `SEED=…` repeats the plan of faults and the mail. It listens on loopback alone, ends what it
started, and leaves the logs in build/soak. Exits with 1 where something differs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.soak.clock import JumpingClock
from tests.soak.memory import MOST_GROWTH
from tests.soak.plan import make_plan
from tests.soak.run import Result, soak
from tests.support.servers.gateway import PROJECT, command

COLUMNS = ("messages", "copies", "delivered", "held", "bounced", "lost", "twice", "refused")
#: Differences that are printed; the folder has all.
SHOWN = 40


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--rate", type=float, default=8.0, help="messages a second")
    given = arguments.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    folder = PROJECT / "build" / "soak" / str(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plan = make_plan(seed, given.minutes * 60)
    (folder / "plan").write_text("\n".join(map(str, plan.faults)) + "\n")
    journal = "with" if plan.has_journal else "without"
    print(f"make soak MINUTES={given.minutes:g} SEED={seed}", f"({journal} journal, {len(plan.faults)} faults)")
    print(f"the plan, the logs and the store: {folder}", flush=True)
    clock = JumpingClock(folder / "clock")
    os.environ["PYTHONPATH"] = clock.python_path
    running = soak(
        folder,
        clock,
        plan,
        seed=seed,
        seconds=given.minutes * 60,
        rate=given.rate,
        say=_sayer(folder / "events"),
        command=command(),
    )
    try:
        result = asyncio.run(_stoppable(running))
    except asyncio.CancelledError:
        print("stopped, and everything that it had started")
        return 1
    text, is_fine = table(result)
    (folder / "balance").write_text(text)
    print(text)
    return 0 if is_fine else 1


async def _stoppable(running: Coroutine[Any, Any, Result]) -> Result:
    """Run until SIGINT or SIGTERM; all that was started is ended then, too, though a script has SIGINT ignored."""
    task = asyncio.ensure_future(running)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _sayer(file: Path) -> Callable[[str], None]:
    """Return a function that writes a line to the file, with the time of day."""

    def say(line: str) -> None:
        with file.open("a") as events:
            events.write(f"{time.strftime('%H:%M:%S')} {line}\n")

    return say


def table(result: Result) -> tuple[str, bool]:
    """Return the tables, and whether nothing differs."""
    balance = result.balance
    lines = ["", f"{'kind':<10}" + "".join(f"{name:>10}" for name in COLUMNS)]
    lines += [
        f"{kind:<10}" + "".join(f"{row[name]:>10}" for name in COLUMNS) for kind, row in sorted(balance.rows.items())
    ]
    sums = [sum(row[name] for row in balance.rows.values()) for name in COLUMNS]
    lines += [f"{'all':<10}" + "".join(f"{number:>10}" for number in sums)]
    lines += [f"in {result.attempts} tries; of the copies that came twice SMTP explains {balance.explained}", ""]
    lines += [f"{'metric':<40}{'counted':>14}{'balance':>14}{'unsure':>10}"]
    lines += [f"{one.what:<40}{one.counted:>14.0f}{one.certain:>14.0f}{one.unsure:>10.0f}" for one in balance.lines]
    growth = result.memory.growth()
    lines += ["", f"{'memory':<24}{'seconds':>10}{'MiB':>10}{'growth':>10}"]
    lines += [
        f"{name:<24}{seconds:>10.0f}{octets / 2**20:>10.1f}{more:>10.1%}"
        for name, (seconds, octets, more) in sorted(growth.items())
    ]
    lines += ["" if growth else "(no process lived long enough to tell)"]
    lines += ["faults: " + ", ".join(f"{name} {number}" for name, number in sorted(result.faults.items()))]
    lines += [f"faults left out, since the machine was too slow: {result.left_out}", ""]
    wrong = [
        *balance.wrong,
        *(f"{name} grew by {more:.1%}" for name, (_, _, more) in growth.items() if more >= MOST_GROWTH),
        *([f"audit verify: {result.audit}"] if result.audit else []),
    ]
    lines += wrong[:SHOWN] + ([f"… and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else [])
    lines.append(f"{len(wrong)} things differ" if wrong else "nothing is lost, nothing came twice, all is equal")
    return "\n".join(lines), not wrong


if __name__ == "__main__":
    sys.exit(main())
