"""Domains as authentication compares them: ASCII, lower case; the organisation behind one by the public suffix list."""

from __future__ import annotations

import functools

from publicsuffixlist import PublicSuffixList


@functools.cache
def suffixes() -> PublicSuffixList:
    """The list that the package ships. Reading it takes a tenth of a second: to be called before the first message."""
    return PublicSuffixList()


def organisation(domain: str) -> str:
    """The organisational domain (RFC 7489 3.2); a public suffix is its own."""
    return suffixes().privatesuffix(domain) or domain


def is_public_suffix(domain: str) -> bool:
    """Whether domains are registered right under it, by anybody: `co.uk`."""
    return suffixes().privatesuffix(domain) is None


def aligned(domain: str, with_domain: str, *, strict: bool = False) -> bool:
    """Identifier alignment (RFC 7489 3.1): the same domain, or unless `strict` the same organisation."""
    if not domain or not with_domain:
        return False
    return domain == with_domain or (not strict and organisation(domain) == organisation(with_domain))
