"""Look-ups in the directory: people, groups of an address, recipients of a list, the organisation's own addresses.

Addresses are compared without regard to letter case. No other system is asked. `ConfiguredDirectory` keeps all entries
in memory; `compiled` answers the same from a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gateway.contract import Audience, DistributionList, Person
from gateway.directory.domains import Domains
from gateway.matching.lookalike import words_of
from gateway.message.header.addresses import address_key, domain_key

_NO_GROUPS: frozenset[str] = frozenset()

#: Keys of the people that a list names, and keys of the lists that it names.
Reached = tuple[frozenset[str], frozenset[str]]
#: Keys of all people that a list reaches, and the lists that are expanded for it, by key.
Closure = tuple[frozenset[str], Mapping[str, DistributionList]]


class KnownDirectory(ABC):
    """`Directory` of the contract, over look-ups by key. The classes below it decide where the entries are kept."""

    def __init__(self, domains: Iterable[str]) -> None:
        self.domain_names = tuple(map(domain_key, domains))
        self.domains = Domains(self.domain_names)

    @property
    @abstractmethod
    def people(self) -> Sequence[Person]:
        """All people, with all their groups."""

    @property
    @abstractmethod
    def lists(self) -> Sequence[DistributionList]: ...

    @abstractmethod
    def named(self, words: frozenset[str]) -> str:
        """Return the full name of one of our people whose name has exactly these words; "" where nobody has."""

    @abstractmethod
    def private_owner(self, address: str) -> Person | None:
        """Return the person whose private account this address is; of several, the first."""

    @abstractmethod
    def person_with_login(self, login: str) -> Person | None:
        """Return the person whose entry has this login; letter case makes no difference."""

    @abstractmethod
    def lists_with(self, address: str) -> tuple[DistributionList, ...]:
        """Return the lists that name this very address."""

    @abstractmethod
    def _person(self, key: str) -> Person | None: ...

    @abstractmethod
    def _list(self, key: str) -> DistributionList | None: ...

    @abstractmethod
    def _reached(self, one: DistributionList) -> Reached:
        """Return the keys of the people and lists that a list names itself."""

    @abstractmethod
    def _named_groups(self, key: str) -> frozenset[str]:
        """Return the groups that name this very address or its domain."""

    def person(self, address: str) -> Person | None:
        """Return the person with this address."""
        return self._person(address_key(address))

    def groups(self, address: str) -> frozenset[str]:
        """Return the groups of an address: those that name it or its domain, or those of its person."""
        person = self.person(address)
        return person.groups if person else self._named_groups(address_key(address))

    def is_ours(self, address: str) -> bool:
        """Return whether the address's domain is one of the organisation's; False where it has none."""
        _, at, domain = address.rpartition("@")
        return bool(at) and domain in self.domains

    def list_at(self, address: str) -> DistributionList | None:
        """Return the distribution list with this address."""
        return self._list(address_key(address))

    def expand(self, addresses: Collection[str]) -> Audience:
        """Return the people and lists that these addresses reach, each once."""
        people: list[frozenset[str]] = []
        lists: dict[str, DistributionList] = {}
        for key in map(address_key, addresses):
            if self._list(key):
                reached, expanded = self._closure(key)
                people.append(reached)
                lists.update(expanded)
            else:
                people.append(frozenset((self._main(key),)))
        every = people[0] if len(people) == 1 else frozenset[str]().union(*people)
        return Audience(every, sum(one.size for one in lists.values()), tuple(lists.values()))

    def _closure(self, key: str) -> Closure:
        """Return all people that a list reaches, also through the lists in it, and those lists.

        Lists that name each other are read once.
        """
        people: set[str] = set()
        lists: dict[str, DistributionList] = {}
        waiting = [key]
        while waiting:
            key = waiting.pop()
            if key not in lists and (found := self._list(key)):
                lists[key] = found
                reached, nested = self._reached(found)
                people |= reached
                waiting += nested
        return frozenset(people), lists

    def _main(self, key: str) -> str:
        """Return the key by which a person is counted: that of the first address."""
        person = self._person(key)
        return address_key(person.addresses[0]) if person else key


class ConfiguredDirectory(KnownDirectory):
    """A directory of people, groups and lists in memory.

    A member of a group is an address, or `*@domain` for everybody there (`*@.example.org`: in its subdomains).
    """

    def __init__(
        self,
        people: Iterable[Person],
        groups: Mapping[str, Iterable[str]],
        domains: Iterable[str],
        lists: Iterable[DistributionList] = (),
    ) -> None:
        super().__init__(domains)
        groups = {group: tuple(members) for group, members in groups.items()}
        self.groups_by_address: Mapping[str, frozenset[str]] = _groups_by_address(groups)
        self.group_domains = GroupDomains(
            (group, member[2:]) for group, members in groups.items() for member in members if member.startswith("*@")
        )
        self._people: dict[str, Person] = {}
        self._all = tuple(map(self._added, people))
        self._names = {words_of(person.name): person.name for person in self._all}
        self._owners = {address_key(a): one for one in reversed(self._all) for a in one.private_addresses}
        self._logins = {one.login.lower(): one for one in self._all if one.login}
        self._lists = {address_key(one.address): one for one in lists}

    def _added(self, person: Person) -> Person:
        named = (self._named_groups(address_key(address)) for address in person.addresses)
        person = replace(person, groups=person.groups.union(*named))
        for address in person.addresses:
            self._people[address_key(address)] = person
        return person

    @property
    def people(self) -> Sequence[Person]:
        return self._all

    @property
    def lists(self) -> Sequence[DistributionList]:
        return tuple(self._lists.values())

    def named(self, words: frozenset[str]) -> str:
        return self._names.get(words, "")

    def private_owner(self, address: str) -> Person | None:
        return self._owners.get(address_key(address))

    def person_with_login(self, login: str) -> Person | None:
        return self._logins.get(login.lower())

    def lists_with(self, address: str) -> tuple[DistributionList, ...]:
        key = address_key(address)
        return tuple(one for one in self._lists.values() if key in map(address_key, one.members))

    def _person(self, key: str) -> Person | None:
        return self._people.get(key)

    def _list(self, key: str) -> DistributionList | None:
        return self._lists.get(key)

    def _reached(self, one: DistributionList) -> Reached:
        keys = frozenset(map(address_key, one.members))
        nested = frozenset(key for key in keys if key in self._lists)
        return frozenset(map(self._main, keys - nested)), nested

    def _named_groups(self, key: str) -> frozenset[str]:
        return self.groups_by_address.get(key, _NO_GROUPS) | self.group_domains.of(key)


class GroupDomains:
    """The groups that have whole domains as members."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        found: dict[str, list[str]] = defaultdict(list)
        for group, domain in pairs:
            found[group].append(domain)
        self._named = found
        self._domains = [(group, Domains(domains)) for group, domains in found.items()]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((group, domain) for group, domains in self._named.items() for domain in domains)

    def of(self, address: str) -> frozenset[str]:
        if not self._domains:
            return _NO_GROUPS
        domain = address.rpartition("@")[2]
        return frozenset(group for group, domains in self._domains if domain in domains)


def _groups_by_address(groups: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group, members in groups.items():
        for member in members:
            if not member.startswith("*@"):
                found[address_key(member)].add(group)
    return {address: frozenset(names) for address, names in found.items()}
