"""The log of messages: one structured line and one audit row for each. Codes only, never subject or text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from gateway.measures.measures import MEASURES
from gateway.remember.audit import Audit
from gateway.remember.records import AuditRow

log = structlog.get_logger("message")

#: The most recipients in a message's log line; the audit row has them all.
SHOWN_RECIPIENTS = 10


class MessageLog:
    """Writer of the log line and the audit row of each message."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def write(self, row: AuditRow, action: str, *, recorded: bool, at_once: bool) -> None:
        """Write the log line now, before the reply; the row within a second, or on the disk now (`at_once`).

        `recorded`: the row was committed together with a held message.
        """
        log.info("message", **line_of(row, action))
        _count(row, action)
        if not recorded:
            self._audit.append(row)
            if at_once:
                await self._audit.flush()


def _count(row: AuditRow, action: str) -> None:
    directions = {direction for _, direction, _ in row.recipients}
    MEASURES.count("messages", row.listener, directions.pop() if len(directions) == 1 else "mixed", action)
    MEASURES.count("message_bytes", row.listener, amount=row.bytes)
    for _, direction, does in row.recipients:
        MEASURES.count("copies", row.listener, direction, does)
    for code in row.codes:
        MEASURES.count("findings", code)
    for code, does in row.monitored.items():
        MEASURES.count("would_have", code, does)
    for stage, ms in row.ms.items():
        MEASURES.observe("stage_seconds", stage, seconds=ms / 1000)


def line_of(row: AuditRow, action: str) -> dict[str, Any]:
    """Return the fields of the log line."""
    recipients = [address for address, _, _ in row.recipients]
    line: dict[str, Any] = {
        "id": row.id,
        "action": action,
        "listener": row.listener,
        "client": row.client,
        "from": row.mail_from,
        "to": recipients[:SHOWN_RECIPIENTS],
        "directions": sorted({direction for _, direction, _ in row.recipients}),
        "message_id": row.message_id,
        "bytes": row.bytes,
        "codes": list(row.codes),
        "reply": row.reply,
        "ms": rounded(row.ms),
    }
    if len(recipients) > SHOWN_RECIPIENTS:
        line["recipients"] = len(recipients)
    actions = {address: does for address, _, does in row.recipients if does != action}
    if actions:
        line["actions"] = actions
    if row.login:
        line["login"] = row.login
    if row.monitored:
        line["monitored"] = dict(row.monitored)
    return line


def rounded(ms: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(value, 1) for stage, value in ms.items()}
