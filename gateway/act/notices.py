"""Notices to our own people about held messages: who is told, what, and when (never anyone outside: law 5).

The first for a person and filter goes at once; later ones within the hour are gathered in the next, so that every held
message is named in exactly one. A filter may have a notice of its own for some codes: it leaves numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.act.masking import masked
from gateway.act.own_mail import own_header
from gateway.act.records import own_item
from gateway.contract import Clock, Mail, Recipient
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
    own: Mapping[str, str]  # templates of notices that filters have of their own, by name
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
        self._templates = {"": environment.from_string(wording.template)}
        self._templates |= {name: environment.from_string(text) for name, text in wording.own.items()}

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
        holding = [j for d in held for j in d.holding]
        first = next(filter(_own_notice, holding), holding[0])
        own = _own_notice(first)
        quoted = _masked if own else _quoted
        recipients = [held[0].recipient] if role == "recipient" else [d.recipient for d in held]
        payload = {
            "id": mail.id,
            "to": person,  # the store compares addresses without regard to case, and keeps them so
            "template": own,
            "subject": quoted(mail.message.subject),
            "sender": quoted(mail.envelope.mail_from) or "<>",
            "author": quoted(mail.message.header("from") or ""),
            "recipient": _listed([r.address for r in recipients]),
            "at": mail.received_at.astimezone(self._wording.timezone).strftime("%A %d %B %Y, %H:%M %Z"),
            "code": first.code,
            "summary": quoted(first.found.finding.summary, SUMMARY_CHARACTERS),
            "clause": first.clause,
        }
        return PendingNotice(person, first.found.filter_name, mail.id, role, payload)

    # --- what they are told ------------------------------------------------------------------------------------------

    async def send_due(self) -> int:
        """Put the notices that are due into the outbox; returns how many messages were queued."""
        queued = 0
        for person, _, due in await self._store.notices.due(self._clock.now(), GAP_SECONDS):
            for notices in _by_template(due):
                to = notices[0].payload.get("to", person)
                content = self.compose(to, notices)
                now = self._clock.now()
                item = own_item(self._new_id(), "notice", to, notices[0].quarantine_id, "", now)
                queued += await self._store.notices.sent(notices, item, content, at=now)
        return queued

    def compose(self, person: str, notices: Sequence[PendingNotice]) -> bytes:
        """The whole message. Text from the held messages is quoted with its control characters made visible."""
        w = self._wording
        name = _template_of(notices[0])  # its filter may have left the chain since
        text = self._templates.get(name, self._templates[""]).render(
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
    silent = recipient.direction == "inbound" and any(j.code == VIRUS for j in decision.holding)
    told = [(j, j.specs[recipient.address].notify) for j in decision.holding]
    return {
        notify
        for judged, asked in told
        for notify in (asked if asked is not None else () if silent else _unset(judged, recipient))
    }


def _unset(judged: Judged, recipient: Recipient) -> tuple[Notify, ...]:
    """A notice of a filter's own is a warning: it goes to our recipient, though one of us seems to have sent it."""
    warned = recipient.direction == "internal" and _own_notice(judged)
    return ("recipient",) if recipient.direction == "inbound" or warned else ("sender",)


def _own_notice(judged: Judged) -> str:
    """The name of the template that the filter has for this code; "" = the one for all."""
    entry = judged.found.entry
    notices: Mapping[str, str] = getattr(entry.cls, "notices", {}) if entry else {}
    return notices.get(judged.code, "")


def _template_of(notice: PendingNotice) -> str:
    return str(notice.payload.get("template", ""))


def _by_template(notices: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    groups: dict[str, list[PendingNotice]] = {}
    for notice in notices:
        groups.setdefault(_template_of(notice), []).append(notice)
    return list(groups.values())


def _listed(addresses: Sequence[str]) -> str:
    shown = ", ".join(map(_quoted, addresses[:SHOWN_RECIPIENTS]))
    return shown if len(addresses) <= SHOWN_RECIPIENTS else f"{shown} and {len(addresses) - SHOWN_RECIPIENTS} more"


def _quoted(text: Any, characters: int = QUOTE_CHARACTERS) -> str:
    return printable(str(text))[:characters]


def _masked(text: Any, characters: int = QUOTE_CHARACTERS) -> str:
    """Masked first: what is cut off can't make a number too short to be seen."""
    return _quoted(masked(str(text)), characters)
