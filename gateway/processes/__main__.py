"""A worker or the keeper that the supervisor starts in the place of one that died: `python -m gateway.processes JSON`.

All that is loaded stays to the end: the collector, which would walk it again and again meanwhile, is off.
"""

from __future__ import annotations

import gc

gc.disable()

from gateway.processes.process import main  # noqa: E402  # with the collector off

if __name__ == "__main__":
    gc.enable()
    main()
