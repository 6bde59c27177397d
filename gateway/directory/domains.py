"""The organisation's domains: `example.com` is that domain alone, `.example.com` all its subdomains.

Letter case makes no difference. An internationalised name is the same in Unicode and in ASCII.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.message.header.addresses import domain_key


class Domains:
    """A container of domains: `"example.com" in domains`."""

    def __init__(self, domains: Iterable[str]) -> None:
        self._known = frozenset(map(domain_key, domains))
        self._with_subdomains = any(domain.startswith(".") for domain in self._known)

    def __contains__(self, domain: object) -> bool:
        if not isinstance(domain, str) or not domain:
            return False
        key = domain_key(domain)
        return (not key.startswith(".") and key in self._known) or (self._with_subdomains and self._is_below(key))

    def _is_below(self, key: str) -> bool:
        """Return whether a `.suffix` of the domain is known, by one look-up for each of its dots."""
        at = key.find(".", 1)
        while at > 0:
            if key[at:] in self._known:
                return True
            at = key.find(".", at + 1)
        return False
