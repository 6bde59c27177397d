"""A trial of a message that ended workers, without a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class ScriptedTrial:
    """A trial that ends as `how` says; it keeps what it was given."""

    how: str = "it could not be tried"
    tried: list[tuple[bytes, str, Sequence[str]]] = field(default_factory=list)

    async def __call__(self, raw: bytes, mail_from: str, recipients: Sequence[str]) -> str:
        self.tried.append((raw, mail_from, recipients))
        return self.how
