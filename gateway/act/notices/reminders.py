"""Reminders to our own senders about messages that were relayed: at most one a week for a person and filter.

A reminder names the clause and nothing of the message itself. A sender who has had one that week gets none, and nothing
is kept for later. Only filters with a template in `reminders` send reminders, and only where `notify` names the sender.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.own_messages import own_text
from gateway.act.records import own_item
from gateway.contract import Clock, Mail, Reminds
from gateway.judge.policy import Judged, Verdict
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.store import Store
from gateway.smtp.path import split_address

GAP_SECONDS = 7 * 24 * 3600.0

log = structlog.get_logger("reminders")


@dataclass(frozen=True, slots=True)
class ReminderWording:
    """The words that all reminders share."""

    templates: Mapping[str, Path]  # files by name
    organisation: str
    contact: str
    contact_at: str  # the contact's address, where replies go; "" where it has none
    notices_from: str
    hostname: str
    clauses: Mapping[str, str]
    policy: Mapping[str, str]


class Reminders:
    def __init__(
        self,
        store: Store,
        wording: ReminderWording,
        ours: Container[str],
        is_list: Callable[[str], bool],
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._wording = wording
        self._ours = ours
        self._is_list = is_list  # whether an address is a list: a notice to a list would go to all its members
        self._clock = clock
        self._new_id = new_id
        self._templates = NoticeTemplates(wording.templates)

    async def tell(self, mail: Mail, verdict: Verdict) -> None:
        """Queue the reminders of this message, after the reply.

        A failing store costs the reminder, never the message.
        """
        person = mail.envelope.mail_from
        if split_address(person)[1] not in self._ours or self._is_list(person):
            return
        told: dict[tuple[str, str], list[Judged]] = {}
        for judged, template in _to_tell(verdict):
            told.setdefault((judged.found.filter_name, template), []).append(judged)
        for (name, template), several in told.items():
            try:
                await self._tell(mail, person, name, self._compose(person, template, several))
            except StoreUnavailable as error:
                log.error("aside.lost", id=mail.id, error=str(error))

    async def _tell(self, mail: Mail, person: str, name: str, content: bytes) -> None:
        now = self._clock.now()
        item = own_item(self._new_id(), "notice", person, mail.id, "", now)
        await self._store.notices.once(person, f"{name}/aside", item, content, at=now, gap_seconds=GAP_SECONDS)

    def _compose(self, person: str, template: str, several: list[Judged]) -> bytes:
        w = self._wording
        findings = [
            {"summary": j.found.finding.summary, "clause": j.clause, "clause_text": w.clauses.get(j.clause, "")}
            for j in several
        ]
        facts = {"findings": findings, "organisation": w.organisation, "contact": w.contact, "policy": w.policy}
        text = self._templates.fill(template, facts)
        return own_text(
            text,
            organisation=w.organisation,
            address=w.notices_from,
            to=person,
            now=self._clock.now(),
            hostname=w.hostname,
            reply_to=w.contact_at,
        )


def _to_tell(verdict: Verdict) -> Iterator[tuple[Judged, str]]:
    """Yield the enforced findings about relayed copies whose sender is to be told, each with its template.

    Inbound copies are left out: the person named as the sender of mail from outside has not sent it.
    """
    sent = (d for d in verdict.decisions if d.recipient.direction != "inbound")
    gone = {d.recipient.address for d in sent if d.disposition == "relay"}
    for judged in verdict.judged:
        entry = judged.found.entry
        reminders: Mapping[str, str] = entry.cls.reminders if entry and isinstance(entry.cls, Reminds) else {}
        specs = (spec for address, spec in judged.specs.items() if address in gone)
        if judged.enforced and judged.code in reminders and any("sender" in (spec.notify or ()) for spec in specs):
            yield judged, reminders[judged.code]
