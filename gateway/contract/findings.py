"""Answers of filters: findings with their evidence, and what became of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.contract.mail import Direction
from gateway.message.edits import Edit

Mode = Literal["enforce", "monitor", "off"]


#: The shipped action of a code that a retry can cure: the instance's `on_error` decides.
ON_ERROR = "on_error"


#: code -> (clause of the policy, shipped action: one, or one for each direction).
Codes = Mapping[str, tuple[str, str | Mapping[Direction, str]]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reviewer is shown: never the sender, never the log."""

    what: str  # "file name", "true type", "signature"
    quote: str = ""  # as it stands in the message
    part: str | None = None  # path of the part
    span: tuple[int, int] | None = None  # octets in the raw message
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a filter found, where and why; perhaps with the edits that would amend it."""

    code: str  # "attachment.executable": stable, declared in the filter's `codes`
    summary: str  # one sentence fit for the sender
    evidence: tuple[Evidence, ...] = ()
    part: str | None = None
    recipients: frozenset[str] | None = None  # None = all that the filter's directions cover
    edits: tuple[Edit, ...] = ()
    temporary: bool = False  # a look-up behind it failed for now: a `reject` or `discard` becomes a `defer`


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, for filters that `learn`: address -> relay, amend, discard, quarantine, reject."""

    actions: Mapping[str, str] = field(default_factory=dict)
