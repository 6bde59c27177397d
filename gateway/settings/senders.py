"""Rules about single senders outside: their mail is held, or findings in it are waived.

Reviewers make the rules (`gateway.operations.senders`), in a file that the gateway writes and nobody else. Where the
rules stand doesn't matter for their effect: the checks are the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Self

import yaml
from pydantic import Field, model_validator

from gateway.contract import Filter, ReviewersAllow, able
from gateway.message.header.addresses import address_key
from gateway.settings.chain.entries import Exemption, FilterEntry
from gateway.settings.yaml.problems import shown
from gateway.settings.yaml.values import Line, exact_domain, mail_address
from gateway.settings.yaml.yaml_model import YamlModel
from gateway.settings.yaml.yaml_reading import Reading

#: The key of the rules, the only one in the file that the gateway writes.
KEY = "senders"

_HEAD = """\
# Reviewers blocked and allowed these senders. The gateway writes this file anew with every change, so don't edit it:
# `mailwarden quarantine senders` lists and removes rules.
"""
_GLOB = re.compile(r"([*?[])")


class SenderRule(YamlModel):
    """One rule of a reviewer: `block` or `allow`, and who made it."""

    block: Line = Field(default="", description="Address, or `@domain`, whose mail is held.")
    allow: Line = Field(default="", description="Address in whose mail `codes` are waived, where it is proven.")
    codes: tuple[Line, ...] = Field(default=(), description="The codes that `allow` waives.")
    by: Line = Field(default="", description="The reviewer.")
    at: Line = Field(default="", description="The time, in the organisation's time zone.")
    reason: Line = Field(default="", description="The reason.")
    message: Line = Field(default="", description="Id of the held message about which it was made.")

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if bool(self.block) == bool(self.allow):
            raise ValueError("a rule has either `block` or `allow`")
        if bool(self.allow) != bool(self.codes):
            raise ValueError("`codes` belongs to `allow`")
        if self.block.startswith("@"):
            exact_domain(self.block[1:])
        else:
            mail_address(self.sender)
        return self

    @property
    def sender(self) -> str:
        return self.block or self.allow


def check_senders(
    reading: Reading, rules: Iterable[SenderRule], filters: Collection[type[Filter]], ours: Sequence[str]
) -> None:
    """Check that no rule is about our own domains, and that `allow` names only codes that reviewers may allow."""
    may_pass = allowable(filters)
    for number, rule in enumerate(rules):
        domain = rule.sender.rpartition("@")[2].lower()
        if any(domain == own or (own[:1] == "." and domain.endswith(own)) for own in ours):
            reading.complain((KEY, number), f"{shown(rule.sender)} is ours: rules are about senders outside")
        for place, code in enumerate(rule.codes):
            if code not in may_pass:
                reading.complain((KEY, number, "codes", place), f"{shown(code)} is never waived for a sender")


def allowable(filters: Iterable[type[Filter]]) -> frozenset[str]:
    """Return the codes that reviewers may waive for a sender."""
    return frozenset(code for cls in able(filters, ReviewersAllow) for code in cls.reviewers_allow)


def with_allowed(
    chain: Iterable[FilterEntry], rules: Sequence[SenderRule], reading: Reading
) -> tuple[FilterEntry, ...]:
    """Return the chain with the exemptions that the rules make."""
    made = [
        Exemption(rule.codes, senders=(_literally(rule.allow),), where=reading.mark((KEY, number)).at_line)
        for number, rule in enumerate(rules)
        if rule.allow
    ]
    return tuple(replace(entry, exempt=(*entry.exempt, *_of(entry, made))) for entry in chain)


def _of(entry: FilterEntry, exemptions: Iterable[Exemption]) -> Iterator[Exemption]:
    return (one for one in exemptions if not entry.actions.keys().isdisjoint(one.codes))


def _literally(address: str) -> str:
    """Return the pattern that an address alone fits."""
    return _GLOB.sub(r"[\1]", address_key(address))


def blocked(rules: Iterable[SenderRule]) -> frozenset[str]:
    """Return the blocked addresses and `@domains`, by `address_key`."""
    return frozenset(address_key(rule.block) for rule in rules if rule.block)


def as_yaml(rules: Iterable[SenderRule]) -> str:
    """Return rules as they stand in the list, each value in quotes."""
    return "".join(_written(rule) for rule in rules)


def file_of(rules: Sequence[SenderRule]) -> str:
    """Return the content of the file."""
    return f"{_HEAD}{KEY}:\n{as_yaml(rules)}" if rules else f"{_HEAD}{KEY}: []\n"


def _written(rule: SenderRule) -> str:
    lines = [f"{key}: {_quoted(value)}" for key, value in rule.model_dump().items() if value]
    return f"  - {lines[0]}\n" + "".join(f"    {line}\n" for line in lines[1:])


def _quoted(value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_quoted, value))}]"
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=2**30).strip()
