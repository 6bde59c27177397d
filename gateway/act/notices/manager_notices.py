"""Notices to the managers of our senders: mail of theirs was held, confirmed by them, or sent with a finding.

They name the sender, the recipients outside, the time and the clause, and nothing of the mail itself. Recipients inside
are counted: one of them may be the person whom the mail hurts. A manager is told where `notify` asks for it, and never
of mail that is labelled personal, or that goes to the manager or to somebody above: it may be a complaint. The caller
commits them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

from gateway.act.notices.addressees import to_be_told
from gateway.act.notices.quoting import listed, moment, quoted
from gateway.act.rules.release_rules import ReleaseRules
from gateway.contract import Mail, Person
from gateway.judge.policy import Decision
from gateway.message.header.addresses import address_key
from gateway.message.labels import PERSONAL
from gateway.message.visible import visible_addresses
from gateway.remember.records import HeldMessage, PendingNotice
from gateway.settings.chain.entries import MANAGER_NOTICE
from gateway.smtp.path import split_address

#: The events that a manager is told of. "asked": the mail is held, and its sender may confirm it.
Outcome = Literal["held", "asked", "confirmed", "sent"]


@dataclass(frozen=True, slots=True)
class ManagerNotices:
    person: Callable[[str], Person | None]
    ours: Container[str]  # the organisation's domains
    is_list: Callable[[str], bool]  # a notice to a list would go to all its members
    rules: ReleaseRules
    timezone: tzinfo

    def manager_of(self, sender: str, recipients: Iterable[str]) -> str:
        """Return the address of the manager who may be told of a sender's mail; "" where there is none.

        The manager is one of our people, and neither the manager nor anybody above is among the recipients.
        """
        person = self.person(sender) if sender else None
        manager = person.manager if person else ""
        if not person or not manager or self.is_list(manager) or split_address(manager)[1] not in self.ours:
            return ""
        if address_key(manager) in map(address_key, person.addresses):
            return ""
        return "" if self._line_from(manager).intersection(map(address_key, recipients)) else manager

    def _line_from(self, manager: str) -> set[str]:
        """Return the addresses, as keys, of a manager and of everybody above, those at home too."""
        found: set[str] = set()
        while manager and address_key(manager) not in found:
            person = self.person(manager)
            theirs = (*person.addresses, *person.private_addresses) if person else ()
            found.update(map(address_key, (manager, *theirs)))
            manager = person.manager if person else ""
        return found

    def about_held(
        self, mail: Mail, held: Sequence[Decision], waiting: Collection[Decision]
    ) -> Sequence[PendingNotice]:
        """Return the notice about copies of a message that are held; `waiting` are those that wait for the sender."""
        told = [d for d in held if d.recipient.direction != "inbound" and "manager" in to_be_told(d)]
        if not told or PERSONAL in mail.labels:
            return ()
        manager = self.manager_of(mail.envelope.mail_from, recipients_of(mail))
        if not manager:
            return ()
        first = told[0].holding[0]
        payload = self.facts(
            "asked" if any(d in waiting for d in told) else "held",
            mail.id,
            manager,
            sender=mail.envelope.mail_from,
            recipients=[d.recipient.address for d in told],
            at=mail.received_at,
            code=first.code,
            clause=first.clause,
        )
        return (_pending(manager, payload),)

    def about_confirmed(self, held: HeldMessage, mail: Mail, addresses: Collection[str]) -> Sequence[PendingNotice]:
        """Return the notice about copies of a held message, read again as `mail`, that their sender has confirmed."""
        copies = [
            c for c in held.copies if c.address in addresses and self.rules.notifies("manager", c.codes, c.direction)
        ]
        if not copies or PERSONAL in held.labels:
            return ()
        recipients = (*recipients_of(mail), *(copy.address for copy in held.copies))
        manager = self.manager_of(held.mail_from, recipients)
        if not manager:
            return ()
        code = copies[0].codes[0]
        payload = self.facts(
            "confirmed",
            held.id,
            manager,
            sender=held.mail_from,
            recipients=[copy.address for copy in copies],
            at=held.received_at,
            code=code,
            clause=next((one.get("clause", "") for one in held.findings if one["code"] == code), ""),
        )
        return (_pending(manager, payload),)

    def facts(
        self,
        outcome: Outcome,
        id: str,
        to: str,
        *,
        sender: str,
        recipients: Sequence[str],
        at: datetime,
        code: str,
        clause: str,
    ) -> dict[str, Any]:
        """Return the facts about one message."""
        person = self.person(sender)
        return {
            "id": id,
            "to": to,
            "template": MANAGER_NOTICE,
            "outcome": outcome,
            "name": quoted(person.name if person and person.name else sender),
            "sender": quoted(sender),
            "recipient": self._recipients(recipients),
            "at": moment(at, self.timezone),
            "code": code,
            "clause": clause,
        }

    def _recipients(self, addresses: Sequence[str]) -> str:
        """Return the addresses outside, and the number of those inside."""
        outside = [one for one in addresses if split_address(one)[1] not in self.ours]
        inside = len(addresses) - len(outside)
        unnamed = f"{inside} inside, who {'is' if inside == 1 else 'are'} not named" if inside else ""
        return " and ".join(filter(None, (listed(outside), unnamed)))


def recipients_of(mail: Mail) -> Sequence[str]:
    """Return the recipients of a message, those in its envelope and those whom its header shows."""
    return (*(r.address for r in mail.envelope.recipients), *visible_addresses(mail.message))


def _pending(manager: str, payload: dict[str, Any]) -> PendingNotice:
    """Return the notice under a name of its own: all notices to a manager within an hour are one mail."""
    return PendingNotice(manager, MANAGER_NOTICE, payload["id"], "manager", payload)
