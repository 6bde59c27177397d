"""Counts for each department: no content, no names, and nothing about a few people.

A count is shown only where it is about enough people. The other counts are added up over all departments, and their sum
is shown where it is about enough people. A window begins whole weeks ago, so that no two windows that are asked for at
one time differ by a day. It ends now: a later report has the mail that came in between.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.contract.operations import AuditCounts
from gateway.contract.services import Directory

#: The least number of people that a count must be about, where the chain has no filter that says another.
LEAST_PEOPLE = 5
WEEK = timedelta(weeks=1)

#: person -> messages
Cell = dict[str, int]


class DepartmentCounts:
    """Counts of one filter's findings in the mail of our people, by department."""

    def __init__(self, area: str, codes: Iterable[str], people: int, directory: Directory, counts: AuditCounts) -> None:
        """`area` is the first part of the codes; a report has a column for each of `codes`."""
        self._area = area
        self._codes = tuple(codes)
        self._people = people
        self._directory = directory
        self._counts = counts

    async def report(self, since: datetime, now: datetime) -> dict[str, Any]:
        """Return the report of the whole weeks from `since` on."""
        start = whole_weeks(since, now)
        cells: dict[tuple[str | None, str], Cell] = defaultdict(lambda: defaultdict(int))
        for (sender, code), messages in (await self._counts.by_sender(self._area, start)).items():
            if not self._directory.is_ours(sender):
                continue  # from outside, or from a private account: the trail does not name its owner
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
