"""Notices to our own people about held messages: who is told, what, and when (never anyone outside: law 5).

The first notice for a person and filter goes at once. Notices within the hour after it are gathered in the next one, so
that every held message is named in exactly one; notices about danger to people wait a minute at most. A filter may have
its own notice for some codes: such a notice leaves numbers out. A message that waits for its sender has a notice of its
own, which goes to the sender at once; the sender replies to it. Where there is a control address, a reply to any other
notice asks for the release; else replies go to the contact.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import structlog

from gateway.act.notices.addressees import own_notice, to_be_told, told_at_once
from gateway.act.notices.entry_notices import sent_by
from gateway.act.notices.letter_limit import LetterLimit
from gateway.act.notices.manager_notices import ManagerNotices
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.own_messages import own_text
from gateway.act.notices.quoting import (
    SUBJECT_CHARACTERS,
    SUMMARY_CHARACTERS,
    listed,
    moment,
    quoted,
    quoted_masked,
    summaries,
)
from gateway.act.records import own_item
from gateway.act.rules.confirmation import ConfirmationRules, mail_mark, was_confirmed
from gateway.act.rules.requests import RequestRules, key_of
from gateway.contract import Clock, Mail
from gateway.judge.policy import Decision
from gateway.message.labels import PERSONAL, PERSONAL_SUBJECT
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.records import NoticeRole, PendingNotice
from gateway.remember.rows.notices import NoticeKind
from gateway.remember.store import Store
from gateway.settings.chain.entries import ANSWER_NOTICE, APPROVAL_NOTICE, CONFIRM_NOTICE, MANAGER_NOTICE
from gateway.smtp.path import split_address

log = structlog.get_logger("notices")

#: Seconds for which later notices for the same person and filter are gathered.
GAP_SECONDS = 3600.0
#: The facts that the audit trail has of a message, as every notice names them; docs/data-protection.md has the details.
RECORD = (
    "its sender, recipients, time, size and Message-ID, the sending computer's address and login, our answer and what "
    "was found"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that every notice shares, besides those about the messages."""

    templates: Mapping[str, Path]  # files by name: the filters' own notices, and the common one as ""
    organisation: str
    contact: str
    contact_at: str  # the contact's address, where replies go; "" where it has none
    notices_from: str
    hostname: str
    timezone: tzinfo
    clauses: Mapping[str, str]
    policy: Mapping[str, str]
    quarantine_days: int
    record_days: int  # days for which the audit trail has a message
    journal_days: int  # days for which the journal has it; 0: the journal is off

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that every template may name."""
        return {
            "organisation": self.organisation,
            "contact": self.contact,
            "policy": self.policy,
            "days": self.quarantine_days,
            "record": RECORD,
            "record_days": self.record_days,
            "journal_days": self.journal_days,
        }


class Notices:
    def __init__(
        self,
        store: Store,
        wording: Wording,
        ours: Container[str],
        is_list: Callable[[str], bool],
        reviewers_at: Sequence[str],
        clock: Clock,
        new_id: Callable[[], str],
        limit: LetterLimit,
        managers: ManagerNotices,
        confirming: ConfirmationRules | None = None,
        asking: RequestRules | None = None,
    ) -> None:
        self._store = store
        self._wording = wording
        self._ours = ours
        self._is_list = is_list  # whether an address is a list: a notice to a list would go to all its members
        self._reviewers_at = reviewers_at  # the reviewers' addresses
        self._clock = clock
        self._new_id = new_id
        self._limit = limit
        self._managers = managers
        self._confirming = confirming  # None: no sender can confirm a message
        self._asking = asking  # None: nobody can ask for a release by a reply
        self._templates = NoticeTemplates(wording.templates)
        self._set_aside: dict[tuple[str, str], datetime] = {}  # questions that failed: (person, filter) -> until when

    @property
    def templates(self) -> NoticeTemplates:
        """The templates, which the digests share."""
        return self._templates

    # --- addressees --------------------------------------------------------------------------------------------------

    def about(self, mail: Mail, held: Sequence[Decision]) -> list[PendingNotice]:
        """Return one notice for each person and held message, to be committed with the message.

        A manager's notice stands beside any other that the same person gets.
        """
        concerned: dict[str, tuple[str, NoticeRole, list[Decision]]] = {}
        waiting = [d for d in held if self._waits_for_sender(mail, d)]
        for decision in held:
            for person, role in self._persons(mail, decision):
                if role != "sender" or decision not in waiting:
                    concerned.setdefault(person.lower(), (person, role, []))[2].append(decision)
        managers = self._managers.about_held(mail, held, waiting)
        notices = [self._notice(mail, *one, manager_told=bool(managers)) for one in concerned.values()]
        questions = [self._question(mail, waiting, manager_told=bool(managers))] if waiting else []
        return [*notices, *managers, *questions]

    def _waits_for_sender(self, mail: Mail, decision: Decision) -> bool:
        """Return whether the copy waits for its sender's confirmation.

        The sender is then asked, whatever `notify` says. A distribution list is not asked: its message waits for the
        reviewers.
        """
        codes, direction = [j.code for j in decision.holding], decision.recipient.direction
        sender, confirming = mail.envelope.mail_from, self._confirming
        return confirming is not None and confirming.may(sender, codes, direction) and not self._is_list(sender)

    def _persons(self, mail: Mail, decision: Decision) -> list[tuple[str, NoticeRole]]:
        recipient, sender = decision.recipient, mail.envelope.mail_from
        asked = to_be_told(decision)
        persons: list[tuple[str, NoticeRole]] = []
        if "recipient" in asked and recipient.direction != "outbound" and not self._is_list(recipient.address):
            persons.append((recipient.address, "recipient"))
        ours = split_address(sender)[1] in self._ours and not self._is_list(sender)
        if "sender" in asked and recipient.direction != "inbound" and ours:
            persons.append((sender, "sender"))
        if "reviewers" in asked:
            persons += [(address, "reviewer") for address in self._reviewers_at]
        return persons

    def _notice(
        self, mail: Mail, person: str, role: NoticeRole, held: Sequence[Decision], *, manager_told: bool
    ) -> PendingNotice:
        """Write one notice.

        A recipient's notice names no other recipient, who may have been hidden on purpose (Bcc).
        """
        holding = [j for d in held for j in d.holding]
        urgent = next(filter(told_at_once, holding), None)
        first = urgent or next(filter(own_notice, holding), holding[0])
        own = own_notice(first)
        quote = quoted_masked if own else quoted
        recipients = [held[0].recipient] if role == "recipient" else [d.recipient for d in held]
        sender, author = mail.envelope.mail_from, mail.message.header("from") or ""
        payload = {
            "id": mail.id,
            "to": person,  # the store compares addresses without regard to case, and keeps them so
            "template": own,
            "subject": quote(_subject(mail, role), SUBJECT_CHARACTERS),
            "sender": quote(sender) or "<>",
            "author": quote(author),
            "sent_by": quote(sent_by(sender, mail.sender.addresses)),
            "recipient": listed([r.address for r in recipients]),
            "at": self._moment(mail.received_at),
            "code": first.code,
            "summary": summaries([first.found.finding.summary, *(j.found.finding.summary for j in holding)], quote),
            "clause": first.clause,
            "expires": (mail.received_at + timedelta(days=self._wording.quarantine_days)).isoformat(),
            "releases": role == "recipient" and self._recipient_releases(held),
            "manager_told": role == "sender" and manager_told,
            "told": self._told(mail, held),
        }
        name = first.found.filter_name
        return PendingNotice(person, NoticeKind.AT_ONCE.named(name) if urgent else name, mail.id, role, payload)

    def _told(self, mail: Mail, held: Sequence[Decision]) -> list[NoticeRole]:
        """Return the roles of the people whom a notice or a question tells of these copies."""
        told = {role for decision in held for _, role in self._persons(mail, decision)}
        asked: set[NoticeRole] = {"sender"} if any(self._waits_for_sender(mail, one) for one in held) else set()
        return sorted(told | asked)

    def _recipient_releases(self, held: Sequence[Decision]) -> bool:
        """Return whether the recipient's own reply releases these copies."""
        rules = self._asking.rules if self._asking else None
        return rules is not None and all(
            rules.recipient_releases([j.code for j in d.holding], d.recipient.direction) for d in held
        )

    def _question(self, mail: Mail, held: Sequence[Decision], *, manager_told: bool) -> PendingNotice:
        """Write the question to the sender.

        Its filter name is the same for all transactions of a message, so that the sender is asked once.
        """
        assert self._confirming is not None  # otherwise no copy waits for its sender
        notice = self._notice(mail, mail.envelope.mail_from, "sender", held, manager_told=manager_told)
        until = self._confirming.until(mail.received_at)
        found = [quoted(j.found.finding.summary, SUMMARY_CHARACTERS) for d in held for j in d.holding]
        said = {
            "template": CONFIRM_NOTICE,
            "found": list(dict.fromkeys(found)),
            "until": self._moment(until),
            "confirm": until.isoformat(),
        }
        name = f"{CONFIRM_NOTICE} {mail_mark(mail.id, mail.envelope.mail_from, mail.message)}"
        return replace(notice, filter=name, payload=notice.payload | said)

    def _moment(self, at: datetime) -> str:
        return moment(at, self._wording.timezone)

    # --- sending -----------------------------------------------------------------------------------------------------

    async def send_due(self) -> int:
        """Put the notices that are due into the outbox; return how many messages were queued.

        Raises StoreUnavailable. Notices with any other fault are logged and wait for another gap; the others go.
        """
        queued, now = 0, self._clock.now()
        self._set_aside = {one: until for one, until in self._set_aside.items() if until > now}
        for person, name, due in await self._store.notices.due(now, GAP_SECONDS):
            if (person, name) in self._set_aside:
                continue
            if _are_limited(due) and await self._limit.reached(person, self._clock.now()):
                await self._store.notices.postpone(person, name, at=self._clock.now())
                continue
            for notices in _apart(due):
                try:
                    queued += await self._send(person, notices, limited=_are_limited(due))
                except StoreUnavailable:
                    raise
                except Exception:
                    log.exception("notice.not_made", person=person, id=notices[0].quarantine_id)
                    await self._postpone(person, name, notices)
        return queued

    async def _send(self, person: str, notices: Sequence[PendingNotice], *, limited: bool) -> bool:
        """Queue one message; return whether it was."""
        if await self._was_asked(notices[0]):
            await self._store.notices.drop(notices, at=self._clock.now())
            return False
        to = notices[0].payload.get("to", person)
        content = self.compose(to, notices)
        now = self._clock.now()
        item = own_item(self._new_id(), "notice", to, notices[0].quarantine_id, "", now)
        sent = await self._store.notices.sent(notices, item, content, at=now)
        if sent and limited:
            await self._limit.count(person, now)
        return sent

    async def _postpone(self, person: str, name: str, notices: Sequence[PendingNotice]) -> None:
        """Let notices that failed wait. A question must not look as if it had been asked (`_was_asked`)."""
        now = self._clock.now()
        if "confirm" in notices[0].payload:
            self._set_aside[person, name] = now + timedelta(seconds=GAP_SECONDS)
        else:
            await self._store.notices.postpone(person, name, at=now)

    async def _was_asked(self, notice: PendingNotice) -> bool:
        """Return whether the sender has an open question about this message already.

        One answer covers all transactions. A transaction that was judged while the sender's answer came is asked about
        anew.
        """
        confirming, asked_at = self._confirming, notice.last_sent_at
        if confirming is None or "confirm" not in notice.payload or asked_at is None:
            return False
        if self._clock.now() >= confirming.until(asked_at):
            return False
        late = await self._store.quarantine.get(notice.quarantine_id)
        if late is None or not confirming.waiting(late):
            return True
        return not await was_confirmed(self._store, late, asked_at - confirming.limit)

    def _reply_to(self, notices: Sequence[PendingNotice], person: str) -> str:
        """Return the address for replies: with a token, which is made here and stored nowhere, or the contact's."""
        notice = notices[0]
        if self._confirming is not None and "confirm" in notice.payload:
            until = datetime.fromisoformat(notice.payload["confirm"])
            return self._confirming.control.reply_to(notice.quarantine_id, person, until)
        if self._asking is not None and _can_be_asked_for(notices):
            ends = {one.quarantine_id: datetime.fromisoformat(one.payload["expires"]) for one in notices}
            return self._asking.reply_to(person, ends)
        return self._wording.contact_at

    def compose(self, person: str, notices: Sequence[PendingNotice]) -> bytes:
        """Return the whole message. Text from the held messages is quoted with its control characters made visible."""
        w = self._wording
        name = _template_of(notices[0])  # the filter may have left the chain since
        about = self._about_manager(notices) if name == MANAGER_NOTICE else self._about_held(notices)
        text = self._templates.fill(name if name in self._templates else "", w.facts | about)
        return own_text(
            text,
            organisation=w.organisation,
            address=w.notices_from,
            to=person,
            now=self._clock.now(),
            hostname=w.hostname,
            reply_to=self._reply_to(notices, person),
            answers=notices[0].payload.get("answers", ""),
        )

    def _about_held(self, notices: Sequence[PendingNotice]) -> dict[str, Any]:
        can_ask = self._asking is not None and _can_be_asked_for(notices)
        return {"notices": [self._facts(one) for one in notices], "role": notices[0].role, "can_ask": can_ask}

    def _about_manager(self, notices: Sequence[PendingNotice]) -> dict[str, Any]:
        clauses = self._wording.clauses
        return {"notices": [{**n.payload, "clause_text": clauses.get(n.payload["clause"], "")} for n in notices]}

    def _facts(self, notice: PendingNotice) -> dict[str, Any]:
        """Return a notice's facts; those of an older version lack some."""
        said = notice.payload
        clause_text = self._wording.clauses.get(said["clause"], "")
        unset = {"author": "", "sent_by": "", "releases": False, "manager_told": False, "told": []}
        return unset | said | {"clause_text": clause_text, "key": key_of(notice.quarantine_id)}


