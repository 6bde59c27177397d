"""The weekly report by mail: when, to whom, once; the message and its page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from gateway.act.reports import weekly
from gateway.act.reports.weekly import ReportMail, WeeklyReport
from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock
from tests.support.builders.reports import figures
from tests.unit.act.reports.conftest import MONDAY

Build = Callable[..., WeeklyReport]


class Reporter:
    """Notes the times that it is asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []

    async def figures(self, since: datetime, until: datetime) -> dict[str, Any]:
        self.asked.append((since, until))
        return figures()


@pytest.fixture
def build(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Return a maker of a report, as each start of the keeper makes one; the page is drawn by nobody."""

    async def drawn(_: object) -> str:
        return "<p>page</p>"

    monkeypatch.setattr(weekly, "drawn_page", drawn)
    numbers = count()

    def made(*to: str, zone: str = "Europe/London", weekday: int = 0, hour: int = 7) -> WeeklyReport:
        facts = ReportMail(to, weekday, hour, ZoneInfo(zone), "Example Ltd", "gw@example.co.uk", "gw.example.co.uk")
        reporter: Any = Reporter()
        return WeeklyReport(store, reporter, facts, clock, lambda: f"r{next(numbers)}")

    return made


async def queued(store: Store, clock: FakeClock) -> list[EmailMessage]:
    """Return the messages in the outbox."""
    claimed = await store.outbox.claim(clock.now(), 100, 60)
    return [message_from_bytes(content, policy=policy.default) for _, content in claimed]


async def test_it_goes_once_a_week(store: Store, clock: FakeClock, build: Build) -> None:
    """At its hour, about the seven days before; no restart and no other keeper sends it again."""
    report = build("ann@example.co.uk", "Bob@example.co.uk")
    clock.move(minutes=-1)
    assert await report.send_due() == 0
    clock.move(minutes=1)
    assert await report.send_due() == 2
    london = ZoneInfo("Europe/London")
    week = (datetime(2026, 11, 16, tzinfo=london), datetime(2026, 11, 23, tzinfo=london))
    assert report.reporter.asked == [week]
    clock.move(seconds=1)
    assert await report.send_due() == 0
    assert await build("bob@example.co.uk").send_due() == 0
    assert await build("bob@example.co.uk", "new@example.co.uk").send_due() == 1
    clock.move(days=7)
    assert await report.send_due() == 2


async def test_two_keepers_at_once_send_it_once(store: Store, build: Build) -> None:
    sent = await asyncio.gather(*(build("ann@example.co.uk").send_due() for _ in range(4)))
    assert sum(sent) == 1


async def test_a_late_report_is_sent_within_a_day(store: Store, clock: FakeClock, build: Build) -> None:
    """The gateway was down at the hour. On Wednesday nobody waits for Monday's."""
    clock.move(hours=24)
    assert await build("ann@example.co.uk").send_due() == 1
    clock.move(days=1)
    assert await build("new@example.co.uk").send_due() == 0
    clock.move(days=5)
    assert await build("new@example.co.uk").send_due() == 1


@pytest.mark.parametrize(
    ("zone", "weekday", "hour", "due"),
    [
        ("Europe/London", 0, 7, datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("America/New_York", 0, 7, datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("Asia/Kolkata", 6, 23, datetime(2026, 11, 22, 17, 30, tzinfo=UTC)),
    ],
)
async def test_the_hour_is_the_organisations(
    clock: FakeClock, build: Build, zone: str, weekday: int, hour: int, due: datetime
) -> None:
    clock.at = due - timedelta(seconds=1)
    report = build("ann@example.co.uk", zone=zone, weekday=weekday, hour=hour)
    assert await report.send_due() == 0
    clock.at = due
    assert await report.send_due() == 1


async def test_the_hour_stays_when_the_clocks_change(clock: FakeClock, build: Build) -> None:
    """Britain's clocks go back on 25 October 2026."""
    clock.at = datetime(2026, 10, 19, 6, tzinfo=UTC)
    report = build("ann@example.co.uk")
    assert await report.send_due() == 1
    clock.at = datetime(2026, 10, 26, 6, 59, tzinfo=UTC)
    assert await report.send_due() == 0
    clock.at = datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert await report.send_due() == 1


async def test_nobody_gets_it_unasked(build: Build) -> None:
    assert await build().send_due() == 0


async def test_the_message(store: Store, clock: FakeClock, build: Build) -> None:
    """Sentences as plain text, the page as an attachment; no program answers it."""
    await build("ann@example.co.uk").send_due()
    (message,) = await queued(store, clock)
    assert message["Subject"] == "Mail of Example Ltd, 16 November 2026 to 22 November 2026"
    assert (message["To"], message["Auto-Submitted"]) == ("ann@example.co.uk", "auto-generated")
    assert len(message.get_all("MIME-Version") or ()) == 1
    text, page = message.iter_parts()
    assert "84 messages were held" in text.get_content()
    assert "The attached page has the plots" in text.get_content()
    assert (page.get_filename(), page.get_content_type()) == ("report-2026-11-23.html", "text/html")
    assert page.get_content() == "<p>page</p>"


async def test_a_report_now(store: Store, clock: FakeClock, build: Build) -> None:
    """Whenever somebody asks; the weekly one comes all the same."""
    report = build("ann@example.co.uk")
    assert report.addresses == ("ann@example.co.uk",)
    assert await report.send_now(MONDAY - timedelta(days=1), MONDAY) == ("ann@example.co.uk",)
    assert await report.send_due() == 1
    assert len(await queued(store, clock)) == 2


async def test_a_page_that_can_not_be_drawn_costs_the_page(
    store: Store, clock: FakeClock, build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sentences go; the log says what is missing."""
    monkeypatch.undo()
    monkeypatch.setattr(weekly, "PROGRAM", "gateway.no_such_program")
    with capture_logs() as logs:
        assert await build("ann@example.co.uk").send_due() == 1
    assert [one["event"] for one in logs] == ["report.undrawn", "report.queued"]
    (message,) = await queued(store, clock)
    assert "The page could not be made: see the log." in message.get_content()


async def test_the_page_is_drawn_by_a_program() -> None:
    """The gateway's process loads nothing for it."""
    assert (await weekly.drawn_page(figures())).startswith("<!DOCTYPE html>")
