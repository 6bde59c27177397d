"""The choice of a recipient's template: the first rule that matches the sender, the recipient and the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from filters.disclaimer.settings import Rule
from gateway.contract import Recipient
from gateway.message import address_key, domain_key


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that are the same for all recipients of a message."""

    sender: str
    groups: frozenset[str]
    labels: frozenset[str]
    today: date


def first_match(rules: Sequence[Rule], facts: Facts, recipient: Recipient) -> int | None:
    """Return the index of the first rule that matches, None if no rule does."""
    return next((number for number, rule in enumerate(rules) if matches(rule, facts, recipient)), None)


def matches(rule: Rule, facts: Facts, recipient: Recipient) -> bool:
    sender, domain = address_key(facts.sender), _domain(facts.sender)
    return (
        (not rule.senders or any(fnmatchcase(sender, glob) for glob in rule.senders))
        and (not rule.domains or any(_is_in(domain, one) for one in rule.domains))
        and (not rule.groups or not facts.groups.isdisjoint(rule.groups))
        and (not rule.directions or recipient.direction in rule.directions)
        and (not rule.recipient_countries or _ends_in(_domain(recipient.address), rule.recipient_countries))
        and (not rule.labels or not facts.labels.isdisjoint(rule.labels))
        and (rule.valid_from is None or rule.valid_from <= facts.today)
        and (rule.valid_until is None or facts.today <= rule.valid_until)
    )


def _domain(address: str) -> str:
    return domain_key(address.rpartition("@")[2])


def _is_in(domain: str, pattern: str) -> bool:
    return domain.endswith(pattern) if pattern.startswith(".") else domain == pattern


def _ends_in(domain: str, countries: Sequence[str]) -> bool:
    return any(domain.endswith("." + country.removeprefix(".")) for country in countries)
