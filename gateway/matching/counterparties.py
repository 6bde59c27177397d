"""Under what the ledger keeps the accounts of an address: its organisation; of free mail the address itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.matching.lookalike import domain_of, organisation
from gateway.message.header.addresses import address_key

#: Behind a name, every ending: `hotmail.*` is hotmail.com and hotmail.co.uk.
FAMILY = ".*"

#: Domains whose every name is a customer of its own, though the list of public suffixes has none of them. With a second
#: name for the same customers: contoso.mail.onmicrosoft.com is contoso.onmicrosoft.com.
TENANTS = ("onmicrosoft.com",)
_TENANT_MAIL = "mail"


class Counterparties:
    """`free_mail`: domains where anybody can have an address, or whole families of them."""

    def __init__(self, free_mail: Iterable[str]) -> None:
        names = {name.casefold() for name in free_mail}
        self._families = frozenset(name.removesuffix(FAMILY) for name in names if name.endswith(FAMILY))
        self._domains = frozenset(name for name in names if not name.endswith(FAMILY))

    def __call__(self, address: str) -> str:
        """Of an address; an organisation's is its organisational domain."""
        domain = domain_of(address)
        return address_key(address) if self.is_free(domain) else organisation_of(domain)

    def is_free(self, domain: str) -> bool:
        """Whether anybody can have an address there; of a public suffix alone nobody can."""
        own = organisation(domain)
        name, _, ending = own.partition(".")
        return own in self._domains or bool(ending and name in self._families)


def organisation_of(domain: str) -> str:
    """The organisational domain; of a customer whose domain is a name under its provider's, that."""
    own = organisation(domain)
    labels = domain.removesuffix(f".{own}").split(".") if own in TENANTS and domain != own else []
    if len(labels) > 1 and labels[-1] == _TENANT_MAIL:
        labels.pop()
    return f"{labels[-1]}.{own}" if labels else own


def is_pattern(name: str) -> bool:
    """Whether a star in a name of `free_mail` stands where it says something: as the whole ending."""
    stem = name.removesuffix(FAMILY)
    return "*" not in stem and (stem == name or ("." not in stem and bool(stem)))
