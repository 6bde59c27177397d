"""Defects: wrong or ambiguous content of a message. `defects` assigns a class to each code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong or ambiguous in the content; `offset` counts octets of the raw message."""

    code: str
    what: str
    offset: int
