"""One row's example: octets made by code, and what must be found in them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """A message of the catalogue of evasions, with the findings of the shipped chain that it must bring about."""

    row: str  # "M01": the catalogue's id
    what: str  # "real-encoding-first": unique within the row
    message: bytes = field(repr=False)
    all_of: frozenset[str] = frozenset()  # every one of these codes is found
    any_of: frozenset[str] = frozenset()  # at least one of these
    none_of: frozenset[str] = frozenset()  # none of these
    passes: bool = False  # nothing is found that holds the message: the catalogue's P without a payload

    def __str__(self) -> str:
        return f"{self.row}-{self.what}"