def _can_be_asked_for(notices: Sequence[PendingNotice]) -> bool:
    """Return whether a reply to these notices can ask for a release: their people may, until the messages expire."""
    return all(one.role != "reviewer" and "expires" in one.payload and not is_urgent(one) for one in notices)


def is_urgent(notice: PendingNotice) -> bool:
    """Return whether the notice is about danger to people."""
    return NoticeKind.AT_ONCE.includes(notice.filter)


def _are_limited(notices: Sequence[PendingNotice]) -> bool:
    """Return whether the limit of a day is for these notices.

    It is not for reviewers', for those about danger, and for questions, answers and approvals.
    """
    apart = (CONFIRM_NOTICE, ANSWER_NOTICE, APPROVAL_NOTICE)
    return not is_urgent(notices[0]) and notices[0].role != "reviewer" and _template_of(notices[0]) not in apart


def _template_of(notice: PendingNotice) -> str:
    return str(notice.payload.get("template", ""))


def _apart(notices: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    """Group the notices by template and by the person's role: sender, recipient or reviewer."""
    groups: dict[tuple[str, NoticeRole], list[PendingNotice]] = {}
    for notice in notices:
        groups.setdefault((_template_of(notice), notice.role), []).append(notice)
    return list(groups.values())


def _subject(mail: Mail, role: NoticeRole) -> str:
    """Return the subject. A reviewer sees that of personal mail only on record (`quarantine show --reason`)."""
    return PERSONAL_SUBJECT if role == "reviewer" and PERSONAL in mail.labels else mail.message.subject
