"""Names under which the ledger keeps an address's accounts: its organisation or, for free mail, the address. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.matching.lookalike import domain_of, organisation
from gateway.message.header.addresses import address_key

#: Behind a name, a pattern for every ending: `hotmail.*` is hotmail.com and hotmail.co.uk.
FAMILY = ".*"

#: Domains under which every name is a customer of its own, though the list of public suffixes has none of them. The
#: same customers have a second name: contoso.mail.onmicrosoft.com is contoso.onmicrosoft.com.
TENANTS = ("onmicrosoft.com",)
_TENANT_MAIL = "mail"

#: Free mail, as shipped, and services by which strangers send: for what mustn't depend on the chain.
FREE_MAIL = (
    "hotmail.*", "outlook.*", "yahoo.*", "live.*", "gmx.*", "gmail.com", "googlemail.com", "msn.com", "ymail.com",
    "icloud.com", "me.com", "mac.com", "aol.com", "web.de", "t-online.de", "freenet.de", "proton.me",
    "protonmail.com", "mail.com", "zoho.com", "yandex.com", "mail.ru", "orange.fr", "wanadoo.fr", "free.fr",
    "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it", "ziggo.nl", "kpnmail.nl", "home.nl", "wp.pl",
    "onet.pl", "o2.pl", "interia.pl", "btinternet.com", "sky.com", "virginmedia.com", "ntlworld.com",
    "talktalk.net", "blueyonder.co.uk", "qq.com", "163.com", "fastmail.com", "fastmail.fm", "pm.me",
    "protonmail.ch", "tutanota.com", "tutanota.de", "tuta.io", "tuta.com", "hey.com", "yandex.ru", "posteo.de",
    "mailbox.org", "rocketmail.com", "aol.co.uk", "btopenworld.com", "amazonses.com", "sendgrid.net",
)  # fmt: skip


class Counterparties:
    """Names of counterparties; `free_mail` lists domains, or families of domains, where anybody can have an address."""

    def __init__(self, free_mail: Iterable[str]) -> None:
        names = {name.casefold() for name in free_mail}
        self._families = frozenset(name.removesuffix(FAMILY) for name in names if name.endswith(FAMILY))
        self._domains = frozenset(name for name in names if not name.endswith(FAMILY))

    def __call__(self, address: str) -> str:
        """Return the counterparty of an address: the address itself for free mail, else its organisational domain."""
        domain = domain_of(address)
        return address_key(address) if self.is_free(domain) else organisation_of(domain)

    def is_free(self, domain: str) -> bool:
        """Return whether anybody can have an address at a domain; at a bare public suffix nobody can."""
        own = organisation(domain)
        name, _, ending = own.partition(".")
        return own in self._domains or bool(ending and name in self._families)


def organisation_of(domain: str) -> str:
    """Return the organisational domain; for a provider's customer, the customer's name under the provider's domain."""
    own = organisation(domain)
    labels = domain.removesuffix(f".{own}").split(".") if own in TENANTS and domain != own else []
    if len(labels) > 1 and labels[-1] == _TENANT_MAIL:
        labels.pop()
    return f"{labels[-1]}.{own}" if labels else own


def is_pattern(name: str) -> bool:
    """Return whether a name of `free_mail` has no star, or has its star as the whole ending."""
    stem = name.removesuffix(FAMILY)
    return "*" not in stem and (stem == name or ("." not in stem and bool(stem)))
