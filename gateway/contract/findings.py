"""Findings of filters with their evidence, and the outcome of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gateway.contract.mail import Direction
from gateway.message.edits import Edit

Mode = Literal["enforce", "monitor", "off"]


#: The shipped action of a code for trouble that a retry can cure: the instance's `on_error` decides.
ON_ERROR = "on_error"


class Code(NamedTuple):
    """The declaration of one code: its clause of the policy, its shipped action, and the sentence that documents it."""

    clause: str
    action: str | Mapping[Direction, str]  # one, or one for each direction
    sentence: str = ""  # the reference of the configuration shows it; a code without one is an error in `check`


#: code -> its declaration.
Codes = Mapping[str, Code]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence. A reviewer sees it; the sender and the log never do."""

    what: str  # "file name", "true type", "signature"
    quote: str = ""  # as it stands in the message
    part: str | None = None  # path of the part
    span: tuple[int, int] | None = None  # octets in the raw message
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a filter found: its code, place and evidence, perhaps with the edits that would amend it."""

    code: str  # "attachment.executable": stable, declared in the filter's `codes`
    summary: str  # one sentence fit for the sender
    evidence: tuple[Evidence, ...] = ()
    part: str | None = None
    recipients: frozenset[str] | None = None  # None = all that the filter's directions cover
    edits: tuple[Edit, ...] = ()
    temporary: bool = False  # a look-up for this finding failed for now: a `reject` or `discard` becomes a `defer`


@dataclass(frozen=True, slots=True)
class Outcome:
    """Actions on a message, for filters that `learn`: address -> relay, amend, discard, quarantine, reject."""

    actions: Mapping[str, str] = field(default_factory=dict)
    enforced: frozenset[str] = (
        frozenset()
    )  # codes of findings whose actions were carried out, for one recipient or more
