"""DMARC (RFC 7489): the alignment of the addresses of `From:`, and the policies of their domains.

Alignment and the organisational domain are worked out here. Records are asked for each domain of `From:`, of which
there is nearly always one; the worst result counts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.contract import Author, AuthResult, Dmarc, DnsUnavailable, Resolver, Signature, Spf
from gateway.message.authors import domain_of
from gateway.understand.authentication.public_suffixes import aligned, organisation

#: Domains of `From:` whose policies are asked for; more domains give a permerror.
MAX_DOMAINS = 5
#: Characters of a record that are read.
MAX_RECORD_CHARACTERS = 4096

_RECORD = re.compile(r"\s*+[vV]\s*+=\s*+DMARC1\s*+(?:;|\Z)")  # the value's case counts (RFC 7489 6.3)
_POLICIES = ("none", "quarantine", "reject")  # weakest first
_WORST_FIRST: tuple[AuthResult, ...] = ("fail", "permerror", "temperror", "none", "pass")


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy that one domain publishes; `result` is set where there is no usable one."""

    domain: str
    requested: str = ""
    strict_spf: bool = False
    strict_dkim: bool = False
    result: AuthResult | None = None


async def policies(authors: Sequence[str], resolver: Resolver) -> tuple[Policy, ...]:
    """Look up the policy of each domain of `From:`, in order."""
    domains = tuple(dict.fromkeys(map(domain_of, authors)))
    if len(domains) > MAX_DOMAINS:
        return (Policy(domains[0], result="permerror"),)
    return tuple(await asyncio.gather(*(_policy(domain, resolver) for domain in domains)))


async def _policy(domain: str, resolver: Resolver) -> Policy:
    """Look up the domain's own record, or else its organisation's (RFC 7489 6.6.3)."""
    above = organisation(domain)
    try:
        found = await _record(domain, resolver)
        inherited = found is None and above != domain
        if inherited:
            found = await _record(above, resolver)
    except DnsUnavailable:
        return Policy(domain, result="temperror")
    return Policy(domain, result="none") if found is None else _read(domain, found, inherited=inherited)


async def _record(domain: str, resolver: Resolver) -> dict[str, str] | None:
    """Return the tags of the domain's one record; None where it has none, or several."""
    values = (await resolver.look_up(f"_dmarc.{domain}", "TXT")).values
    records = [value[:MAX_RECORD_CHARACTERS] for value in values if _RECORD.match(value)]
    if len(records) != 1:
        return None
    pairs = (tag.partition("=") for tag in records[0].split(";"))
    return {name.strip().lower(): value.strip().lower() for name, equals, value in pairs if equals}


def _read(domain: str, tags: dict[str, str], *, inherited: bool) -> Policy:
    requested = tags.get("sp", tags.get("p", "")) if inherited else tags.get("p", "")
    if requested not in _POLICIES:
        if "rua" not in tags:
            return Policy(domain, result="permerror")
        requested = "none"  # RFC 7489 6.6.3
    return Policy(domain, requested, tags.get("aspf") == "s", tags.get("adkim") == "s")


# --- alignment -------------------------------------------------------------------------------------------------------


def align(
    authors: Sequence[str], policies: Sequence[Policy], spf: Spf, dkim: Sequence[Signature]
) -> tuple[Author, ...]:
    """Return each address with the methods that passed for its domain, by the alignment that the domain asks for."""
    known = {policy.domain: policy for policy in policies}
    return tuple(_author(address, known.get(domain_of(address), Policy("")), spf, dkim) for address in authors)


def _author(address: str, policy: Policy, spf: Spf, dkim: Sequence[Signature]) -> Author:
    domain = domain_of(address)
    by_spf = {spf.result} if aligned(spf.domain, domain, strict=policy.strict_spf) else set()
    by_dkim = {s.result for s in dkim if aligned(s.domain, domain, strict=policy.strict_dkim)}
    proofs: set[Literal["spf", "dkim"]] = set()
    proofs |= {"spf"} if "pass" in by_spf else set()
    proofs |= {"dkim"} if "pass" in by_dkim else set()
    undecided = not proofs and "temperror" in by_spf | by_dkim
    return Author(address, organisation(domain), frozenset(proofs), undecided)


def judge(authors: Sequence[Author], policies: Sequence[Policy]) -> Dmarc:
    """Return the worst result among the domains; among equal results the one whose domain has the strictest policy.

    A temporary error counts only where it stopped an aligned identifier. Any other identifier could have proven
    nothing, and anybody can name a domain whose servers are silent.
    """
    results = [_result(policy, authors) for policy in policies]
    return min(results, key=_badness, default=Dmarc("permerror"))


def _badness(one: Dmarc) -> tuple[int, int]:
    return _WORST_FIRST.index(one.result), -_POLICIES.index(one.policy or "none")


def _result(policy: Policy, authors: Sequence[Author]) -> Dmarc:
    if policy.result:
        return Dmarc(policy.result, policy.requested, policy.domain)
    unproven = [a for a in authors if domain_of(a.address) == policy.domain and not a.aligned]
    undecided = all(author.undecided for author in unproven)
    result: AuthResult = "pass" if not unproven else "temperror" if undecided else "fail"
    return Dmarc(result, policy.requested, policy.domain)
