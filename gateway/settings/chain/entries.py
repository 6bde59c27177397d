"""One entry of the chain: a filter's instance, its mode, directions, actions and exemptions.

It answers which action the configuration gives a code in a direction, and in which line. It applies none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.contract import Direction, Filter, Mode, NamesPayees
from gateway.contract import Settings as FilterSettings
from gateway.settings.network import Network

Action = Literal["log", "tag", "amend", "quarantine", "reject", "discard"]
OnError = Literal["defer", "quarantine", "accept"]
Notify = Literal["sender", "recipient", "reviewers"]
Release = Literal["one", "two_people", "sender"]

#: Approvers that `two_people` needs: one of them may be the first to release, and can't approve that.
PEOPLE = 2

NO_FILTER = "No filter is in the chain: every message passes unchecked"

#: The template of the notice to a sender who can confirm.
CONFIRM_NOTICE = "confirm"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What is to be done about a finding, and the line of the configuration that says so."""

    do: Action | OnError
    notify: tuple[Notify, ...] | None = None  # None = unset: whom a held copy tells by default
    release: Release = "one"
    label: str = ""  # put before the subject by `tag`
    where: str = ""  # "config/filters.yaml:7"


@dataclass(frozen=True, slots=True)
class Exemption:
    """Findings that are waived: keys are ANDed, the values of a key ORed, an empty key matches everything."""

    codes: tuple[str, ...]  # globs
    senders: tuple[str, ...] = ()  # globs for `address_key`
    recipients: tuple[str, ...] = ()  # globs for `address_key`
    groups: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class FilterEntry:
    """A filter as the chain runs it."""

    name: str  # of this instance
    kind: str  # of the filter: its key in the registry
    cls: type[Filter]
    mode: Mode
    directions: tuple[Direction, ...]
    settings: FilterSettings
    on_error: OnError
    actions: Mapping[str, Mapping[Direction, ActionSpec]]  # every code of the filter, every direction
    failure: Mapping[Direction, ActionSpec]  # what `on_error` makes of an exception or a time-out
    exempt: tuple[Exemption, ...]
    file: Path
    line: int
    shown: str  # "config/filters.yaml:3"

    def action_for(self, code: str, direction: Direction) -> ActionSpec:
        """The action of a code in a direction. KeyError for a code that the filter doesn't declare."""
        return self.actions[code][direction]

    def needs_verification(self, code: str) -> bool:
        """Whether a release of what the code held says who has verified it."""
        return isinstance(self.cls, NamesPayees) and code in self.cls.release_needs_verification

    def where(self, code: str, direction: Direction = "inbound") -> str:
        """`file:line` of the key that gives the code its action; of the entry for a code that isn't the filter's."""
        specs = self.actions.get(code)
        return specs[direction].where if specs else self.shown
