"""The measurements of one process: sums, histograms, gauges and states, in memory alone. They never fail or wait.

`MEASURES` belongs to the process, as its log does: whatever counts something imports it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.measures.catalogue import BUCKETS, METRICS, MOST_LABEL_SETS, OTHER

Labels = tuple[str, ...]
Key = tuple[str, Labels]
Value = TypeVar("Value")

#: Measurements as JSON can hold them: four lists; each row has name, labels and value.
Snapshot = dict[str, list[Any]]


class Measures:
    """Counts, durations, gauges and states, each by the name of a metric in the catalogue and its labels."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.clear()

    def clear(self) -> None:
        """Forget all measurements: a process that begins as a copy begins with none."""
        self._counts: dict[Key, float] = {}
        self._durations: dict[Key, list[float]] = {}  # one number for each bucket, one beyond them, and the sum
        self._gauges: dict[Key, float] = {}
        self._states: dict[Key, tuple[float, float]] = {}  # value, and when it was noted
        self._sets: dict[str, int] = {}

    def count(self, name: str, *labels: str, amount: float = 1.0) -> None:
        """Add to a counter."""
        key = self._key(self._counts, name, labels)
        self._counts[key] = self._counts.get(key, 0.0) + amount

    def observe(self, name: str, *labels: str, seconds: float) -> None:
        """Add a duration to a histogram."""
        key = self._key(self._durations, name, labels)
        row = self._durations.get(key)
        if row is None:
            row = self._durations[key] = [0.0] * (len(BUCKETS) + 2)
        row[bisect_left(BUCKETS, seconds)] += 1
        row[-1] += seconds

    def gauge(self, name: str, *labels: str, value: float) -> None:
        """Set a gauge of this process."""
        self._gauges[self._key(self._gauges, name, labels)] = value

    def state(self, name: str, *labels: str, value: float) -> None:
        """Note the state of something outside, as this process sees it now."""
        self._states[self._key(self._states, name, labels)] = value, self._now()

    def forget_states(self) -> None:
        """Forget the states: after a reload, what was outside may be another."""
        self._states = {}

    def snapshot(self) -> Snapshot:
        """Return all measurements since the process began."""
        return {
            "counts": [[name, labels, value] for (name, labels), value in self._counts.items()],
            "durations": [[name, labels, list(row)] for (name, labels), row in self._durations.items()],
            "gauges": [[name, labels, value] for (name, labels), value in self._gauges.items()],
            "states": [[name, labels, list(value)] for (name, labels), value in self._states.items()],
        }

    def _key(self, known: dict[Key, Value], name: str, labels: Labels) -> Key:
        """Return the key for a metric and its labels; the bounded number of label sets bounds the memory."""
        key = name, labels
        if key in known:
            return key
        if len(labels) != len(METRICS[name].labels):
            raise LookupError(f"{name} has the labels {METRICS[name].labels}, not {len(labels)}")
        if self._sets.get(name, 0) >= MOST_LABEL_SETS:
            return name, (OTHER,) * len(labels)
        self._sets[name] = self._sets.get(name, 0) + 1
        return key


#: The measurements of this process.
MEASURES = Measures()
