"""A worker or the keeper that the supervisor starts in place of a dead one: `python -m gateway.processes JSON`.

The garbage collector is off while modules load: loaded objects stay to the end, and it would walk them again and again.
"""

from __future__ import annotations

import gc

gc.disable()

from gateway.processes.process import main  # noqa: E402  # with the collector off

if __name__ == "__main__":
    gc.enable()
    main()
