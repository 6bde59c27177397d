"""A process that carries out one operation on a store and kills itself with SIGKILL at a commit: `Desk.do`.

`python -m tests.support.servers.killed_desk` loads the program once, and copies itself for each operation. Nothing of
the copy is left then but what the database has.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import app
from gateway.assemble.store import open_store
from gateway.contract import Actor
from gateway.language_model.gate import read_gate
from gateway.log.output import configure
from gateway.operations.control import EVERY_ROLE
from gateway.operations.dispatch import Operations
from gateway.remember.database.database import Database
from gateway.settings.models import Settings

PROJECT = Path(__file__).resolve().parents[3]
ALICE, CAROL = Actor("alice", EVERY_ROLE, 1001), Actor("carol", EVERY_ROLE, 1002)
ACTORS = {actor.name: actor for actor in (ALICE, CAROL)}

#: The exit status of a copy that came to its end, before the number of its commits is added.
DONE = 10

When = Literal["before", "after"]


class Desk:
    """`with Desk() as desk`: the process that is copied."""

    def __enter__(self) -> Desk:
        command = [sys.executable, "-m", "tests.support.servers.killed_desk"]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def do(
        self, config: Path, actor: Actor, name: str, arguments: dict[str, Any], at: int = 0, when: When = "before"
    ) -> int:
        """Carry out an operation; kill its process before or after its commit number `at`.

        Return how the process ended: the number of its commits, or the signal as a negative number.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([str(config), actor.name, name, arguments, at, when]) + "\n")
        stdin.flush()
        status = int(stdout.readline())
        assert status < 0 or status > DONE, f"{name} failed, see the standard error"
        return status - DONE if status > 0 else status


# --- the process that is copied --------------------------------------------------------------------------------------


def kill_at(number: int, when: When) -> list[int]:
    """Let the process kill itself at this commit. Return a list that holds the number of commits so far."""
    count, writing = [0], Database.writing

    @asynccontextmanager
    async def counted(self: Database) -> AsyncIterator[AsyncConnection]:
        count[0] += 1
        is_last = count[0] == number
        async with writing(self) as connection:
            yield connection
            if is_last and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.writing = counted  # type: ignore[method-assign]
    return count


@cache
def settings_at(config: str) -> Settings:
    return app.read_settings(Path(config))


async def carry_out(settings: Settings, actor: Actor, name: str, arguments: dict[str, Any]) -> None:
    store = await open_store(settings, create=False)
    parts = app.build(settings, store, quiet=True)
    keeper = app.build_keeper(parts)
    await Operations(parts, app.build_release(parts, keeper), keeper).do(name, actor, arguments)


def main() -> None:
    for line in sys.stdin:
        config, actor, name, arguments, at, when = json.loads(line)
        settings = settings_at(config)
        pid = os.fork()
        if not pid:
            count = kill_at(at, when)
            asyncio.run(carry_out(settings, ACTORS[actor], name, arguments))
            os._exit(DONE + count[0])
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    configure("human", "error", to=sys.stderr)  # standard output has the answers alone
    read_gate()  # once, for all copies
    gc.freeze()
    main()
