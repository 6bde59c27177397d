"""Defects: what is wrong or ambiguous in the content of a message. `defects` classes their codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong or ambiguous in the content; `offset` in the raw message."""

    code: str
    what: str
    offset: int
