"""The report of personal use, as counts for each department."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.personal.codes import CODES
from filters.personal.settings import PersonalSettings
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
PERSONAL = "personal"


class ReportOperations:
    """Answers to `report.*`."""

    def __init__(
        self,
        settings: Sequence[PersonalSettings],
        clock: Clock,
        directory: Directory,
        audit_counts: AuditCounts,
        audit_days: int,
    ) -> None:
        self._clock = clock
        people = max((one.report_people for one in settings), default=LEAST_PEOPLE)
        self._counts = DepartmentCounts(PERSONAL, CODES, people, directory, audit_counts, audit_days)

    @operation("report.personal", "reviewer", "approver")
    async def _personal(self, _: Actor, month: str) -> dict[str, Any]:
        return await self._counts.report(month, self._clock.now())
