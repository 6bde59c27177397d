"""Requests whose answers go to somebody else than the sender: words and facts, weighed together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from filters.impersonation.own_domain import OwnDomain
from filters.impersonation.reply_addresses import ReplyAddresses
from filters.impersonation.sender_facts import SenderFacts
from filters.impersonation.settings import Rules
from gateway.contract import Evidence
from gateway.matching import FoundCue, TextRule, domain_of, organisation_of
from gateway.message import written_by_program

#: Kind of the cues that ask for something; others only add to it.
REQUEST = "request"


class Requests:
    """Judgement of what a message asks for, where its answers go elsewhere."""

    def __init__(self, rules: Rules, own_domain: OwnDomain, replies: ReplyAddresses, services: Collection[str]) -> None:
        self._weights, self._threshold = rules.weights, rules.threshold
        self._words = TextRule("impersonation", rules)
        self._own_domain = own_domain
        self._replies = replies
        self._services = services

    async def evidence(
        self, facts: SenderFacts, elsewhere: Sequence[str], *, borrowed: bool, alike: bool
    ) -> list[Evidence]:
        """Return evidence if words and facts together reach the threshold, and a word asks for something.

        `elsewhere` are the addresses that answers go to. `borrowed`: the sender shows a name of ours, or an address of
        ours that nothing proves. `alike`: the domain could be taken for another.
        """
        if not elsewhere or (not borrowed and self._is_service(facts)):
            return []
        cues = (await self._words.weigh(facts.mail.message)).cues
        weights = self._facts(facts, elsewhere, ours=borrowed or alike)
        total = sum(one.cue.weight for one in cues) + sum(weights.values())
        if total < self._threshold or not any(one.cue.kind == REQUEST for one in cues):
            return []
        said = [Evidence(what, weight=weight) for what, weight in weights.items()]
        return [Evidence("Reply-To", ", ".join(elsewhere)), *map(_heard, cues), *said]

    def _is_service(self, facts: SenderFacts) -> bool:
        """Return whether a newsletter, a program or a service wrote the message, whose answers go where it says.

        A sender that nothing proves is none.
        """
        mail = facts.mail
        authors = mail.sender.addresses
        known = bool(authors) and all(organisation_of(domain_of(one)) in self._services for one in authors)
        claimed = self._own_domain.claimed(authors)
        own = mail.authentication.verified and bool(claimed) and len(claimed) == len(authors)
        return not facts.unproven and bool(written_by_program(mail.message) or known or own)

    def _facts(self, facts: SenderFacts, elsewhere: Sequence[str], *, ours: bool) -> dict[str, float]:
        """Return the facts that are so, with their weights."""
        weights, authors = self._weights, facts.mail.sender.addresses
        all_facts = (
            ("free mail in Reply-To", any(map(self._replies.is_free, elsewhere)), weights.free_mail),
            ("one of ours in From", ours, weights.ours),
            ("first contact", not (authors and all(map(facts.record, authors))), weights.stranger),
            ("nothing proves From", facts.unproven, weights.unproven),
            ("a correspondent", bool(authors) and all(map(facts.has_written_to, authors)), weights.correspondent),
        )
        return {what: weight for what, so, weight in all_facts if so}


def _heard(found: FoundCue) -> Evidence:
    place = found.places[0]
    return Evidence(found.name, f"{found.cue.says}: {place.quote}", place.passage.part, weight=found.cue.weight)
