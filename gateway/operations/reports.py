"""Operator commands for the report: its figures, and the report by mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.app import Components
from gateway.contract import Actor, Refused, operation


class ReportOperations:
    """Answers to `report` and `report.mail`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    @operation("report", "reviewer", "approver", "investigator", "auditor", "administrator")
    async def _report(self, _: Actor, since: str) -> dict[str, Any]:
        """Return the figures from then on, as far as the audit trail goes back."""
        begin, end = self._time(since)
        return await self._parts.reports.reporter.figures(begin, end)

    @operation("report.mail", "reviewer", "administrator")
    async def _mail(self, _: Actor, since: str) -> Sequence[str]:
        """Send the report to those who get it weekly; return their addresses."""
        begin, end = self._time(since)
        if not self._parts.reports.addresses:
            raise Refused("nobody gets the report: name addresses in `reports_to`, and reload")
        return await self._parts.reports.send_now(begin, end)

    def _time(self, since: str) -> tuple[datetime, datetime]:
        """Return the beginning and the end. Raises Refused."""
        now = self._parts.clock.now()
        try:
            begin = datetime.fromisoformat(since).astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise Refused(f"that is no time: {error}") from error
        if begin >= now:
            raise Refused("--since is in the future: nothing is on record yet")
        return max(begin, now - timedelta(days=self._parts.settings.retention.audit_days)), now
