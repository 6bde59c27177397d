"""`report` and `report.mail`: who may, and the time that is asked about."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.contract import Actor, Refused
from gateway.operations.control import EVERY_ROLE
from gateway.operations.dispatch import ROLES
from gateway.operations.reports import ReportOperations
from tests.support.builders.judgement import NOW, FakeClock

ROB = Actor("rob", EVERY_ROLE, 1001)


class Reports:
    """Notes the times that it is asked about."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[datetime, datetime]] = []
        self.reporter = self

    async def figures(self, since: datetime, until: datetime) -> dict[str, Any]:
        self.asked.append((since, until))
        return {}

    async def send_now(self, since: datetime, until: datetime) -> tuple[str, ...]:
        self.asked.append((since, until))
        return self.addresses


def operations(reports: Reports) -> Any:
    settings = SimpleNamespace(retention=SimpleNamespace(audit_days=180))
    parts: Any = SimpleNamespace(reports=reports, clock=FakeClock(), settings=settings)
    return ReportOperations(parts)


async def test_the_time_reaches_back_as_far_as_the_records() -> None:
    """No question makes the gateway count hours of ages in which there was none."""
    reports = Reports()
    asked = operations(reports)
    await asked._report(ROB, since=(NOW - timedelta(days=7)).isoformat())
    await asked._report(ROB, since="1970-01-01T00:00:00+00:00")
    assert reports.asked == [(NOW - timedelta(days=7), NOW), (NOW - timedelta(days=180), NOW)]


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01T00:00:00+00:00", 7, None])
async def test_a_wrong_time_is_refused(since: Any) -> None:
    with pytest.raises(Refused):
        await operations(Reports())._report(ROB, since=since)


async def test_the_report_goes_to_those_who_get_it_weekly() -> None:
    """To nobody else; without any it says which key is missing."""
    since = (NOW - timedelta(days=7)).isoformat()
    assert await operations(Reports("it@example.co.uk"))._mail(ROB, since=since) == ("it@example.co.uk",)
    with pytest.raises(Refused, match="reports_to"):
        await operations(Reports())._mail(ROB, since=since)


def test_everybody_with_a_role_reads_the_report() -> None:
    assert set(ROLES["report"]) == EVERY_ROLE
    assert set(ROLES["report.mail"]) == {"reviewer", "administrator"}
