"""DMARC (RFC 7489): which addresses of `From:` are aligned with what passed, and what their domains ask for.

Alignment and the organisational domain are ours. Records are asked for each domain of `From:`, of which there is
nearly always one; the worst result counts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.contract import (
    Author,
    AuthResult,
    Dmarc,
    NamesUnavailable,
    Resolver,
    Signature,
    Spf,
)
from gateway.understand.authentication.authors import domain_of
from gateway.understand.authentication.domains import aligned, organisation

#: Domains of `From:` whose policies are asked for; with more it is a permerror.
MAX_DOMAINS = 5
#: Characters of a record that are read.
MAX_RECORD_CHARACTERS = 4096

_RECORD = re.compile(r"\s*+v\s*+=\s*+DMARC1\s*+(?:;|\Z)")  # case counts (RFC 7489 6.3)
_POLICIES = ("none", "quarantine", "reject")
_WORST_FIRST: tuple[AuthResult, ...] = ("fail", "permerror", "temperror", "none", "pass")


@dataclass(frozen=True, slots=True)
class Policy:
    """What one domain publishes; `result` is set where there is nothing to go by."""

    domain: str
    requested: str = ""
    strict_spf: bool = False
    strict_dkim: bool = False
    result: AuthResult | None = None


async def policies(authors: Sequence[str], resolver: Resolver) -> tuple[Policy, ...]:
    """Of each domain of `From:`, in order."""
    domains = tuple(dict.fromkeys(map(domain_of, authors)))
    if len(domains) > MAX_DOMAINS:
        return (Policy(domains[0], result="permerror"),)
    return tuple(await asyncio.gather(*(_policy(domain, resolver) for domain in domains)))


async def _policy(domain: str, resolver: Resolver) -> Policy:
    """The domain's own record, else its organisation's (RFC 7489 6.6.3)."""
    above = organisation(domain)
    try:
        found = await _record(domain, resolver)
        inherited = found is None and above != domain
        if inherited:
            found = await _record(above, resolver)
    except NamesUnavailable:
        return Policy(domain, result="temperror")
    return Policy(domain, result="none") if found is None else _read(domain, found, inherited=inherited)


async def _record(domain: str, resolver: Resolver) -> dict[str, str] | None:
    """The tags of the one record that there is; of several none counts."""
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
    """Each address with what passed for its domain, as strictly as that domain asks."""
    known = {policy.domain: policy for policy in policies}
    return tuple(_author(address, known.get(domain_of(address), Policy("")), spf, dkim) for address in authors)


def _author(address: str, policy: Policy, spf: Spf, dkim: Sequence[Signature]) -> Author:
    domain = domain_of(address)
    by_spf = spf.result == "pass" and aligned(spf.domain, domain, strict=policy.strict_spf)
    by_dkim = any(s.result == "pass" and aligned(s.domain, domain, strict=policy.strict_dkim) for s in dkim)
    proofs = frozenset[str]({"spf"} if by_spf else ()) | frozenset({"dkim"} if by_dkim else ())
    return Author(address, organisation(domain), proofs)  # type: ignore[arg-type]


def judge(authors: Sequence[Author], policies: Sequence[Policy], spf: Spf, dkim: Sequence[Signature]) -> Dmarc:
    """The worst result among the domains. Trouble with the DNS that could still prove one is a temperror, no fail."""
    unsure = spf.result == "temperror" or any(signature.result == "temperror" for signature in dkim)
    results = [_result(policy, authors, unsure=unsure) for policy in policies]
    return min(results, key=lambda one: _WORST_FIRST.index(one.result), default=Dmarc("permerror"))


def _result(policy: Policy, authors: Sequence[Author], *, unsure: bool) -> Dmarc:
    if policy.result:
        return Dmarc(policy.result, policy.requested, policy.domain)
    proven = all(author.aligned for author in authors if domain_of(author.address) == policy.domain)
    result: AuthResult = "pass" if proven else "temperror" if unsure else "fail"
    return Dmarc(result, policy.requested, policy.domain)
