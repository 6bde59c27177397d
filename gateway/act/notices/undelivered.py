"""Copies that the next hop refuses for good after we have answered for the message.

Our own sender gets a report. Nothing is ever sent to an outside sender (law 5): the copy is held as `delivery.failed`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.act.notices.non_delivery import non_delivery_report, wants_report
from gateway.act.records import own_item
from gateway.contract import Clock, Recipient
from gateway.judge.codes import CLAUSE, UNDELIVERED
from gateway.message.mime.parse import parse
from gateway.remember.records import HeldCopy, HeldMessage, OutboxItem, kept
from gateway.smtp.path import split_address
from gateway.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class FollowUps:
    """The records to commit for copies that will never be delivered."""

    report: tuple[OutboxItem, bytes] | None = None
    entry: tuple[HeldMessage, bytes] | None = None


class Undelivered:
    """Writer of the records for undelivered copies; the caller commits them."""

    def __init__(
        self, ours: Container[str], notices_from: str, hostname: str, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._ours = ours
        self._notices_from = notices_from
        self._hostname = hostname
        self._clock = clock
        self._new_id = new_id

    def record(self, item: OutboxItem, failed: Mapping[Recipient, Reply], content: bytes) -> FollowUps:
        """Return the report for the recipients whose sender is to have one, and the quarantine entry for the others.

        Both are None where our own notice or report has failed: nothing answers those.
        """
        if item.kind != "relay":
            return FollowUps()
        reported = {r: reply for r, reply in failed.items() if self._is_reported(item, r)}
        held = {r: reply for r, reply in failed.items() if r not in reported}
        return FollowUps(
            report=self._report(item, reported, content) if reported else None,
            entry=(self._entry(item, held, content), content) if held else None,
        )

    def _is_reported(self, item: OutboxItem, recipient: Recipient) -> bool:
        """Return whether our own sender gets a report for this recipient.

        The direction decides, never the address alone: inbound mail from one of our addresses is outside mail.
        """
        ours = recipient.direction != "inbound" and split_address(item.mail_from)[1] in self._ours
        return ours and wants_report(recipient)

    def _report(self, item: OutboxItem, failed: Mapping[Recipient, Reply], content: bytes) -> tuple[OutboxItem, bytes]:
        now = self._clock.now()
        report = non_delivery_report(
            to=item.mail_from,
            notices_from=self._notices_from,
            hostname=self._hostname,
            mail_id=item.mail_id,
            envid=item.envid,
            failed=failed,
            arrived_at=item.queued_at,
            now=now,
            original=content,
        )
        return own_item(self._new_id(), "report", item.mail_from, item.mail_id, item.route, now), report

    def _entry(self, item: OutboxItem, failed: Mapping[Recipient, Reply], content: bytes) -> HeldMessage:
        message = parse(content)
        return HeldMessage(
            id=self._new_id(),
            received_at=self._clock.now(),
            listener=item.route,
            direction=next(iter(failed)).direction,
            mail_from=item.mail_from,
            subject=kept(message.subject),
            message_id=kept(message.message_id),
            codes=(UNDELIVERED,),
            bytes=len(content),
            client=item.client or {},
            envelope={
                "mail_from": item.mail_from,
                "body": item.body,
                "smtputf8": item.smtputf8,
                "ret": item.ret,
                "envid": item.envid,
                "auth": item.auth,
            },
            findings=[_finding(r, reply) for r, reply in failed.items()],
            edits=[],
            copies=tuple(
                HeldCopy(r.address, r.direction, notify=r.notify, orcpt=r.orcpt, codes=(UNDELIVERED,)) for r in failed
            ),
        )


def _finding(recipient: Recipient, reply: Reply) -> dict[str, Any]:
    return {
        "filter": "gateway",
        "code": UNDELIVERED,
        "summary": f"The next mail server refused the message: {reply}",
        "evidence": [],
        "part": None,
        "recipients": [recipient.address],
        "action": "quarantine",
        "mode": "enforce",
        "clause": CLAUSE,
        "config": "",
    }


def expired(item: OutboxItem, now: datetime) -> bool:
    """Return whether the outbox gives up."""
    return now >= item.expires_at
