"""The limits of one search: what is left out is on record."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

_Found = TypeVar("_Found")


class Limits:
    """The limits of one search; `reached` says that one has left something out."""

    def __init__(self) -> None:
        self.reached = False

    def first(self, found: Iterator[_Found], most: int) -> Iterator[_Found]:
        """Yield the first ones."""
        yield from islice(found, most)
        self.reached = self.reached or next(found, None) is not None
