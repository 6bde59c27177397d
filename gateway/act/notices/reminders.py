"""Reminders about messages that were relayed, to our own senders and their managers: at most one a week for a filter.

A reminder names the clause, the time, the recipients and the id, and nothing of the message's words. A sender who has
had one that week gets none, and nothing is kept for later. Only filters with a template in `reminders` send reminders,
and only where `notify` names the sender. A manager is told, where `notify` names the manager, once a week of each
sender and filter; the sender's reminder says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from typing import Any

import structlog

from gateway.act.notices.manager_notices import ManagerNotices, recipients_of
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import Wording
from gateway.act.notices.own_messages import own_text
from gateway.act.notices.quoting import listed, moment
from gateway.act.records import own_item
from gateway.contract import Clock, Mail, Reminds
from gateway.judge.policy import Judged, Verdict
from gateway.message.header.addresses import address_key
from gateway.message.labels import PERSONAL
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.records import NoticeRole
from gateway.remember.store import Store
from gateway.settings.chain.entries import MANAGER_NOTICE, Notify
from gateway.smtp.path import split_address

GAP_SECONDS = 7 * 24 * 3600.0

log = structlog.get_logger("reminders")


class Reminders:
    def __init__(
        self,
        store: Store,
        wording: Wording,
        ours: Container[str],
        is_list: Callable[[str], bool],
        clock: Clock,
        new_id: Callable[[], str],
        managers: ManagerNotices,
    ) -> None:
        self._store = store
        self._wording = wording
        self._ours = ours
        self._is_list = is_list  # whether an address is a list: a notice to a list would go to all its members
        self._clock = clock
        self._new_id = new_id
        self._managers = managers
        self._templates = NoticeTemplates(wording.templates)

    async def tell(self, mail: Mail, verdict: Verdict) -> None:
        """Queue the reminders of this message, after the reply.

        A failing store costs the reminder, never the message.
        """
        person = mail.envelope.mail_from
        if split_address(person)[1] not in self._ours or self._is_list(person):
            return
        manager_told = await self._tell_manager(mail, person, verdict)
        told: dict[tuple[str, str], list[Judged]] = {}
        for judged, template in _to_tell(verdict):
            told.setdefault((judged.found.filter_name, template), []).append(judged)
        for (name, template), several in told.items():
            facts = self._facts(mail, verdict, several) | {"manager_told": name in manager_told}
            content = self._own_text(person, template, facts)
            await self._tell(mail, person, f"{name}/aside", content, "sender")

    async def _tell_manager(self, mail: Mail, person: str, verdict: Verdict) -> Collection[str]:
        """Queue the manager's notices; return the filters whose findings the manager is told of now."""
        found = _for_manager(verdict) if PERSONAL not in mail.labels else {}
        manager = self._managers.manager_of(person, recipients_of(mail)) if found else ""
        told = set()
        for name, (judged, addresses) in found.items() if manager else ():
            content = self._compose_for_manager(mail, manager, judged, addresses)
            if await self._tell(mail, manager, f"{name}/{MANAGER_NOTICE} {address_key(person)}", content, "manager"):
                told.add(name)
        return told

    async def _tell(self, mail: Mail, person: str, name: str, content: bytes, role: NoticeRole) -> bool:
        """Queue a notice, unless the person had one of that name within the week; return whether it was queued."""
        now = self._clock.now()
        item = own_item(self._new_id(), "notice", person, mail.id, "", now)
        try:
            return await self._store.notices.once(
                person, name, item, content, at=now, gap_seconds=GAP_SECONDS, role=role
            )
        except StoreUnavailable as error:
            log.error("aside.lost", id=mail.id, error=str(error))
            return False

    def _compose_for_manager(self, mail: Mail, manager: str, judged: Judged, addresses: Sequence[str]) -> bytes:
        said = self._managers.facts(
            "sent",
            mail.id,
            manager,
            sender=mail.envelope.mail_from,
            recipients=addresses,
            at=mail.received_at,
            code=judged.code,
            clause=judged.clause,
        )
        notice = {**said, "clause_text": self._wording.clauses.get(judged.clause, "")}
        return self._own_text(manager, MANAGER_NOTICE, {"notices": [notice]})

    def _facts(self, mail: Mail, verdict: Verdict, several: Sequence[Judged]) -> dict[str, Any]:
        """Return the facts by which the sender knows the message again, and the findings."""
        w = self._wording
        findings = [
            {
                "code": j.code,
                "summary": j.found.finding.summary,
                "clause": j.clause,
                "clause_text": w.clauses.get(j.clause, ""),
            }
            for j in several
        ]
        addresses = dict.fromkeys(one for j in several for one in _relayed(verdict, j, "sender"))
        return {
            "findings": findings,
            "id": mail.id,
            "sent": moment(mail.received_at, w.timezone),
            "recipient": listed([*addresses]),
        }

    def _own_text(self, person: str, template: str, facts: Mapping[str, Any]) -> bytes:
        w = self._wording
        return own_text(
            self._templates.fill(template, {**w.facts, **facts}),
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
    for judged in verdict.judged:
        entry = judged.found.entry
        reminders: Mapping[str, str] = entry.cls.reminders if entry and isinstance(entry.cls, Reminds) else {}
        if judged.code in reminders and _relayed(verdict, judged, "sender"):
            yield judged, reminders[judged.code]


def _for_manager(verdict: Verdict) -> Mapping[str, tuple[Judged, Sequence[str]]]:
    """Return the first finding of each filter whose relayed copies the sender's manager is told of, with its copies."""
    found: dict[str, tuple[Judged, Sequence[str]]] = {}
    for judged in verdict.judged:
        if addresses := _relayed(verdict, judged, "manager"):
            found.setdefault(judged.found.filter_name, (judged, addresses))
    return found


def _relayed(verdict: Verdict, judged: Judged, whom: Notify) -> Sequence[str]:
    """Return the relayed copies, none of them inbound, of which an enforced finding notifies this person."""
    sent = (d for d in verdict.decisions if d.recipient.direction != "inbound" and d.disposition == "relay")
    gone = [d.recipient.address for d in sent if judged.enforced]
    return [one for one in gone if one in judged.specs and whom in (judged.specs[one].notify or ())]
