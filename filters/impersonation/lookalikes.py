"""Strange domains that could be taken for ours or for a correspondent's, with a judgement of how much that says."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from filters.impersonation.sender_facts import SenderFacts
from gateway.contract import ANYONE, Directory, Evidence, Pair
from gateway.matching import OwnNames, Resemblance, StrangeDomains, domain_of, organisation


class Lookalikes:
    """Judgement of the domains in From."""

    def __init__(
        self,
        directory: Directory,
        ours: OwnNames,
        added_words: Collection[str],
        honest_domains: Collection[str],
        known_after_days: int,
    ) -> None:
        self._directory = directory
        self._domains = StrangeDomains(ours, added_words)
        self._honest = frozenset(organisation(domain_of(one)) for one in honest_domains)
        self._known_after_days = known_after_days

    def asked(self, address: str) -> Iterator[Pair]:
        """Yield the pairs that the memory of correspondents is asked about an address's domain."""
        return ((ANYONE, key) for key in self._domains.asked(domain_of(address)))

    def evidence(self, facts: SenderFacts, *, doubted: bool) -> list[Evidence]:
        """Return evidence of look-alikes.

        A domain that only shares a name with another may be honest: firms have several. Beside a correspondent's, it
        counts where the message is `doubted` for another reason; beside ours, until the domain is known for long.
        """
        found: dict[Evidence, None] = {}
        for address in facts.mail.sender.addresses:
            if self._is_strange(address, facts):
                for one in self._domains.resembled(domain_of(address), facts.record):
                    if one.close or self._counts(address, one, facts, doubted=doubted):
                        found |= dict.fromkeys((Evidence("From", address), Evidence(one.what, one.whom)))
        return list(found)

    def _is_strange(self, address: str, facts: SenderFacts) -> bool:
        directory = self._directory
        ours = directory.is_ours(address) or directory.person(address) or directory.private_owner(address)
        return not ours and organisation(domain_of(address)) not in self._honest and not facts.has_written_to(address)

    def _counts(self, address: str, one: Resemblance, facts: SenderFacts, *, doubted: bool) -> bool:
        domain = organisation(domain_of(address))
        beside_ours = one.whom != domain_of(address)
        if not beside_ours:
            return doubted
        known = facts.record(f"@{domain}")
        return doubted or not (facts.is_proven(address) and facts.is_older(known, self._known_after_days))
