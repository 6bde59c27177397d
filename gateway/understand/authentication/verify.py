"""`Authenticator`: SPF, DKIM, DMARC and ARC of one inbound message, side by side and within one time limit.

It works on the octets as received, before any edit. It never raises on content and never waits longer than its limit: a
result that isn't known by then is a temperror, which proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.contract import Authentication, Client, Dmarc, Envelope, Finding, Resolver, Spf
from gateway.message.authors import authors, domain_of
from gateway.message.model import Message
from gateway.understand.authentication import header
from gateway.understand.authentication.arc import verify_chain
from gateway.understand.authentication.deadline import until
from gateway.understand.authentication.dkim import verify_signatures
from gateway.understand.authentication.dmarc import Policy, align, judge, policies
from gateway.understand.authentication.outside_client import Network, outside_client, within
from gateway.understand.authentication.public_suffixes import aligned, suffixes
from gateway.understand.authentication.spf import evaluate
from gateway.understand.authentication.upstream import Reported, reported

_SKIPPED = Authentication()


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """Hosts that are believed: our relays (networks), and those of them that verify (authserv-ids in lower case)."""

    relays: tuple[Network, ...] = ()
    trusted: frozenset[str] = frozenset()


class Authenticator:
    """The authentication of inbound messages.

    `hostname` is our authserv-id. The constructor reads the public suffix list.
    """

    def __init__(self, resolver: Resolver, hostname: str, believed: TrustedHosts, timeout_seconds: float) -> None:
        self._resolver = resolver
        self._hostname = hostname
        self._believed = believed
        self._timeout_seconds = timeout_seconds
        suffixes()

    async def authenticate(self, message: Message, client: Client, envelope: Envelope) -> Authentication:
        """Return the proofs for an inbound message; for any other nothing is looked up."""
        if all(recipient.direction != "inbound" for recipient in envelope.recipients):
            return _SKIPPED
        return await self.examine(message, client, envelope.mail_from)

    def findings(self, authentication: Authentication, envelope: Envelope) -> tuple[Finding, ...]:
        """Return the finding that adds our field to the inbound copies."""
        if not authentication.verified:
            return ()
        inbound = frozenset(r.address for r in envelope.recipients if r.direction == "inbound")
        return (header.finding(authentication, self._hostname, inbound),)

    async def examine(self, message: Message, client: Client, mail_from: str) -> Authentication:
        """Verify the message by every method, or take over the results of a trusted server."""
        resolver = self._resolver.for_message()
        written = authors(message.root.fields("from"))
        ends = time.monotonic() + self._timeout_seconds
        said = self._said_upstream(message, client)
        if said:
            return _concluded(written, await _published(written, resolver, ends), said)
        spf, dkim, arc, published = await asyncio.gather(
            self._spf(message, client, mail_from, resolver, ends),
            verify_signatures(message, resolver, tuple(map(domain_of, written)), ends),
            verify_chain(message, resolver, ends),
            _published(written, resolver, ends),
        )
        return _concluded(written, published, Reported(spf, dkim, Dmarc(), arc))

    def _said_upstream(self, message: Message, client: Client) -> Reported | None:
        """Return the results of a trusted server; None where there are none.

        The peer itself must be a relay of ours; a client that a proxy names is not enough.
        """
        if not self._believed.trusted or not within(client.proxy or client.address, self._believed.relays):
            return None
        return reported(message, self._believed.trusted)

    async def _spf(self, message: Message, client: Client, mail_from: str, resolver: Resolver, ends: float) -> Spf:
        outside = outside_client(client, message, self._believed.relays)
        return await evaluate(resolver, outside, mail_from, ends) if outside else Spf()


async def _published(written: Sequence[str], resolver: Resolver, ends: float) -> tuple[Policy, ...]:
    """Look up the policies of the domains of `From:`; each is a temperror where they don't come in time."""
    try:
        async with until(ends):
            return await policies(written, resolver)
    except TimeoutError:
        return tuple(Policy(domain, result="temperror") for domain in dict.fromkeys(map(domain_of, written)))


def _concluded(written: Sequence[str], published: Sequence[Policy], found: Reported) -> Authentication:
    by = align(written, published, found.spf, found.dkim)
    domains = tuple(map(domain_of, written))
    dkim = tuple(replace(s, aligned=any(aligned(s.domain, domain) for domain in domains)) for s in found.dkim)
    ours = judge(by, published)
    dmarc = replace(found.dmarc, policy=ours.policy) if found.dmarc != Dmarc() else ours
    return Authentication(True, found.spf, dkim, dmarc, found.arc, by)
