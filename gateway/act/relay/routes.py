"""The routes of recipients: by recipient domain, by A/AAAA and never MX. Pure look-ups."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping

from gateway.act.relay.next_hop import NextHop
from gateway.message.header.addresses import domain_key

Hops = tuple[NextHop, ...]


class Routes:
    """Routes for listeners, notices, the outbox and release.

    A domain of ours goes to its route, or else to the inbound listener's next hop. Every other domain goes to the
    listener's own next hop.
    """

    def __init__(
        self, by_domain: Mapping[str, Hops], by_listener: Mapping[str, Hops], home: Hops, ours: Container[str]
    ) -> None:
        self._by_domain = {domain_key(domain): hops for domain, hops in by_domain.items()}
        self._by_listener = by_listener
        self._home = home
        self._ours = ours

    def to(self, recipient: str, listener: str) -> Hops:
        """Return the next hops for a recipient, to be tried in turn."""
        domain = domain_key(recipient.rpartition("@")[2])
        if domain in self._by_domain:
            return self._by_domain[domain]
        if domain in self._ours:
            return self._home
        return self._by_listener.get(listener, self._home)

    def require_tls(self, recipient: str, listener: str) -> bool:
        """Return whether each next hop for the recipient takes nothing without TLS and a valid certificate."""
        return all(hop.verified and hop.scheme != "maildir" for hop in self.to(recipient, listener))

    def behind(self, listener: str) -> Collection[NextHop]:
        """Return every next hop that mail from this listener can reach."""
        reached = [
            *self._by_listener.get(listener, ()),
            *self._home,
            *(h for hops in self._by_domain.values() for h in hops),
        ]
        return tuple(dict.fromkeys(reached))

    @property
    def chains(self) -> Mapping[str, Hops]:
        """The next hops that are tried in turn: of each listener, and of each domain with a route, as `@domain`."""
        return {**self._by_listener, **{f"@{domain}": hops for domain, hops in self._by_domain.items()}}

    @property
    def all(self) -> Collection[NextHop]:
        return tuple(dict.fromkeys(hop for listener in self._by_listener for hop in self.behind(listener)))
