"""The measurements of all processes together. They outlive a process: what a worker counted before it died stays."""

from __future__ import annotations

from typing import Any

from gateway.measures.measures import Key, Snapshot


class Totals:
    """The last measurements of each living process, and the sum of those of processes that have ended."""

    def __init__(self) -> None:
        self._living: dict[str, Snapshot] = {}
        self._past = _Sum()

    def take(self, process: str, snapshot: Snapshot) -> None:
        """Take the measurements of a process since its beginning; they replace those that it sent before."""
        self._living[process] = snapshot

    def ended(self, process: str) -> None:
        """Note that a process has ended: its counts and durations are kept, its gauges and states are not."""
        if snapshot := self._living.pop(process, None):
            self._past.add({**snapshot, "gauges": [], "states": []})

    def whole(self) -> Snapshot:
        """Return the sum: counters, histograms and gauges are added, and of each state the newest value counts."""
        whole = _Sum()
        whole.add(self._past.snapshot())
        for snapshot in self._living.values():
            whole.add(snapshot)
        return whole.snapshot()


class _Sum:
    """A sum of snapshots."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[Key, float]] = {"counts": {}, "gauges": {}}
        self._durations: dict[Key, list[float]] = {}
        self._states: dict[Key, list[float]] = {}

    def add(self, snapshot: Snapshot) -> None:
        for kind, numbers in self._numbers.items():
            for name, labels, value in snapshot[kind]:
                key = name, tuple(labels)
                numbers[key] = numbers.get(key, 0.0) + value
        for name, labels, row in snapshot["durations"]:
            key = name, tuple(labels)
            before = self._durations.get(key)
            self._durations[key] = [a + b for a, b in zip(before, row, strict=True)] if before else list(row)
        for name, labels, state in snapshot["states"]:
            key = name, tuple(labels)
            self._states[key] = max(state, self._states.get(key, state), key=lambda one: one[1])

    def snapshot(self) -> Snapshot:
        return {
            **{kind: _rows(numbers) for kind, numbers in self._numbers.items()},
            "durations": _rows(self._durations),
            "states": _rows(self._states),
        }


def _rows(values: dict[Key, Any]) -> list[Any]:
    return [[name, labels, value] for (name, labels), value in values.items()]
