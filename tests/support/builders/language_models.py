"""A language model that gives the readings that a test tells it, and notes what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.matching import Reading
from gateway.message import Message


@dataclass
class ScriptedModel:
    """Answers each question with the same reading; None = no answer."""

    reading: Reading | None = None
    asked: list[tuple[str, float]] = field(default_factory=list)  # rule, weight that is needed

    async def read(self, rule: str, _message: Message, needed: float, *_: object) -> Reading | None:
        self.asked.append((rule, needed))
        return self.reading
