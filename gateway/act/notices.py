"""Notices to our own people about held messages: who is told, what, and when (never anyone outside: law 5).

The first for a person and filter goes at once; later ones within the hour are gathered in the next, so that every held
message is named in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.act.records import own_item
from gateway.contract import Clock, Mail
from gateway.judge.policy import Decision, Judged
from gateway.receive.path import split_address
from gateway.receive.reply import printable
from gateway.remember.records import NoticeRole, PendingNotice
from gateway.remember.store import Store

#: Later notices for the same person and filter are gathered for this long.
GAP_SECONDS = 3600.0
#: What a subject or an address may take up in a notice.
_QUOTE_CHARACTERS = 200


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
        pending: dict[tuple[str, str], PendingNotice] = {}
        for decision in held:
            for person, role in self._persons(mail, decision):
                notice = self._notice(mail, decision, person, role)
                pending.setdefault((person.lower(), role), notice)
        return list(pending.values())

    def _persons(self, mail: Mail, decision: Decision) -> list[tuple[str, NoticeRole]]:
        first, recipient = decision.holding[0], decision.recipient
        inbound = recipient.direction == "inbound"
        asked = first.specs[recipient.address].notify
        if not asked:
            if inbound and first.code == "virus.found":
                return []  # most of these have no sender to answer and nothing in them to release
            asked = ("recipient",) if inbound else ("sender",)
        sender = mail.envelope.mail_from
        persons: list[tuple[str, NoticeRole]] = []
        if "recipient" in asked and recipient.direction != "outbound":
            persons.append((recipient.address, "recipient"))
        if "sender" in asked and not inbound and split_address(sender)[1] in self._ours:
            persons.append((sender, "sender"))
        if "reviewers" in asked and self._reviewers_at:
            persons.append((self._reviewers_at, "recipient"))
        return persons

    def _notice(self, mail: Mail, decision: Decision, person: str, role: NoticeRole) -> PendingNotice:
        first: Judged = decision.holding[0]
        payload = {
            "id": mail.id,
            "subject": _quoted(mail.message.subject),
            "sender": _quoted(mail.envelope.mail_from) or "<>",
            "recipient": _quoted(decision.recipient.address),
            "at": mail.received_at.astimezone(self._wording.timezone).strftime("%A %d %B %Y, %H:%M %Z"),
            "code": first.code,
            "summary": first.found.finding.summary,
            "clause": first.clause,
        }
        return PendingNotice(person, first.found.filter_name, mail.id, role, payload)

    # --- what they are told ------------------------------------------------------------------------------------------

    async def send_due(self) -> int:
        """Put the notices that are due into the outbox; returns how many messages were queued."""
        queued = 0
        for person, _, notices in await self._store.notices.due(self._clock.now(), GAP_SECONDS):
            content = self.compose(person, notices)
            now = self._clock.now()
            item = own_item(self._new_id(), "notice", person, notices[0].quarantine_id, "", now)
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
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((f"{w.organisation} mail gateway", w.notices_from))
        message["To"] = person
        message["Subject"] = subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=w.hostname)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body.strip() + "\n", cte="quoted-printable")
        return message.as_bytes()


def _quoted(text: Any) -> str:
    return printable(str(text))[:_QUOTE_CHARACTERS]
