"""Counts for each department: no content, no names, and nothing about a few people.

A count is shown only where it is about enough people. The other counts are added up over all departments, and their sum
is shown where it is about enough people. A report is about one calendar month that is over: no two reports overlap, so
that none can be subtracted from another to learn what a few people did. A month of which the audit trail has lost days
is refused: each later report about it would lack a day more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.contract.operations import AuditCounts
from gateway.contract.services import Directory
from gateway.control.refusal import Refused

#: The least number of people that a count must be about, where the chain has no filter that says another.
LEAST_PEOPLE = 5
DAY = timedelta(days=1)

#: person -> messages
Cell = dict[str, int]


class DepartmentCounts:
    """Counts of one filter's findings in the mail of our people, by department."""

    def __init__(
        self, area: str, codes: Iterable[str], people: int, directory: Directory, counts: AuditCounts, audit_days: int
    ) -> None:
        """`area` is the first part of the codes; a report counts `codes`, and has a column for each.

        `audit_days`: days for which the audit trail is kept.
        """
        self._area = area
        self._codes = tuple(codes)
        self._people = people
        self._directory = directory
        self._counts = counts
        self._audit_days = audit_days

    async def report(self, month: str, now: datetime) -> dict[str, Any]:
        """Return the report of a month such as `2026-10`, or of the last one that is over if it is "".

        Raises Refused.
        """
        start, end = calendar_month(month, now)
        if start < now - DAY * self._audit_days:
            kept = f"the audit trail is kept for {self._audit_days} days (retention.audit_days)"
            raise Refused(f"{kept}, and has no longer all of {start:%Y-%m}: there is no report of a part of a month")
        cells: dict[tuple[str | None, str], Cell] = defaultdict(lambda: defaultdict(int))
        for (sender, code), messages in (await self._counts.by_sender(self._area, start, end)).items():
            if code not in self._codes or not self._directory.is_ours(sender):
                continue  # from outside, or from a private account: the trail does not name its owner
            person = self._directory.person(sender)
            name = person.addresses[0].lower() if person else sender
            cells[(person.department or None) if person else None, code][name] += messages
        departments = suppressed(cells, self._codes, self._people)
        return {"month": f"{start:%Y-%m}", "people": self._people, "departments": departments}


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
