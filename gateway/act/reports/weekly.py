"""The weekly report by mail: when it is due, what it says, and its way into the outbox, once for each week and person.

The time of the last report is in the store, in the transaction that queues the report: no restart and no second process
sends it again. A report that is late by more than a day, as where `reports_to` is new, is left out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from email.message import EmailMessage
from email.policy import SMTP

import structlog

from gateway.act.notices.own_messages import own_header
from gateway.act.records import own_item
from gateway.act.reports.figures import Reporter
from gateway.act.reports.summary import Figures, sentences, title
from gateway.contract import Clock
from gateway.remember.store import Store
from gateway.smtp.reply import printable

log = structlog.get_logger("reports")

#: The name under which the store keeps the time of each person's last report.
NAME = "report/weekly"
#: The time that a report is about.
WEEK = timedelta(days=7)
#: The most delay of a report, after a time without a gateway.
LATE = timedelta(days=1)


#: The program that draws the page, and the seconds that it may take; it takes less than one. The keeper waits for it.
PROGRAM = "gateway.act.reports.page"
DRAW_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ReportMail:
    """The facts of the message besides its figures."""

    to: Sequence[str]
    weekday: int  # 0 = Monday
    hour: int
    timezone: tzinfo
    organisation: str
    notices_from: str
    hostname: str


class WeeklyReport:
    def __init__(
        self, store: Store, reporter: Reporter, mail: ReportMail, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self.reporter = reporter
        self._store = store
        self._mail = mail
        self._clock = clock
        self._new_id = new_id
        self._look_again = clock.now()

    @property
    def addresses(self) -> Sequence[str]:
        """The addresses that get the report."""
        return self._mail.to

    async def send_due(self) -> int:
        """Queue the report of the last week where it is due; return how many messages. Raises StoreUnavailable."""
        now = self._clock.now()
        if not self._mail.to or now < self._look_again:
            return 0
        due = self._last_due(now)
        queued = await self._send_since(due, now) if now - due <= LATE else 0
        self._look_again = self._last_due(now + WEEK)
        return queued

    async def _send_since(self, due: datetime, now: datetime) -> int:
        """Queue the report for everybody who had none since it is due."""
        edge = due - timedelta(seconds=1)  # a report that went at that very moment was this one
        left = [one for one in self._mail.to if not await self._store.notices.was_sent(one, NAME, edge)]
        if not left:
            return 0
        midnight = due.astimezone(self._mail.timezone).replace(hour=0, minute=0)
        contents = await self._contents(midnight - WEEK, midnight)
        queued = 0
        for person in left:
            item, content = own_item(self._new_id(), "notice", person, self._new_id(), "", now), contents(person)
            gap = (now - edge).total_seconds()
            queued += await self._store.notices.once(person, NAME, item, content, at=now, gap_seconds=gap)
        log.info("report.queued", to=left, messages=queued)
        return queued

    async def send_now(self, since: datetime, until: datetime) -> Sequence[str]:
        """Queue a report for everybody, whether or not one is due; return the addresses. Raises StoreUnavailable."""
        now, contents = self._clock.now(), await self._contents(since, until)
        items = [
            (own_item(self._new_id(), "notice", person, self._new_id(), "", now), contents(person))
            for person in self._mail.to
        ]
        await self._store.outbox.add(items)
        return self._mail.to

    def _last_due(self, now: datetime) -> datetime:
        """Return the last time, not after `now`, at which the report was due."""
        local = now.astimezone(self._mail.timezone)
        due = local.replace(hour=self._mail.hour, minute=0, second=0, microsecond=0)
        due -= timedelta(days=(local.weekday() - self._mail.weekday) % 7)
        return (due if due <= local else due - WEEK).astimezone(now.tzinfo)

    async def _contents(self, since: datetime, until: datetime) -> Callable[[str], bytes]:
        """Return the maker of each person's message."""
        figures = await self.reporter.figures(since, until)
        page = await drawn_page(figures)
        return lambda person: self._compose(person, figures, page)

    def _compose(self, person: str, figures: Figures, page: str) -> bytes:
        """Return a message of the report's sentences, with the page attached."""
        header = own_header(
            name=f"{self._mail.organisation} mail gateway",
            address=self._mail.notices_from,
            to=person,
            subject=title(figures),
            now=self._clock.now(),
            hostname=self._mail.hostname,
            auto_submitted="auto-generated",
        )
        entity = EmailMessage(policy=SMTP)
        more = "The attached page has the plots and the tables." if page else "The page could not be made: see the log."
        entity.set_content("\n\n".join([*map(printable, sentences(figures)), more]) + "\n")
        if page:
            name = f"report-{figures['until'][:10]}.html"
            entity.add_attachment(
                page.encode(), maintype="text", subtype="html", filename=name, params={"charset": "utf-8"}
            )
        del entity["MIME-Version"]  # the header has it
        return header + entity.as_bytes()


async def drawn_page(figures: Figures) -> str:
    """Return the page, "" where it can't be made: the log says so. A process of its own loads what draws it."""
    try:
        async with asyncio.timeout(DRAW_SECONDS):
            drawn, status = await _run(json.dumps(figures).encode())
    except (OSError, TimeoutError) as error:
        drawn, status = b"", str(error) or type(error).__name__
    if not drawn:
        log.error("report.undrawn", status=status)
    return drawn.decode()


async def _run(figures: bytes) -> tuple[bytes, str]:
    """Return what the program has drawn, b"" where it failed, and its status. Raises OSError where it can't start."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", PROGRAM), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        drawn, _ = await process.communicate(figures)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return b"" if process.returncode else drawn, f"status {process.returncode}"
