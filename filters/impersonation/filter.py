"""Finds mail under a name or an address that is not its sender's: strangers as our people, our people as others.

The filter never edits. It leaves the group `protected_correspondents` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from filters.impersonation.authors import Authors
from filters.impersonation.codes import ASSUMED, CODES, DOMAIN, FOUND_IN, LOOKALIKE, NAME, REPLY_TO, SENDER, UNREAD
from filters.impersonation.lookalikes import Lookalikes
from filters.impersonation.own_domain import OwnDomain
from filters.impersonation.reply_addresses import ReplyAddresses
from filters.impersonation.requests import Requests
from filters.impersonation.sender_facts import SenderFacts
from filters.impersonation.settings import ImpersonationSettings
from filters.impersonation.shown_names import ShownNames
from gateway.contract import (
    ANYONE,
    PROTECTED,
    Codes,
    Correspondents,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Outcome,
    Pair,
    SendingRights,
    Settings,
    unprotected_recipients,
)
from gateway.matching import OWN, Counterparties, OwnNames, left_out, organisation_of, warm
from gateway.message import written_by_program

_RELAYED = frozenset({"relay", "amend"})


class Impersonation:
    """Filter with one finding for each reason to take the sender for somebody else."""

    name: ClassVar[str] = "impersonation"
    Settings: ClassVar[type[Settings]] = ImpersonationSettings
    codes: ClassVar[Codes] = CODES
    notices: ClassVar[Mapping[str, str]] = dict.fromkeys(CODES.keys() - {UNREAD}, "impersonation")
    never_by_sender: ClassVar[Mapping[str, str]] = dict.fromkeys(CODES, "somebody else may have written it")
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED})
    reviewers_allow: ClassVar[frozenset[str]] = frozenset({NAME, LOOKALIKE, REPLY_TO})
    needs: ClassVar[Mapping[str, str]] = {
        "correspondents": "namesakes and the domains that your people write to are unknown to impersonation"
    }
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(
        self,
        settings: ImpersonationSettings,
        directory: Directory,
        correspondents: Correspondents,
        sending_rights: SendingRights,
    ) -> None:
        rules = settings.rules
        services = frozenset(organisation_of(one.casefold()) for one in rules.services)
        self._settings = settings
        self._directory = directory
        self._correspondents = correspondents
        self._authors = Authors(directory, sending_rights)
        self._own_domain = OwnDomain(directory)
        self._services = services
        self._replies = ReplyAddresses(directory, Counterparties(rules.free_mail), services)
        self._requests = Requests(rules, self._own_domain, self._replies, services)

    @cached_property
    def _ours(self) -> OwnNames:
        return OwnNames(self._directory.named, self._directory.domain_names)

    @cached_property
    def _names(self) -> ShownNames:
        return ShownNames(self._directory, self._ours, self._services, self._settings.namesake_days)

    @cached_property
    def _lookalikes(self) -> Lookalikes:
        s = self._settings
        return Lookalikes(self._directory, self._ours, s.added_words, s.honest_domains, s.namesake_days)

    @staticmethod
    def found_in(settings: ImpersonationSettings) -> Mapping[Direction, Collection[str]]:
        return FOUND_IN

    async def start(self) -> None:
        await asyncio.to_thread(warm)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        to = unprotected_recipients(mail, self._directory)
        received = frozenset(one.address for one in to if one.direction == "inbound")
        sent = frozenset(one.address for one in to if one.direction != "inbound")
        found = await self._inbound(mail, received) if received else []
        return [*found, *(self._sent(mail, sent) if sent else ())]

    # --- mail from outside -------------------------------------------------------------------------------------------

    async def _inbound(self, mail: Mail, to: frozenset[str]) -> list[Finding]:
        facts = SenderFacts(mail, await self._correspondents.known(list(dict.fromkeys(self._asked(mail)))))
        named, claimed = self._names.evidence(facts), self._own_domain.evidence(facts)
        elsewhere = self._replies.elsewhere(facts)
        alike = self._lookalikes.evidence(facts, doubted=bool(named or elsewhere or facts.unproven))
        asked = await self._requests.evidence(facts, elsewhere, borrowed=bool(named or claimed), alike=bool(alike))
        found = {NAME: named, DOMAIN: claimed, LOOKALIKE: alike, REPLY_TO: asked}
        undecided = [author.undecided for author in mail.authentication.authors if not author.aligned]
        findings = [
            Finding(
                code,
                CODES[code].sentence,
                tuple(evidence),
                recipients=to,
                temporary=code == DOMAIN and bool(undecided) and all(undecided),
            )
            for code, evidence in found.items()
            if evidence
        ]
        if elsewhere and (unread := tuple(Evidence(*one) for one in left_out(mail.message.view.of(*OWN)))):
            findings.append(Finding(UNREAD, CODES[UNREAD].sentence, unread, recipients=to))
        return findings

    def _asked(self, mail: Mail) -> Iterator[Pair]:
        """Yield all pairs that are looked up for one message, in one query."""
        for address in mail.sender.addresses:
            yield ANYONE, address
            yield from self._lookalikes.asked(address)
        yield from self._names.asked(mail)
        yield from self._replies.asked(mail)

    # --- mail of our people ------------------------------------------------------------------------------------------

    def _sent(self, mail: Mail, to: frozenset[str]) -> list[Finding]:
        found = {ASSUMED: self._authors.assumed(mail)}
        if not found[ASSUMED]:
            found[SENDER] = self._authors.unsigned(mail)
        return [
            Finding(code, CODES[code].sentence, tuple(evidence), recipients=to)
            for code, evidence in found.items()
            if evidence
        ]

    # --- learn -------------------------------------------------------------------------------------------------------

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Remember who outside has the name of one of ours, from relayed mail that a person seems to have sent."""
        relayed = any(
            r.direction == "inbound" and outcome.actions.get(r.address) in _RELAYED for r in mail.envelope.recipients
        )
        personal = bool(mail.envelope.mail_from) and not written_by_program(mail.message)
        if relayed and personal and (pairs := self._names.learnt(mail)):
            await self._correspondents.add(pairs, "received", mail.received_at)
