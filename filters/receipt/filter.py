"""Finds important mail of our people, waits for an answer to it, and has its sender reminded once if none comes.

The filter never edits. Until then it keeps a hash of the Message-ID, the sender's address, the recipients' domains and
two times. It leaves the group `protected_correspondents` and mail that is labelled personal alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from filters.receipt.answers import answered_by, answering_domains, organisations
from filters.receipt.settings import ReceiptSettings
from gateway.calendar import after_working_days
from gateway.contract import (
    PROTECTED,
    Code,
    Codes,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Organisation,
    Outcome,
    Receipts,
    Settings,
    unprotected_recipients,
)
from gateway.matching import OWN, FoundCue, TextRule, Weighed, left_out
from gateway.message import Message, message_ids, written_by_program

MISSING = "receipt.missing"
UNREAD = "receipt.unread"
LABEL = "personal"

#: Kinds of the cues that count in the subject alone, and there before a mark or at the end alone.
SUBJECT, LABEL_OF_SUBJECT = "subject", "subject_label"

#: Fields by which a mail program marks a message as important, with the first word of their values (RFC 4021 2.1.54).
_MARKS: Mapping[str, frozenset[str]] = {
    "importance": frozenset({"high"}),
    "priority": frozenset({"urgent"}),
    "x-priority": frozenset({"1", "2"}),
    "x-msmail-priority": frozenset({"high"}),
}
_RELAYED = frozenset({"relay", "amend"})
#: Ends of an answer from outside that nobody of ours will ever see.
_GONE = frozenset({"reject", "discard"})


class Receipt:
    """One finding about an important message to outside; what answers it is learnt from mail from outside."""

    name: ClassVar[str] = "receipt"
    Settings: ClassVar[type[Settings]] = ReceiptSettings
    codes: ClassVar[Codes] = {
        MISSING: Code(
            "email.receipt", "log", "The message is important: its sender is reminded if nobody confirms its receipt."
        ),
        UNREAD: Code(
            "email.receipt", "log", "The message has more text than is looked through for words of importance."
        ),
    }
    receipt_reminders: ClassVar[Mapping[str, str]] = {MISSING: "receipt"}
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED})
    needs_directions: ClassVar[Mapping[Direction, str]] = {
        "outbound": "it waits for nothing without outbound mail: important is what our people send to outside",
        "inbound": "without inbound mail it sees no answer, and reminds the sender of every important message",
    }
    shipped_mode: ClassVar[Mode] = "off"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound", "inbound")

    def __init__(
        self, settings: ReceiptSettings, directory: Directory, organisation: Organisation, receipts: Receipts
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._organisation = organisation
        self._receipts = receipts
        self._words = TextRule("receipt", settings.rules)

    @staticmethod
    def found_in(settings: ReceiptSettings) -> Mapping[Direction, Collection[str]]:
        """Return every code for mail to outside, and none for other mail."""
        return {"outbound": Receipt.codes}

    async def check(self, mail: Mail) -> Sequence[Finding]:
        to = self._outside(mail)
        if not to or not _own_id(mail) or not _is_on_business(mail):
            return []
        if not (evidence := marks(mail.message)):
            weighed = _heard(await self._words.weigh(mail.message))
            evidence = [Evidence(*reason) for reason in weighed.reasons()] if weighed.found else []
        if evidence:
            return [Finding(MISSING, self.codes[MISSING].sentence, tuple(evidence), recipients=to)]
        unread = tuple(Evidence(*one) for one in left_out(mail.message.view.of(*OWN)))
        return [Finding(UNREAD, self.codes[UNREAD].sentence, unread, recipients=to)] if unread else []

    def _outside(self, mail: Mail) -> frozenset[str]:
        to = unprotected_recipients(mail, self._directory)
        return frozenset(one.address for one in to if one.direction == "outbound")

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Wait for an answer to an important message that was relayed; end the wait for what a message answers."""
        await self._expect(mail, outcome, mail.received_at)
        seen = any(
            r.direction == "inbound" and outcome.actions.get(r.address) not in _GONE for r in mail.envelope.recipients
        )
        if seen and (answered := answered_by(mail)):
            await self._receipts.answered(answered, answering_domains(mail))

    async def released(self, mail: Mail, outcome: Outcome, at: datetime) -> None:
        """Wait for an answer to an important message that was held, from now on."""
        await self._expect(mail, outcome, at)

    async def _expect(self, mail: Mail, outcome: Outcome, at: datetime) -> None:
        sent = any(outcome.actions.get(address) in _RELAYED for address in self._outside(mail))
        if not sent or MISSING not in outcome.enforced or not (own := _own_id(mail)):
            return
        sender = mail.envelope.mail_from
        person, organisation, s = self._directory.person(sender), self._organisation, self._settings
        zone = (person and person.timezone) or organisation.timezone
        region = (person and person.holidays) or organisation.holidays
        # A calendar takes a second to load, the first time.
        due_at = await asyncio.to_thread(after_working_days, at, s.working_days, s.weekdays, zone, region)
        await self._receipts.expect(own, sender, mail.id, organisations(self._outside(mail)), at, due_at)


def marks(message: Message) -> list[Evidence]:
    """Return evidence of the fields that mark a message as important."""
    found = ((name, value.replace("(", " ").split()) for name in _MARKS for value in message.all(name))
    return [Evidence(name, words[0]) for name, words in found if words and words[0].lower() in _MARKS[name]]


def _heard(weighed: Weighed) -> Weighed:
    """Return the weighed message without the cues of the subject that stand elsewhere; the subject is read first."""
    return replace(weighed, cues=tuple(one for one in weighed.cues if _counts(one)))


def _counts(found: FoundCue) -> bool:
    kind, place = found.cue.kind, found.places[0]
    if kind not in (SUBJECT, LABEL_OF_SUBJECT):
        return True
    behind = place.lines.text[place.match.end - 1 :].lstrip(" ")
    stands_apart = not behind[:1].isalnum()
    return place.passage.kind == "subject" and (stands_apart or kind == SUBJECT)


def _is_on_business(mail: Mail) -> bool:
    """Return whether a person has written the mail, on business."""
    return bool(mail.envelope.mail_from) and LABEL not in mail.labels and not written_by_program(mail.message)


def _own_id(mail: Mail) -> str:
    """Return the Message-ID, by which answers name the message; "" where it has none."""
    return next(iter(message_ids(mail.message.message_id)), "")
