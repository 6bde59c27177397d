"""The report of conduct, as counts for each department."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.language.codes import BY_KIND
from filters.language.settings import LanguageSettings
from gateway.contract import (
    LEAST_PEOPLE,
    Actor,
    AuditCounts,
    Clock,
    DepartmentCounts,
    Directory,
    operation,
)

#: Name of the filter, and the first part of its codes.
LANGUAGE = "language"


class ReportOperations:
    """Answers to `report.*`."""

    def __init__(
        self,
        settings: Sequence[LanguageSettings],
        clock: Clock,
        directory: Directory,
        audit_counts: AuditCounts,
        audit_days: int,
    ) -> None:
        self._clock = clock
        people = max((one.report_people for one in settings), default=LEAST_PEOPLE)
        kinds = BY_KIND.values()  # a suspicion of the language model alone isn't counted
        self._counts = DepartmentCounts(LANGUAGE, kinds, people, directory, audit_counts, audit_days)

    @operation("report.conduct", "reviewer", "approver")
    async def _conduct(self, _: Actor, month: str) -> dict[str, Any]:
        return await self._counts.report(month, self._clock.now())
