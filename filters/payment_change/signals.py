"""A signal: one named reason for or against, with its weight and the evidence for the reviewer. Pure data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from gateway.contract import Evidence
from gateway.message import Passage

#: Characters of a quote: a reviewer reads a line, not a page.
MAX_QUOTE = 200
#: Characters of a sentence that are read for its quote; some of them are blanks, or can't be seen.
MAX_READ = 10 * MAX_QUOTE
#: Places in which one signal is shown.
MAX_SHOWN = 3


class Place(Protocol):
    """A sentence of which the evidence is made when it is shown: most messages are relayed, and nobody is shown why."""

    @property
    def folded(self) -> str: ...

    def shown(self) -> Evidence: ...


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason for or against a change. It counts once; `evidence` has the places where it was seen."""

    name: str
    says: str
    weight: float
    evidence: tuple[Evidence | Place, ...] = ()
    hint: bool = False  # a topic of the letter, not a statement
    plain: bool = True  # if it speaks for a change, it says so by itself
    own: frozenset[Place] = frozenset()  # sentences of the sender's own text in which it was seen

    def shown(self) -> Iterable[Evidence]:
        """Yield evidence for a finding: the statement and its places. The first place carries the weight."""
        if not self.evidence:
            yield Evidence(self.name, self.says, weight=self.weight)
        for number, seen in enumerate(self.evidence[:MAX_SHOWN]):
            one = seen if isinstance(seen, Evidence) else seen.shown()
            shown = f"{self.says}: {one.quote}" if number == 0 else one.quote
            yield Evidence(self.name, shown, one.part, weight=None if number else self.weight)


def quote(passage: Passage, start: int, end: int) -> Evidence:
    """Return evidence for a place of a passage's visible text, on one line."""
    text = " ".join(passage.text[start : min(end, start + MAX_READ)].split())
    text = "".join(c for c in text if c.isprintable())
    return Evidence(passage.kind, text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 1]}\u2026", passage.part)
