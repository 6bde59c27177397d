"""The gateway with sandbox workers in which a library crashes when a message says so: `Gateway(folder, code=CODE)`."""

from __future__ import annotations

import sys

#: The sandbox's program.
CELL = (sys.executable, "-m", "tests.support.servers.crashing_worker")
CODE = f"""
from functools import partial
from gateway.assemble import understand
from gateway.cli.main import main
understand.Pool = partial(understand.Pool, command={CELL})
main()
"""
