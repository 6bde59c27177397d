"""Notices about what became of a held message: the answer to whoever asked for it, and the steps of a release by two.

They are written from the entry in the quarantine, without the message itself. The caller commits them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal

from gateway.act.notices.quoting import (
    SUBJECT_CHARACTERS,
    listed,
    moment,
    quoted,
    quoted_masked,
    summaries,
)
from gateway.act.rules.release_rules import ReleaseRules
from gateway.message.header.addresses import address_key
from gateway.message.labels import PERSONAL, PERSONAL_SUBJECT
from gateway.remember.records import HeldMessage, NoticeRole, PendingNotice, Signature
from gateway.settings.chain.entries import ANSWER_NOTICE, APPROVAL_NOTICE

#: The most characters of a reviewer's reason in a notice.
REASON_CHARACTERS = 500

#: The steps of a release by two: it waits for the second person; it has the approval; the message was deleted, or the
#: time was over, before.
Step = Literal["waits", "approved", "deleted", "lapsed"]


@dataclass(frozen=True, slots=True)
class EntryNotices:
    rules: ReleaseRules
    timezone: tzinfo
    reviewers_at: str  # the address that stands for reviewers without one of their own; "" = none
    addresses: Mapping[str, str]  # user -> address, for reviewers who have one
    users: Sequence[str] = ()  # reviewers and approvers

    @property
    def reviewers(self) -> Sequence[str]:
        """The addresses of all reviewers and approvers, each once."""
        return tuple(dict.fromkeys(filter(None, (self.addresses.get(one, self.reviewers_at) for one in self.users))))

    def of_reviewer(self, held: HeldMessage, person: str) -> dict[str, Any]:
        """Return what a digest tells a reviewer of a message."""
        return self._facts(held, person, "reviewer", [copy.address for copy in held.copies if copy.state == "held"])

    def answer(self, held: HeldMessage, person: str, addresses: Sequence[str]) -> dict[str, Any]:
        """Return what the answer to a request will say of the message, beside the outcome."""
        own = address_key(person) in map(address_key, addresses)
        role: NoticeRole = "recipient" if own else "sender"
        return self._facts(held, person, role, (person,) if own else addresses) | {"template": ANSWER_NOTICE}

    def approval(
        self, held: HeldMessage, step: Step, first: Signature, addresses: Sequence[str], by: str = ""
    ) -> list[PendingNotice]:
        """Return the notices of a step: to the approvers where the release waits, else to the first of the two."""
        users = [one for one in self.rules.approvers if one != first.actor] if step == "waits" else [first.actor]
        said = {
            "template": APPROVAL_NOTICE,
            "step": step,
            "by": quoted(by),
            "released_by": quoted(first.actor),
            "reason": quoted(first.reason, REASON_CHARACTERS),
            "until": moment(first.at + self.rules.limit, self.timezone),
        }
        told = dict.fromkeys(filter(None, (self.addresses.get(user, self.reviewers_at) for user in users)))
        return [
            PendingNotice(
                person,
                f"{APPROVAL_NOTICE} {step} {held.id}",
                held.id,
                "reviewer",
                self._facts(held, person, "reviewer", addresses) | said,
            )
            for person in told
        ]

    def _facts(self, held: HeldMessage, person: str, role: NoticeRole, recipients: Sequence[str]) -> dict[str, Any]:
        """Return the facts about the message. A reviewer sees the subject of personal mail only on record."""
        quote = quoted_masked if self.rules.is_masked(held) else quoted
        subject = PERSONAL_SUBJECT if role == "reviewer" and PERSONAL in held.labels else held.subject
        holding = [one for one in held.findings if one["code"] in held.codes]
        found = holding[0] if holding else {}
        return {
            "id": held.id,
            "to": person,
            "role": role,
            "subject": quote(subject, SUBJECT_CHARACTERS),
            "author": quote(held.author),
            "sender": quote(held.mail_from) or "<>",
            "sent_by": quote(sent_by(held.mail_from, held.author_addresses)),
            "recipient": listed(recipients),
            "at": moment(held.received_at, self.timezone),
            "code": found.get("code", ""),
            "summary": summaries([one.get("summary", "") for one in holding], quote),
            "clause": found.get("clause", ""),
        }


def sent_by(mail_from: str, authors: Sequence[str]) -> str:
    """Return the reverse-path where it differs from the addresses of `From:`, so that both are to be named; else ""."""
    differs = bool(authors) and address_key(mail_from) not in map(address_key, authors)
    return (mail_from or "<>") if differs else ""
