"""Notices to our own people about held messages: who is told, what, and when (never anyone outside: law 5).

The first for a person and filter goes at once; later ones within the hour are gathered in the next, so that every held
message is named in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.act.own_mail import own_header
from gateway.act.records import own_item
from gateway.contract import Clock, Mail
from gateway.judge.codes import VIRUS
from gateway.judge.policy import Decision, Judged
from gateway.message.compose import text_entity
from gateway.receive.path import split_address
from gateway.receive.reply import printable
from gateway.remember.records import NoticeRole, PendingNotice
from gateway.remember.store import Store
from gateway.settings.entries import Notify

#: Later notices for the same person and filter are gathered for this long.
GAP_SECONDS = 3600.0
#: What a subject or an address may take up in a notice.
QUOTE_CHARACTERS = 200
#: ... and what was found: a sentence, perhaps with the name of a file.
SUMMARY_CHARACTERS = 500
#: Recipients that a sender's notice names: a message to a list may have hundreds.
SHOWN_RECIPIENTS = 10


@dataclass(frozen=True, slots=True)
class Wording:
    """What every notice says, besides the messages."""

    template: str
    organisation: str
    contact: str
    notices_from: str
    hostname: str
    timezone: tzinfo
    clauses: Mapping[str, str]
    policy: Mapping[str, str]
    quarantine_days: int


class Notices:
    def __init__(
        self,
        store: Store,
        wording: Wording,
        ours: Container[str],
        reviewers_at: str,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._wording = wording
        self._ours = ours
        self._reviewers_at = reviewers_at  # the address that stands for the reviewers
        self._clock = clock
        self._new_id = new_id
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
        self._template = environment.from_string(wording.template)

    # --- who is told -------------------------------------------------------------------------------------------------

    def about(self, mail: Mail, held: Sequence[Decision]) -> list[PendingNotice]:
        """One for each person and held message, to be committed with it."""
        concerned: dict[str, tuple[str, NoticeRole, list[Decision]]] = {}
        for decision in held:
            for person, role in self._persons(mail, decision):
                concerned.setdefault(person.lower(), (person, role, []))[2].append(decision)
        return [self._notice(mail, *one) for one in concerned.values()]

    def _persons(self, mail: Mail, decision: Decision) -> list[tuple[str, NoticeRole]]:
        recipient, sender = decision.recipient, mail.envelope.mail_from
        asked = _asked(decision)
        persons: list[tuple[str, NoticeRole]] = []
        if "recipient" in asked and recipient.direction != "outbound":
            persons.append((recipient.address, "recipient"))
        if "sender" in asked and recipient.direction != "inbound" and split_address(sender)[1] in self._ours:
            persons.append((sender, "sender"))
        if "reviewers" in asked and self._reviewers_at:
            persons.append((self._reviewers_at, "reviewer"))
        return persons

    def _notice(self, mail: Mail, person: str, role: NoticeRole, held: Sequence[Decision]) -> PendingNotice:
        """A recipient isn't told who else got the message: that may have been meant to be hidden (Bcc)."""
        first: Judged = held[0].holding[0]
        recipients = [held[0].recipient] if role == "recipient" else [d.recipient for d in held]
        payload = {
            "id": mail.id,
            "to": person,  # the store compares addresses without regard to case, and keeps them so
            "subject": _quoted(mail.message.subject),
            "sender": _quoted(mail.envelope.mail_from) or "<>",
            "recipient": _listed([r.address for r in recipients]),
            "at": mail.received_at.astimezone(self._wording.timezone).strftime("%A %d %B %Y, %H:%M %Z"),
            "code": first.code,
            "summary": printable(first.found.finding.summary)[:SUMMARY_CHARACTERS],
            "clause": first.clause,
        }
        return PendingNotice(person, first.found.filter_name, mail.id, role, payload)

    # --- what they are told ------------------------------------------------------------------------------------------

    async def send_due(self) -> int:
        """Put the notices that are due into the outbox; returns how many messages were queued."""
        queued = 0
        for person, _, notices in await self._store.notices.due(self._clock.now(), GAP_SECONDS):
            to = notices[0].payload.get("to", person)
            content = self.compose(to, notices)
            now = self._clock.now()
            item = own_item(self._new_id(), "notice", to, notices[0].quarantine_id, "", now)
            queued += await self._store.notices.sent(notices, item, content, at=now)
        return queued

    def compose(self, person: str, notices: Sequence[PendingNotice]) -> bytes:
        """The whole message. Text from the held messages is quoted with its control characters made visible."""
        w = self._wording
        text = self._template.render(
            notices=[{**n.payload, "clause_text": w.clauses.get(n.payload["clause"], "")} for n in notices],
            role=notices[0].role,
            organisation=w.organisation,
            contact=w.contact,
            policy=w.policy,
            days=w.quarantine_days,
        )
        subject, _, body = text.strip().partition("\n")
        header = own_header(
            name=f"{w.organisation} mail gateway",
            address=w.notices_from,
            to=person,
            subject=subject,
            now=self._clock.now(),
            hostname=w.hostname,
            auto_submitted="auto-generated",
        )
        fields, octets = text_entity(body.strip() + "\n")
        return header + fields + b"\r\n" + octets


def _asked(decision: Decision) -> set[Notify]:
    """Whom the findings that hold the copy are to tell; unset: our own recipient (inbound) or our own sender (else).

    Of an inbound virus nobody is told unless that is asked for: most have nothing in them that anyone would want.
    """
    recipient = decision.recipient
    unset: tuple[Notify, ...] = ("recipient",) if recipient.direction == "inbound" else ("sender",)
    if recipient.direction == "inbound" and any(j.code == VIRUS for j in decision.holding):
        unset = ()
    told = [j.specs[recipient.address].notify for j in decision.holding]
    return {notify for one in told for notify in (unset if one is None else one)}


def _listed(addresses: Sequence[str]) -> str:
    shown = ", ".join(map(_quoted, addresses[:SHOWN_RECIPIENTS]))
    return shown if len(addresses) <= SHOWN_RECIPIENTS else f"{shown} and {len(addresses) - SHOWN_RECIPIENTS} more"


def _quoted(text: Any) -> str:
    return printable(str(text))[:QUOTE_CHARACTERS]
