"""Counts for each department: no content, no names, and nothing about a few people.

A count is shown only where it is about enough people. The other counts are added up over all departments, and their sum
is shown where it is about enough people. A window begins whole weeks ago, so that no two windows that are asked for at
one time differ by a day. It ends now: a later report has the mail that came in between.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.contract.operations import Actor, AuditCounts, moment, operation
from gateway.contract.services import Clock, Directory

#: The least number of people that a count must be about, where the chain has no filter that says another.
LEAST_PEOPLE = 5
WEEK = timedelta(weeks=1)

#: person -> messages
Cell = dict[str, int]


class _CountsPeople(Protocol):
    """Settings of a filter that counts people."""

    @property
    def report_people(self) -> int: ...


def department_report(name: str, area: str, codes: Iterable[str]) -> type:
    """Return the operations (`Operates`) with one report: a filter's findings in our people's mail, by department.

    `area` is the first part of the filter's codes. Where the filter is in the chain, there is a column for each of
    `codes`; of its entries the strictest counts.
    """

    class ReportOperations:
        def __init__(
            self, settings: Sequence[_CountsPeople], clock: Clock, directory: Directory, audit_counts: AuditCounts
        ) -> None:
            self._codes = tuple(codes) if settings else ()
            self._people = max((one.report_people for one in settings), default=LEAST_PEOPLE)
            self._clock = clock
            self._directory = directory
            self._counts = audit_counts

        @operation(name, "reviewer", "approver")
        async def report(self, _: Actor, since: str) -> dict[str, Any]:
            """Return the report of the whole weeks from `since` on."""
            start = whole_weeks(moment(since), self._clock.now())
            counts = await self._counts.by_sender(area, start)
            departments = suppressed(by_department(counts, self._directory), self._codes, self._people)
            return {"since": start.isoformat(), "people": self._people, "departments": departments}

    return ReportOperations


def by_department(counts: Mapping[tuple[str, str], int], directory: Directory) -> dict[tuple[str | None, str], Cell]:
    """Return the messages of our people by (department, code); None: the person or the department is not known."""
    cells: dict[tuple[str | None, str], Cell] = defaultdict(lambda: defaultdict(int))
    for (sender, code), messages in counts.items():
        if not directory.is_ours(sender):
            continue  # from outside, or from a private account: the trail does not name its owner
        person = directory.person(sender)
        key = person.addresses[0].lower() if person else sender
        cells[(person.department or None) if person else None, code][key] += messages
    return cells


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
