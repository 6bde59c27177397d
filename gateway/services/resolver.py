"""The DNS: the contract's `Resolver` over dnspython, with time-outs and a cache bounded in entries and time.

Callers with the same question at the same time share one query, and each query waits for its turn: names that nobody
answers for can't take all sockets of the process. "No such name", "no such record" and "can't be asked now" are told
apart. Trouble is remembered for seconds, so that a dead server doesn't cost every message the whole time-out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from gateway.contract import DnsRecords, DnsUnavailable, RecordKind, Resolver
from gateway.measures.measures import MEASURES
from gateway.services.fair_queue import FairQueue, Share

#: Seconds of one query with its retries. Resolvers answer in milliseconds, or have given up by themselves after some
#: seconds.
QUERY_SECONDS = 5.0
#: Answers kept, each of at most CACHED_CHARACTERS: some 16 MB.
CACHE_ENTRIES = 4096
CACHED_CHARACTERS = 4096
#: The bounds on an answer's TTL, for which it is kept: with a zero TTL it still serves one message's several questions.
MIN_TTL_SECONDS = 5.0
MAX_TTL_SECONDS = 3600.0
#: Seconds for "no such record" and "no such name" (without a SOA record RFC 2308 5 has no value for them).
NEGATIVE_SECONDS = 60.0
#: Seconds for which trouble is remembered (RFC 9520 3.2: from one second to five minutes).
TROUBLE_SECONDS = 5.0

DNS_PORT = 53

#: One for the process: a reload makes a new resolver while the old one's queries are under way.
_TURNS = FairQueue()

_NOTHING = DnsRecords()
_NO_NAME = DnsRecords(exists=False)

Key = tuple[str, RecordKind]
Outcome = DnsRecords | DnsUnavailable


@dataclass(slots=True)
class _Flight:
    """A query under way; `outcome` stays None where the caller that sent it was cancelled."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Outcome | None = None


class DnsResolver:
    """A resolver that asks these servers (address, port), or those of the machine. It keeps no socket open."""

    def __init__(
        self,
        servers: Sequence[tuple[str, int]] = (),
        *,
        query_seconds: float = QUERY_SECONDS,
        entries: int = CACHE_ENTRIES,
        turns: FairQueue = _TURNS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asker = _asker(servers)
        self._query_seconds = query_seconds
        self._entries = entries
        self._turns = turns
        self._monotonic = monotonic
        self._cache: dict[Key, tuple[float, Outcome]] = {}
        self._flights: dict[Key, _Flight] = {}

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers, in the order in which they are asked."""
        ports = {str(server): self._asker.nameserver_ports.get(str(server)) for server in self._asker.nameservers}
        return tuple(host if port in (None, DNS_PORT) else f"{host} port {port}" for host, port in ports.items())

    async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
        """Look up records as the contract says; no message's share counts the query."""
        return await self.look_up_for(Share(), name, kind)

    def for_message(self) -> Resolver:
        """Return a resolver for one message, as the contract says."""
        return _OfAMessage(self)

    async def look_up_for(self, share: Share, name: str, kind: RecordKind) -> DnsRecords:
        """Look up records within this share of the queries. Raises DnsUnavailable."""
        outcome = await self._outcome((name.lower().removesuffix("."), kind), share)
        if isinstance(outcome, DnsUnavailable):
            raise DnsUnavailable(str(outcome))
        return outcome

    async def _outcome(self, key: Key, share: Share) -> Outcome:
        """Return the outcome from the cache, from a query under way, or from one of our own."""
        while True:
            if kept := self._kept(key):
                return kept
            if flight := self._flights.get(key):
                await flight.ended.wait()
                if flight.outcome is not None:
                    return flight.outcome
                continue
            # The turn comes first: no caller waits for a query that itself waits in another message's queue.
            async with self._turns.turn(share):
                if key not in self._flights and not self._kept(key):
                    return await self._ask(key)

    def _kept(self, key: Key) -> Outcome | None:
        until, outcome = self._cache.get(key, (0.0, None))
        return outcome if until > self._monotonic() else None

    async def _ask(self, key: Key) -> Outcome:
        flight = self._flights[key] = _Flight()
        try:
            began = self._monotonic()
            flight.outcome, seconds = await self._query(*key)
            _measure(flight.outcome, self._monotonic() - began)
            self._keep(key, flight.outcome, seconds)
            return flight.outcome
        finally:
            del self._flights[key]
            flight.ended.set()

    async def _query(self, name: str, kind: RecordKind) -> tuple[Outcome, float]:
        """Send the query; return the outcome and the seconds for which it holds."""
        if not name.isascii():  # dnspython would convert it by IDNA2003, to another name
            return _NO_NAME, NEGATIVE_SECONDS
        try:
            absolute = dns.name.from_text(name + ".")
        except (dns.exception.DNSException, UnicodeError):
            return _NO_NAME, NEGATIVE_SECONDS
        try:
            answer = await self._asker.resolve(
                absolute, kind, raise_on_no_answer=False, lifetime=self._query_seconds, search=False
            )
        except dns.resolver.NXDOMAIN:
            return _NO_NAME, NEGATIVE_SECONDS
        except (dns.exception.DNSException, OSError) as trouble:
            return DnsUnavailable(f"{kind} of {name}: {type(trouble).__name__}"), TROUBLE_SECONDS
        if answer.rrset is None:
            return _NOTHING, NEGATIVE_SECONDS
        seconds = min(max(float(answer.rrset.ttl), MIN_TTL_SECONDS), MAX_TTL_SECONDS)
        return DnsRecords(tuple(_value(record) for record in answer.rrset)), seconds

    def _keep(self, key: Key, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, DnsRecords) and sum(map(len, outcome.values)) > CACHED_CHARACTERS:
            return
        self._cache.pop(key, None)
        while len(self._cache) >= self._entries:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = (self._monotonic() + seconds, outcome)


class _OfAMessage:
    """`Resolver` for one message: all its queries are of one share."""

    def __init__(self, resolver: DnsResolver) -> None:
        self._resolver = resolver
        self._share = Share()

    async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
        """Look up records as the contract says."""
        return await self._resolver.look_up_for(self._share, name, kind)

    def for_message(self) -> Resolver:
        """Return this resolver, which is for one message already."""
        return self


def _measure(outcome: Outcome, seconds: float) -> None:
    answered = isinstance(outcome, DnsRecords)
    MEASURES.observe("dns_seconds", seconds=seconds)
    MEASURES.count("dns_queries", "answered" if answered else "trouble")
    MEASURES.state("dns_up", value=float(answered))


def _asker(servers: Sequence[tuple[str, int]]) -> dns.asyncresolver.Resolver:
    try:
        asker = dns.asyncresolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:  # as libc does without /etc/resolv.conf
        asker, servers = dns.asyncresolver.Resolver(configure=False), (("127.0.0.1", DNS_PORT),)
    if servers:
        asker.nameservers = [host for host, _ in servers]
        asker.nameserver_ports = dict(servers)
    asker.retry_servfail = False
    return asker


def _value(record: Any) -> str:
    """Return a record's data in the contract's form; TXT strings are joined (RFC 7208 3.3, RFC 6376 3.6.2.2)."""
    match record.rdtype:
        case dns.rdatatype.A | dns.rdatatype.AAAA:
            return str(record.address)
        case dns.rdatatype.MX:
            return f"{record.preference} {record.exchange.to_text(omit_final_dot=True)}"
        case dns.rdatatype.PTR:
            return str(record.target.to_text(omit_final_dot=True))
        case _:
            return b"".join(record.strings).decode("latin-1")
