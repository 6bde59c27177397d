"""CPU time of each shipped filter for a message, all of them in this process and in those that it starts.

The message is read and opened as in the gateway, and each filter is asked in the order of the chain. What the filters
share, the text above all, counts for the first one that asks for it. clamd's own time counts nowhere.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import children, tree_cpu_seconds
from tests.corpus.shipped import Shipped

#: Name of what comes before the filters.
READING = "reading"
#: Filters that don't work on the text of a message.
NOT_TEXT = frozenset({READING, "virus", "attachments"})


@dataclass(slots=True)
class Costs:
    """CPU milliseconds for one message, by filter."""

    ms: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> float:
        """Milliseconds of the filters that work on the text."""
        return sum(ms for name, ms in self.ms.items() if name not in NOT_TEXT)

    @property
    def whole(self) -> float:
        """Milliseconds of reading the message and of the filters that work on the text."""
        return self.ms[READING] + self.text

    @contextmanager
    def clock(self, name: str) -> Iterator[None]:
        """Time a block. The kernel counts the time of other processes in steps of some milliseconds."""
        others = tree_cpu_seconds(children(os.getpid()))
        began = time.process_time()
        yield
        ours = time.process_time() - began
        self.ms[name] = (ours + tree_cpu_seconds(children(os.getpid())) - others) * 1000


async def costs(shipped: Shipped, raw: bytes, *recipients: str, without: Collection[str] = ()) -> Costs:
    """Return the cost of one message, inbound unless recipients are named; the filters in `without` aren't asked."""
    found = Costs()
    with found.clock(READING):
        mail = await shipped.examined(raw, *recipients)
    for name, one in shipped.filters.items():
        if name not in without and not mail.directions.isdisjoint(one.shipped_directions):
            with found.clock(name):
                await one.check(mail)
    return found
