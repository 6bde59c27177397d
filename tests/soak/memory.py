"""Memory of the gateway's processes over the soak: growth after warm-up, of each that lived long enough to tell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

#: A process is looked at if it was watched for so many seconds.
TELLING_SECONDS = 240.0
#: Share of a process's life that is its warm-up; after it, the first and the last fifth of the rest are compared.
WARM_UP, COMPARED = 1 / 3, 1 / 5
MOST_GROWTH = 0.05


@dataclass
class Memory:
    """Resident octets of each process by (name, pid), with the time of each look."""

    looks: dict[tuple[str, int], list[tuple[float, int]]] = field(default_factory=dict)

    def look(self, processes: dict[str, int]) -> None:
        for name, pid in processes.items():
            if (octets := resident(pid)) is not None:
                self.looks.setdefault((name, pid), []).append((time.monotonic(), octets))

    def growth(self) -> dict[str, tuple[float, float, float]]:
        """Return seconds, octets after warm-up and growth of each process that was watched long enough."""
        found = {}
        for (name, pid), looks in self.looks.items():
            seconds = looks[-1][0] - looks[0][0]
            if seconds >= TELLING_SECONDS:
                found[f"{name} ({pid})"] = (seconds, *grown(looks))
        return found


def grown(looks: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Return the octets after warm-up, and by which share they have grown at the end."""
    begin, end = looks[0][0], looks[-1][0]
    warm = begin + (end - begin) * WARM_UP
    part = (end - warm) * COMPARED
    first = median(octets for at, octets in looks if warm <= at <= warm + part)
    last = median(octets for at, octets in looks if at >= end - part)
    return first, last / first - 1


def resident(pid: int) -> int | None:
    """Return the resident octets of a process; None where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:")), None)
