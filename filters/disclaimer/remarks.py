"""Remarks about a disclaimer's rules: rules that can never choose a template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from publicsuffixlist import PublicSuffixList

from filters.disclaimer.settings import DisclaimerSettings, Rule
from gateway.contract import Remark

#: Keys of a rule that are not conditions.
_TEMPLATES = frozenset({"text", "html"})


def remarks(settings: DisclaimerSettings, domains: Sequence[str], today: date) -> Iterator[Remark]:
    """Yield remarks, rule by rule; `domains` are the organisation's own."""
    for number, rule in enumerate(settings.rules):
        at = ("rules", number)
        if _matches_all(rule) and number + 1 < len(settings.rules):
            yield Remark(at, "it has no condition and matches all mail: the rules below are never reached")
        if rule.valid_until and rule.valid_until < today:
            yield Remark((*at, "valid_until"), f"{rule.valid_until} is past: the rule has no effect any more")
        for position, domain in enumerate(rule.domains):
            if not _overlaps(domain, domains):
                yield Remark((*at, "domains", position), f"no sender of ours is at {domain!r}, which isn't our domain")
        yield from (Remark((*at, *one.at), one.sentence) for one in _countries(rule))


def _matches_all(rule: Rule) -> bool:
    return not any(getattr(rule, key) for key in Rule.model_fields if key not in _TEMPLATES)


def _overlaps(pattern: str, domains: Sequence[str]) -> bool:
    """Return whether some domain of ours matches the pattern; `.example.com` means the subdomains."""
    return any(_is_in(pattern, own) or _is_in(own, pattern) for own in domains)


def _is_in(domain: str, pattern: str) -> bool:
    return domain == pattern or (pattern.startswith(".") and domain.endswith(pattern))


def _countries(rule: Rule) -> Iterator[Remark]:
    if rule.recipient_countries:
        suffixes = PublicSuffixList(accept_unknown=False)
        for position, country in enumerate(rule.recipient_countries):
            bare = country.removeprefix(".")
            if suffixes.publicsuffix(f"example.{bare}") != bare:
                sentence = f"no domain ends in {country!r} as a country's does: write `de` or `co.uk`"
                yield Remark(("recipient_countries", position), sentence)
