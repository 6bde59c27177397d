"""Names of our people beside strange addresses, and outside people who only have such a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from filters.impersonation.sender_facts import SenderFacts
from gateway.contract import Directory, Evidence, Mail, Pair
from gateway.matching import OwnNames, Resemblance, domain_of, organisation_of, words_of
from gateway.message import address_key, sender_of

#: Messages that our people have sent to somebody who counts as a namesake: one answer may be a mistake.
ANSWERS = 2
#: Fields with the author's address in mail of a list that puts its own into From.
_AUTHOR_FIELDS = ("reply-to", "x-original-from")


class ShownNames:
    """Judgement of the names beside the addresses in From."""

    def __init__(self, directory: Directory, ours: OwnNames, services: Collection[str], namesake_days: int) -> None:
        self._directory = directory
        self._ours = ours
        self._services = services
        self._namesake_days = namesake_days

    def asked(self, mail: Mail) -> Iterator[Pair]:
        """Yield the pairs of names of ours and strange addresses, which the memory of correspondents is asked about."""
        return (_pair(one.whom, address) for address, one in self._borrowed(mail))

    def learnt(self, mail: Mail) -> set[Pair]:
        """Return the pairs to be remembered, of addresses that are proven where mail is verified."""
        facts = SenderFacts(mail, {})
        return {_pair(one.whom, address) for address, one in self._borrowed(mail) if facts.is_proven(address)}

    def evidence(self, facts: SenderFacts) -> list[Evidence]:
        """Return evidence of each name of ours that a stranger shows as the own one."""
        found: dict[Evidence, None] = {}
        for address, one in self._borrowed(facts.mail):
            if not (
                self._is_service(address, facts)
                or self._is_from_list(one, facts)
                or self._is_namesake(address, one, facts)
            ):
                found |= dict.fromkeys((Evidence("From", address), Evidence(one.what, one.whom)))
        return list(found)

    def _borrowed(self, mail: Mail) -> Iterator[tuple[str, Resemblance]]:
        """Yield the addresses of From beside which a name or an address stands that is another's, one of ours."""
        for address in mail.sender.addresses:
            if not self._directory.is_ours(address):
                names = mail.sender.names_of(address)
                shown = dict.fromkeys(one for name in names for one in self._ours.named(name, self._directory.is_ours))
                yield from ((address, one) for one in shown if not self._belongs(address, one.whom))

    def _belongs(self, address: str, whom: str) -> bool:
        """Return whether an outside address is known as that of the person with this name, or with this address."""
        person = self._directory.person(whom) if "@" in whom else None
        words = words_of(person.name if person else whom)
        owners = (self._directory.person(address), self._directory.private_owner(address))
        known = [owner for owner in owners if owner]
        if known and not any(words_of(owner.name) == words for owner in known):  # two people may share an account
            key = address_key(address)
            known += [one for one in self._directory.people if key in map(address_key, one.private_addresses)]
        return any(words_of(owner.name) == words for owner in known)

    def _is_service(self, address: str, facts: SenderFacts) -> bool:
        return organisation_of(domain_of(address)) in self._services and facts.is_proven(address)

    def _is_from_list(self, one: Resemblance, facts: SenderFacts) -> bool:
        """Return whether a list has put its own address into From, and answers go to the named person alone."""
        fields = facts.mail.message.root.fields
        answers = next(filter(None, (sender_of(fields(name)).addresses for name in _AUTHOR_FIELDS)), ())
        owners = [self._directory.person(address) for address in answers]
        words = words_of(one.whom)
        return facts.is_list_mail and bool(owners) and all(owner and words_of(owner.name) == words for owner in owners)

    def _is_namesake(self, address: str, one: Resemblance, facts: SenderFacts) -> bool:
        """Return whether our people have long known the proven address under that name, and have written to it."""
        if "@" in one.whom or not facts.is_proven(address):
            return False
        known = facts.record(address)
        named = facts.known.get(_pair(one.whom, address))
        return known is not None and known.sent >= ANSWERS and facts.is_older(named, self._namesake_days)


def _pair(name: str, address: str) -> Pair:
    return f'"{" ".join(sorted(words_of(name)))}"', address
