"""The faults of a chain: what was found wrong, at which number, as a value and as a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "changed",  # the row isn't the one that was written here
    "moved",  # the row is one that was written behind the row `other`
    "missing",  # rows from `number` to `other` are gone
    "inserted",  # the row has no place in the chain
    "recipient",  # a recipient whose message has no row
    "broken",  # from here on rows were written behind a head that was not the gateway's
    "start",  # the sealed start is missing or changed
    "head",  # the sealed head is missing or changed
]


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    number: int | None = None
    id: str = ""  # of the message, where the row has one
    other: int | None = None
    purged: str = ""  # the time of the purge that found the fault and removed the rows, in ISO 8601

    @property
    def sentence(self) -> str:
        whose = f" (id {self.id})" if self.id else ""
        by_purge = f", as the purge of {self.purged[:10]} found" if self.purged else ""
        return f"{_SENTENCES[self.kind](self)}{whose}{by_purge}"

    @property
    def when(self) -> datetime:
        """The time of that purge."""
        return datetime.fromisoformat(self.purged)


def _missing(fault: Fault) -> str:
    if fault.other == fault.number:
        return f"number {fault.number} is missing"
    return f"numbers {fault.number} to {fault.other} are missing"


_SENTENCES: Mapping[Kind, Callable[[Fault], str]] = {
    "changed": lambda f: f"number {f.number} is changed, or a row from elsewhere",
    "moved": lambda f: f"number {f.number} is out of order: it was written behind number {f.other}",
    "missing": _missing,
    "inserted": lambda f: f"a row {_numbered(f)} is inserted: it has no place in the chain",
    "recipient": lambda _: "a recipient is inserted, or its message's row was removed",
    "broken": lambda f: f"before number {f.number} was written, the head of the chain was changed or removed",
    "start": lambda _: "the start of the chain is changed, removed, or sealed with another secret.key",
    "head": lambda _: "the head of the chain is changed, removed, or sealed with another secret.key",
}


def _numbered(fault: Fault) -> str:
    return "without a number" if fault.number is None else f"with number {fault.number}"


def as_note(fault: Fault) -> str:
    """Return the fault as text that `from_note` reads."""
    return json.dumps(asdict(fault))


def from_note(note: str) -> Fault:
    return Fault(**json.loads(note))
