"""The plan of faults: a seed and a length make it, and nothing else."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

#: Faults of what is around the gateway, with their weights; each lasts some seconds.
OUTSIDE = {
    "clamd is killed": 2,
    "clamd stalls": 2,
    "clamd says clean": 2,
    "clamd says found": 1,
    "clamd talks nonsense": 2,
    "next hop says 4xx": 3,
    "next hop says 5xx": 2,
    "next hop stalls": 2,
    "next hop hangs up": 2,
    "next hop takes and hangs up": 2,
    "mailbox is full": 3,
    "DNS is dead": 2,
}
#: Faults of the machine and of the gateway's processes.
INSIDE = {
    "store is locked": 3,
    "disk is full": 3,
    "clock jumps": 3,
    "SIGHUP": 3,
    "worker is killed": 4,
    "sandbox is killed": 4,
}
#: Faults that end processes whose memory is watched: each once, in the first third.
EARLY = ("first worker is killed", "keeper is killed", "supervisor is killed")
EARLY_SHARE = 1 / 3
#: A fault for which it is so many seconds too late is left out, since the machine is too slow for the whole plan.
TOO_LATE = 20.0
#: Seconds that a fault lasts and that lie between two of a track. SQLite's lock is waited for twenty seconds.
#: A process that was killed is there again after some seconds, later if others died shortly before.
LASTS, LOCK_LASTS, KILL_LASTS, PAUSES = (2.0, 9.0), (3.0, 26.0), (8.0, 14.0), (1.0, 6.0)
#: Seconds without faults at the beginning.
QUIET = 3.0
#: The clock is never set on by the days after which mail is purged; 30 hours end the outbox's time.
AHEAD = (-3 * 3600.0, -600.0, 0.0, 2 * 3600.0, 30 * 3600.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its begin in seconds from the start, how long it lasts, and a number where it needs one."""

    at: float
    name: str
    seconds: float
    number: float = 0.0

    def __str__(self) -> str:
        number = f" ({self.number:+.0f} s)" if self.name == "clock jumps" else ""
        return f"{self.at:6.1f} s  {self.name}{number}, {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Plan:
    """Two tracks that run at the same time, each one fault after another."""

    outside: Sequence[Fault]
    inside: Sequence[Fault]
    has_journal: bool

    @property
    def faults(self) -> list[Fault]:
        return sorted((*self.outside, *self.inside), key=lambda fault: fault.at)


def make_plan(seed: int, seconds: float) -> Plan:
    """Return the plan for a soak of so many seconds."""
    random_ = random.Random(f"plan {seed}")
    early = random_.sample(EARLY, len(EARLY))
    outside, inside = _track(random_, OUTSIDE, seconds, []), _track(random_, INSIDE, seconds, early)
    return Plan(outside, inside, has_journal=random_.random() < 0.5)


def _track(random_: random.Random, weights: dict[str, int], seconds: float, first: list[str]) -> list[Fault]:
    """Return faults one after another; each of `first` once, as soon as its own time in the early share has come."""
    faults: list[Fault] = []
    at = QUIET
    times = sorted(random_.uniform(0, seconds * EARLY_SHARE * 0.8) for _ in first)
    waiting = deque(zip(times, first, strict=True))
    while at < seconds - LASTS[1]:
        is_due = waiting and waiting[0][0] <= at
        name = waiting.popleft()[1] if is_due else random_.choices(list(weights), list(weights.values()))[0]
        lasts = random_.uniform(*_range(name))
        faults.append(Fault(at, name, lasts, random_.choice(AHEAD) if name == "clock jumps" else random_.random()))
        at += lasts + random_.uniform(*PAUSES)
    return faults


def _range(name: str) -> tuple[float, float]:
    """Return the least and the most seconds of a fault."""
    if name == "store is locked":
        return LOCK_LASTS
    return KILL_LASTS if name in EARLY or name == "worker is killed" else LASTS
