"""Domains in the form in which authentication compares them: ASCII, lower case; organisational domains.

The organisational domain comes from the public suffix list.
"""

from __future__ import annotations

import functools

from publicsuffixlist import PublicSuffixList


@functools.cache
def suffixes() -> PublicSuffixList:
    """Return the public suffix list that the package ships.

    Reading it takes a tenth of a second: call this before the first message.
    """
    return PublicSuffixList()


def organisation(domain: str) -> str:
    """Return the organisational domain (RFC 7489 3.2); a public suffix is its own."""
    return suffixes().privatesuffix(domain) or domain


def aligned(domain: str, with_domain: str, *, strict: bool = False) -> bool:
    """Return whether two identifiers are aligned (RFC 7489 3.1).

    They are when they have the same domain, or, unless `strict`, the same organisational domain.
    """
    if not domain or not with_domain:
        return False
    return domain == with_domain or (not strict and organisation(domain) == organisation(with_domain))
