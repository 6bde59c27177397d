"""The outcome of one message under the running and under the changed configuration, and the difference between both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.control.vocabulary import SEVERITY
from gateway.judge.describe import action_of
from gateway.judge.judgement import Judgement

Change = Literal["newly held", "no longer held", "held by other codes", "otherwise changed", "as before"]

#: All changes, the gravest first.
CHANGES: tuple[Change, ...] = (
    *("newly held", "no longer held", "held by other codes"),
    *("otherwise changed", "as before"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The actions on a message's copies, and the codes that chose to hold, refuse or discard one."""

    actions: Mapping[str, str]  # recipient -> action
    codes: tuple[str, ...]

    @property
    def action(self) -> str:
        """The gravest action among the copies."""
        return max(self.actions.values(), key=SEVERITY.index, default="relay")

    @property
    def held(self) -> frozenset[str]:
        """The recipients whose copy is held."""
        return frozenset(address for address, action in self.actions.items() if action == "quarantine")


@dataclass(frozen=True, slots=True)
class Compared:
    """One message under both configurations."""

    name: str
    direction: str
    sender: str  # the author, else the reverse-path; "" where the message is labelled personal
    is_personal: bool
    running: Outcome
    changed: Outcome

    @property
    def change(self) -> Change:
        if self.changed.held - self.running.held:
            return "newly held"
        if self.running.held - self.changed.held:
            return "no longer held"
        if self.changed.actions != self.running.actions:
            return "otherwise changed"
        return "held by other codes" if self.changed.codes != self.running.codes else "as before"


@dataclass(slots=True)
class OfCode:
    """The messages that one code holds."""

    running: int = 0
    changed: int = 0
    newly_held: int = 0
    no_longer_held: int = 0


def outcome_of(judgement: Judgement) -> Outcome:
    verdict = judgement.verdict
    actions = {d.recipient.address: action_of(d, verdict) for d in verdict.decisions}
    codes = dict.fromkeys(j.code for d in verdict.decisions for j in d.holding)
    return Outcome(actions, tuple(codes))


def by_code(compared: Iterable[Compared]) -> dict[str, OfCode]:
    """Return what each code holds, the codes with the most changes first."""
    found: dict[str, OfCode] = {}
    for one in compared:
        running = set(one.running.codes) if one.running.held else set()
        changed = set(one.changed.codes) if one.changed.held else set()
        for code in sorted(running | changed):
            of = found.setdefault(code, OfCode())
            of.running += code in running
            of.changed += code in changed
            of.newly_held += code in changed and one.change == "newly held"
            of.no_longer_held += code in running and one.change == "no longer held"
    return dict(sorted(found.items(), key=lambda item: (-item[1].newly_held - item[1].no_longer_held, item[0])))


def numbers(compared: Iterable[Compared]) -> dict[Change, int]:
    """Return how many messages have each change."""
    counted = Counter(one.change for one in compared)
    return {change: counted[change] for change in CHANGES}
