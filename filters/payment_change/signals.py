"""A signal: one named reason for or against, with its weight and what the reviewer is shown of it. Pure data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.contract import Evidence
from gateway.message import Passage

#: Characters of a quote: a reviewer reads a line, not a page.
MAX_QUOTE = 200
#: Places in which one signal is shown.
MAX_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Signal:
    """It counts once; `evidence` says where it was seen."""

    name: str
    says: str
    weight: float
    evidence: tuple[Evidence, ...] = ()
    hint: bool = False  # what it is about, not what it says
    plain: bool = True  # says by itself that something changes, where it speaks for that

    def shown(self) -> Iterable[Evidence]:
        """For a finding: what it says and what it was said by; the weight stands at the first place."""
        if not self.evidence:
            yield Evidence(self.name, self.says, weight=self.weight)
        for number, one in enumerate(self.evidence[:MAX_SHOWN]):
            shown = f"{self.says}: {one.quote}" if number == 0 else one.quote
            yield Evidence(self.name, shown, one.part, weight=None if number else self.weight)


def quote(passage: Passage, start: int, end: int) -> Evidence:
    """A place of a passage's text as the person saw it, on one line."""
    text = " ".join(passage.text[start:end].split())
    text = "".join(c for c in text if c.isprintable())
    return Evidence(passage.kind, text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 1]}\u2026", passage.part)
