"""One entry of the chain: a filter's instance, its mode, directions, actions and exemptions.

An entry gives a code's action in a direction, and the line of the configuration that sets it. It applies none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.contract import Direction, Filter, FindsIn, Mode, NamesPayees
from gateway.contract import Settings as FilterSettings
from gateway.settings.network import Network

Action = Literal["log", "tag", "amend", "quarantine", "reject", "discard"]
OnError = Literal["defer", "quarantine", "accept"]
Notify = Literal["sender", "recipient", "reviewers", "manager"]
Release = Literal["one", "two_people", "sender", "recipient"]

#: Approvers that `two_people` needs: one of them may be the first to release, and can't approve that release.
PEOPLE = 2

NO_FILTER = "No filter is in the chain: every message passes unchecked"

#: Templates of the gateway's own notices: to a sender who can confirm; the answer to a request for a release; to
#: somebody outside who is asked to agree; to the people of a release by two; to a sender's manager; the digests.
CONFIRM_NOTICE = "confirm"
ANSWER_NOTICE = "answer"
AGREEMENT_NOTICE = "agreement"
APPROVAL_NOTICE = "approval"
MANAGER_NOTICE = "manager"
DIGEST_NOTICE: Literal["digest"] = "digest"
DIGEST_OF_REVIEWERS: Literal["digest_reviewers"] = "digest_reviewers"
#: Those that are sent without a control address too.
ALWAYS_NOTICES = (APPROVAL_NOTICE, MANAGER_NOTICE, DIGEST_NOTICE, DIGEST_OF_REVIEWERS)
OWN_NOTICES = (CONFIRM_NOTICE, ANSWER_NOTICE, AGREEMENT_NOTICE, *ALWAYS_NOTICES)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """The action on a finding, and the line of the configuration that sets it."""

    do: Action | OnError
    notify: tuple[Notify, ...] | None = None  # None: unset; a held copy then notifies the default persons
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

    name: str  # this instance's
    kind: str  # the filter's key in the registry
    cls: type[Filter]
    mode: Mode
    directions: tuple[Direction, ...]
    settings: FilterSettings
    on_error: OnError
    actions: Mapping[str, Mapping[Direction, ActionSpec]]  # every code of the filter, every direction
    failure: Mapping[Direction, ActionSpec]  # the actions that `on_error` gives an exception or a time-out
    exempt: tuple[Exemption, ...]
    file: Path
    line: int
    shown: str  # "config/filters.yaml:3"

    def action_for(self, code: str, direction: Direction) -> ActionSpec:
        """Return the action of a code in a direction. Raises KeyError for a code that the filter doesn't declare."""
        return self.actions[code][direction]

    def finds(self, code: str, direction: Direction) -> bool:
        """Return whether the filter, as it is set, may find a code in mail of this direction."""
        return not isinstance(self.cls, FindsIn) or code in self.cls.found_in(self.settings).get(direction, ())

    def needs_verification(self, code: str) -> bool:
        """Return whether the release of a message held by this code needs a verification."""
        return isinstance(self.cls, NamesPayees) and code in self.cls.release_needs_verification

    @property
    def answered_by_verification(self) -> Collection[str]:
        """The codes that a person's verification answers, though the message was not held for them."""
        return self.cls.answered_by_verification if isinstance(self.cls, NamesPayees) else ()

    def where(self, code: str, direction: Direction = "inbound") -> str:
        """Return `file:line` of the key that sets the code's action; the entry's for a code of another filter."""
        specs = self.actions.get(code)
        return specs[direction].where if specs else self.shown
