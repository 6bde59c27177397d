"""Addresses and domains of the configuration, compared with the whole directory: for `check` alone.

A running gateway doesn't ask for this: somebody who leaves the directory must not keep it from starting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from gateway.message.header.addresses import address_key
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import Location, Problem, nearest, shown, shown_location
from gateway.settings.yaml.yaml_reading import Reading

#: Characters of a pattern that stands for several addresses.
_WILD = "*?["


@dataclass(frozen=True)
class KnownAddresses:
    """The addresses in the directory: those of people, and those of lists and members of groups."""

    people: tuple[str, ...]
    others: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(map(address_key, (*self.people, *self.others)))

    @cached_property
    def domains(self) -> Counter[str]:
        """The domains of people's addresses, with the number of addresses."""
        return Counter(address_key(address).rpartition("@")[2] for address in self.people)


#: Returns the addresses in the directory; None where a server has some, which isn't asked.
AddressReader = Callable[[Settings], KnownAddresses | None]


def unknown_addresses(reading: Reading, settings: Settings, known: KnownAddresses) -> Iterator[Problem]:
    """Yield the addresses of ours in exemptions that the directory doesn't have; nothing where it has nobody."""
    if not known.people:
        return
    for at, address in _exempted(reading, settings):
        domain = address.rpartition("@")[2].lower()
        if settings.is_ours(domain) and address_key(address) not in known.keys:
            sentence = f"the directory has nobody at {shown(address)}: correct it, or add it to the directory"
            yield Problem(reading.mark(at), shown_location(at), sentence, nearest(address, known.keys))


def unused_domains(reading: Reading, settings: Settings, known: KnownAddresses) -> Iterator[Problem]:
    """Yield the domains of ours at which nobody in the directory has an address."""
    for index, own in enumerate(settings.organisation.domains if known.people else ()):
        if not any(domain == own or (own[0] == "." and domain.endswith(own)) for domain in known.domains):
            at = ("organisation", "domains", index)
            (most, _), *_ = known.domains.most_common(1)
            sentence = (
                f"nobody in the directory has an address at {shown(own)}; most addresses of people are at {shown(most)}"
            )
            yield Problem(reading.mark(at), shown_location(at), sentence)


def _exempted(reading: Reading, settings: Settings) -> Iterator[tuple[Location, str]]:
    """Yield the whole addresses in the exemptions that the YAML has, without those of `sender_rules_file`."""
    for index, entry in enumerate(settings.filters):
        for number, exemption in enumerate(entry.exempt):
            at: Location = ("filters", index, entry.kind, "exempt", number)
            if at not in reading.values:
                continue
            for key, patterns in _patterns(exemption.senders, exemption.recipients):
                for position, pattern in enumerate(patterns):
                    if "@" in pattern and not any(sign in pattern for sign in _WILD):
                        yield (*at, key, position), pattern


def _patterns(senders: Collection[str], recipients: Collection[str]) -> tuple[tuple[str, Collection[str]], ...]:
    return ("senders", senders), ("recipients", recipients)
