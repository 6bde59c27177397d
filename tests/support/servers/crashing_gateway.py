"""The gateway with sandbox workers in which a library crashes when a message says so. Tests run it as a program."""

from __future__ import annotations

import sys
from functools import partial

import gateway.assemble.understand
from gateway.cli.main import main
from gateway.understand.sandbox.pool import Pool

CELL = (sys.executable, "-m", "tests.support.servers.crashing_worker")

if __name__ == "__main__":
    vars(gateway.assemble.understand)["Pool"] = partial(Pool, command=CELL)
    main()
