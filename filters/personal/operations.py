"""Reports about people as counts for each department: no content, no names, and nothing about a few people.

A count is shown only where it is about enough people. The other counts are added up over all departments, and their sum
is shown where it is about enough people. A window begins whole weeks ago, so that no two windows that are asked for at
one time differ by a day. It ends now: a later report has the mail that came in between.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from filters.personal.codes import CODES
from filters.personal.settings import PersonalSettings
from gateway.contract import Actor, AuditCounts, Clock, Directory, moment, operation

#: Name of the filter, and the first part of its codes.
PERSONAL = "personal"
#: The least number of people that a count must be about, where the chain has no such filter.
PEOPLE = 5
WEEK = timedelta(weeks=1)

#: person -> messages
Cell = dict[str, int]


class ReportOperations:
    """Answers to `report.*`."""

    def __init__(
        self, settings: Sequence[PersonalSettings], clock: Clock, directory: Directory, audit_counts: AuditCounts
    ) -> None:
        self._clock = clock
        self._directory = directory
        self._counts = audit_counts
        self._people = max((one.report_people for one in settings), default=PEOPLE)
        self._codes = sorted(CODES) if settings else []

    @operation("report.personal", "reviewer", "approver")
    async def _personal(self, _: Actor, since: str) -> dict[str, Any]:
        start = whole_weeks(moment(since), self._clock.now())
        cells: dict[tuple[str | None, str], Cell] = defaultdict(lambda: defaultdict(int))
        for (sender, code), messages in (await self._counts.by_sender(PERSONAL, start)).items():
            if not self._directory.is_ours(sender):
                continue  # from a private account: the trail does not name its owner
            person = self._directory.person(sender)
            name = person.addresses[0].lower() if person else sender
            cells[(person.department or None) if person else None, code][name] += messages
        departments = suppressed(cells, self._codes, self._people)
        return {"since": start.isoformat(), "people": self._people, "departments": departments}


def whole_weeks(since: datetime, now: datetime) -> datetime:
    """Return `since`, moved back to a whole number of weeks before the last midnight (UTC); at least one week."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - WEEK * max(1, math.ceil((midnight - since) / WEEK))


def suppressed(cells: Mapping[tuple[str | None, str], Cell], codes: Iterable[str], people: int) -> list[dict[str, Any]]:
    """Return a row for each department with a count that is shown, and last the sum of the others; None = suppressed.

    Nought is suppressed as well: else it would tell "nobody" from "a few".
    """
    columns = sorted({*codes, *(code for _, code in cells)})
    rows: dict[str, dict[str, int | None]] = {}
    rest: dict[str, Cell] = {code: defaultdict(int) for code in columns}
    for (department, code), cell in sorted(cells.items(), key=lambda item: (item[0][0] or "", item[0][1])):
        if department is not None and len(cell) >= people:
            rows.setdefault(department, dict.fromkeys(columns))[code] = sum(cell.values())
        else:
            for person, messages in cell.items():
                rest[code][person] += messages
    others = {code: sum(cell.values()) if len(cell) >= people else None for code, cell in rest.items()}
    shown = [{"department": name, "counts": counts} for name, counts in rows.items()]
    return [*shown, {"department": None, "counts": others}]
