"""Reminders to our own senders about important mail that nobody has answered, when it is due.

A message is reminded of once; all that are due for one person in a round are in one reminder. It names the time, the id
and the recipients' domains, and nothing else of a message: nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import Wording
from gateway.act.notices.own_messages import own_text
from gateway.act.notices.quoting import listed, moment
from gateway.act.records import own_item
from gateway.contract import Clock
from gateway.remember.receipts import AwaitedReceipt
from gateway.remember.store import Store
from gateway.smtp.path import split_address

#: Messages that are reminded of in one round of the keeper, so that the outbox need not wait long.
BATCH = 100

log = structlog.get_logger("receipts")


@dataclass(frozen=True, slots=True)
class ReceiptNotice:
    """The template of the reminder, and the clause of the policy that it names."""

    template: str
    clause: str


class ReceiptReminders:
    def __init__(
        self,
        store: Store,
        notice: ReceiptNotice,
        wording: Wording,
        ours: Container[str],
        is_list: Callable[[str], bool],
        zone_of: Callable[[str], str],
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        """`zone_of` gives a person's time zone by the address; "" = unknown."""
        self._store = store
        self._notice = notice
        self._wording = wording
        self._ours = ours
        self._is_list = is_list  # whether an address is a list: a notice to a list would go to all its members
        self._zone_of = zone_of
        self._clock = clock
        self._new_id = new_id
        self._templates = NoticeTemplates(wording.templates)

    async def send_due(self) -> None:
        """Queue the reminders that are due. Raises StoreUnavailable; what is left comes with the next round."""
        due: dict[str, list[AwaitedReceipt]] = {}
        for awaited in await self._store.due_receipts.due(self._clock.now(), BATCH):
            due.setdefault(awaited.person, []).append(awaited)
        for person, several in due.items():
            await self._remind(person, several)

    async def _remind(self, person: str, several: Sequence[AwaitedReceipt]) -> None:
        """Queue one reminder. An address that is ours no more, or a list, gets none."""
        if split_address(person)[1] not in self._ours or self._is_list(person):
            await self._store.due_receipts.drop(several)
            return
        now = self._clock.now()
        item = own_item(self._new_id(), "notice", person, several[0].mail_id, "", now)
        if await self._store.due_receipts.remind(several, item, self._compose(person, several)):
            for one in several:
                log.info("receipt.reminded", id=one.mail_id)

    def _compose(self, person: str, several: Sequence[AwaitedReceipt]) -> bytes:
        w = self._wording
        return own_text(
            self._templates.fill(self._notice.template, self._facts(person, several)),
            organisation=w.organisation,
            address=w.notices_from,
            to=person,
            now=self._clock.now(),
            hostname=w.hostname,
            reply_to=w.contact_at,
        )

    def _facts(self, person: str, several: Sequence[AwaitedReceipt]) -> Mapping[str, Any]:
        w, clause, zone = self._wording, self._notice.clause, self._zone(person)
        return w.facts | {
            "messages": [
                {"id": one.mail_id, "sent": moment(one.sent_at, zone), "domains": listed(one.domains)}
                for one in several
            ],
            "clause": clause,
            "clause_text": w.clauses.get(clause, ""),
        }

    def _zone(self, person: str) -> tzinfo:
        name = self._zone_of(person)
        return ZoneInfo(name) if name else self._wording.timezone
