"""Who our people are, which groups an address is in, and whether it is one of ours: look-ups in what was configured.

Addresses are compared without regard to letter case. It never asks another system.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from gateway.contract import Audience, DistributionList, Person
from gateway.message.addresses import address_key, domain_key
from gateway.services.domains import Domains

_NO_GROUPS: frozenset[str] = frozenset()


class ConfiguredDirectory:
    """`Directory` of the contract, over people and groups from the configuration.

    A member of a group is an address, or `*@domain` for everybody there (`*@.example.org`: in its subdomains).
    """

    def __init__(
        self,
        people: Iterable[Person],
        groups: Mapping[str, Iterable[str]],
        domains: Iterable[str],
        lists: Iterable[DistributionList] = (),
    ) -> None:
        self.domain_names = tuple(map(domain_key, domains))
        self.domains = Domains(self.domain_names)
        self._groups: dict[str, frozenset[str]] = _groups_by_address(groups)
        self._group_domains = [
            (group, Domains(found))
            for group, members in groups.items()
            if (found := [member[2:] for member in members if member.startswith("*@")])
        ]
        self._people: dict[str, Person] = {}
        self.people = tuple(map(self._added, people))
        self._lists = {address_key(one.address): one for one in lists}

    def _added(self, person: Person) -> Person:
        named = (self._named(address) for address in person.addresses)
        person = replace(person, groups=person.groups.union(*named))
        for address in person.addresses:
            self._people[address_key(address)] = person
        return person

    def _named(self, address: str) -> frozenset[str]:
        """The groups that name this very address or its domain."""
        groups = self._groups.get(address_key(address), _NO_GROUPS)
        if self._group_domains:
            domain = address.rpartition("@")[2]
            groups |= {group for group, domains in self._group_domains if domain in domains}
        return groups

    def person(self, address: str) -> Person | None:
        """The person who has this address."""
        return self._people.get(address_key(address))

    def groups(self, address: str) -> frozenset[str]:
        """Groups of an address: those that name it, and its person's."""
        person = self.person(address)
        return person.groups if person else self._named(address)

    def is_ours(self, address: str) -> bool:
        """Whether the address's domain is one of the organisation's; an address without a domain isn't."""
        _, at, domain = address.rpartition("@")
        return bool(at) and domain in self.domains

    def list_at(self, address: str) -> DistributionList | None:
        """The distribution list that has this address."""
        return self._lists.get(address_key(address))

    def expand(self, addresses: Collection[str]) -> Audience:
        """Whom these addresses reach, each person and each list once."""
        people: set[str] = set()
        lists: dict[str, DistributionList] = {}
        waiting = [address_key(one) for one in addresses]
        while waiting:
            key = waiting.pop()
            if key in lists:
                continue
            if found := self._lists.get(key):
                lists[key] = found
                waiting += map(address_key, found.members)
            else:
                person = self._people.get(key)
                people.add(address_key(person.addresses[0]) if person else key)
        return Audience(frozenset(people), sum(one.size for one in lists.values()), tuple(lists.values()))


def _groups_by_address(groups: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group, members in groups.items():
        for member in members:
            if not member.startswith("*@"):
                found[address_key(member)].add(group)
    return {address: frozenset(names) for address, names in found.items()}
