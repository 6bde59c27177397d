"""Counts for each department: no content, no names, and nothing about a few people.

A count is shown only where it is about enough people. The other counts are added up over all departments, and their sum
is shown where it is about enough people. A report is about one calendar month that is over: no two reports overlap, so
that none can be subtracted from another to learn what a few people did. A month of which the audit trail has lost days
is refused: each later report about it would lack a day more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from gateway.contract.operations import Actor, AuditCounts, operation
from gateway.contract.services import Clock, Directory
from gateway.control.refusal import Refused

#: The least number of people that a count must be about, where the chain has no filter that says another.
LEAST_PEOPLE = 5
DAY = timedelta(days=1)

#: person -> messages
Cell = dict[str, int]


class _CountsPeople(Protocol):
    """Settings of a filter that counts people."""

    @property
    def report_people(self) -> int: ...


def department_report(name: str, area: str, codes: Iterable[str]) -> type:
    """Return the operations (`Operates`) with one report: a filter's findings in our people's mail, by department.

    `area` is the first part of the filter's codes. A report counts `codes`, and has a column for each; of the filter's
    entries the strictest counts.
    """

    class ReportOperations:
        def __init__(
            self,
            settings: Sequence[_CountsPeople],
            clock: Clock,
            directory: Directory,
            audit_counts: AuditCounts,
            audit_days: int,
        ) -> None:
            self._codes = tuple(codes)
            self._people = max((one.report_people for one in settings), default=LEAST_PEOPLE)
            self._clock = clock
            self._directory = directory
            self._counts = audit_counts
            self._audit_days = audit_days

        @operation(name, "reviewer", "approver")
        async def report(self, _: Actor, month: str) -> dict[str, Any]:
            """Return the report of a month such as `2026-10`, or of the last one that is over if it is "".

            Raises Refused.
            """
            now = self._clock.now()
            start, end = calendar_month(month, now)
            if start < now - DAY * self._audit_days:
                kept = f"the audit trail is kept for {self._audit_days} days (retention.audit_days)"
                lost = f"has no longer all of {start:%Y-%m}"
                raise Refused(f"{kept}, and {lost}: there is no report of a part of a month")
            counts = await self._counts.by_sender(area, start, end)
            counted = {key: messages for key, messages in counts.items() if key[1] in self._codes}
            departments = suppressed(by_department(counted, self._directory), self._codes, self._people)
            recorded = bool(counts) or await self._counts.has_mail(start, end)
            return {
                "month": f"{start:%Y-%m}",
                "people": self._people,
                "recorded": recorded,  # False: there is no mail of that month, such as before the gateway's first day
                "departments": departments,
            }

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


def calendar_month(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning (UTC) of a month such as `2026-10`, and that of the next; "" is the last that is over.

    Raises Refused for a text that is no month, and for a month that isn't over.
    """
    this = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC) if text else (this - DAY).replace(day=1)
    except ValueError as error:
        raise Refused(f"{text!r} is no month: write one such as {this - DAY:%Y-%m}") from error
    if start >= this:
        raise Refused(f"{start:%Y-%m} isn't over: a report is about a whole month")
    return start, (start + 31 * DAY).replace(day=1)


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
