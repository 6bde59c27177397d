"""The filters' warnings of all processes, of which the supervisor logs each once.

Every process proves its own filters, and the same trouble, as with clamd, is found by each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog

log = structlog.get_logger("process")


class FilterWarnings:
    """The last warnings of each process; those of a process that died count until it has proven its filters again."""

    def __init__(self) -> None:
        self._of: dict[str, Mapping[str, str]] = {}

    def take(self, process: str, warnings: Mapping[str, str], away: Collection[str]) -> None:
        """Take the warnings of a process by the filters' names; log those that appeared, or ended, in all of them.

        `away` names the filters that lack a program which gives no answer.
        """
        before = self._all
        self._of[process] = warnings
        now = self._all
        for name, sentence in sorted(now - before):
            log.warning(f"{name}.away" if name in away else f"{name}.blind", warning=sentence)
        for name in sorted({name for name, _ in before} - {name for name, _ in now}):
            log.info(f"{name}.proven")

    @property
    def _all(self) -> set[tuple[str, str]]:
        """Filter and sentence of every warning."""
        return {one for warnings in self._of.values() for one in warnings.items()}
