"""The walk along a chain, row by row in the order of numbers: each row must follow from the one before it.

The walk reads no database. It goes on behind a fault, so that one changed row is one fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.remember.chain.ends import Chain, End
from gateway.remember.chain.faults import Fault
from gateway.remember.chain.hashes import NOTHING, Values, hash_after_break, row_hash

#: Changed rows for which the walk looks for the place that they come from; with a wrong key all rows seem changed.
SEARCHES = 20


@dataclass(frozen=True, slots=True)
class Link:
    """One row as the database holds it, whatever somebody made of it."""

    number: Any
    hash: Any
    id: Any
    at: Any
    values: Values
    recipients: Sequence[Values] = ()


class Walk:
    """The walk's place in a chain, and the faults found up to there."""

    def __init__(self, key: bytes, chain: Chain, start: End, head: End) -> None:
        self._key = key
        self._chain = chain
        #: Hashes of which one must stand before the next row; none means that any may.
        self._before: tuple[bytes, ...] = (start.hash,) if start.sealed else ()
        self._is_lost = not start.sealed  # the number of the first row isn't known
        self._end = head.number if head.sealed else None
        self._searches = SEARCHES
        self.number = start.number  # of the row before
        self.hash = start.hash  # of the row before, or what it should be

    def take(self, rows: Sequence[Link]) -> list[Fault]:
        """Go along some rows, in the order of their numbers; return their faults."""
        return [fault for row in rows for fault in self._take(row, rows)]

    def _take(self, row: Link, near: Sequence[Link]) -> list[Fault]:
        if type(row.number) is not int:
            return [Fault("inserted", id=_text(row.id))]
        if (row.number <= self.number and not self._is_lost) or (self._end is not None and row.number > self._end):
            return [Fault("inserted", row.number, _text(row.id))]
        faults = []
        if row.number > self.number + 1 and not self._is_lost:
            faults.append(Fault("missing", self.number + 1, other=row.number - 1))
            self._before = ()
        self.number, self._is_lost = row.number, False
        return [*faults, *self._follow(row, near)]

    def _follow(self, row: Link, near: Sequence[Link]) -> list[Fault]:
        """Check that the row follows from the one before it."""
        before = self._before
        made = [self._hash(hash, row) for hash in before]
        self._before = (row.hash,) if type(row.hash) is bytes else ()
        self.hash = next(iter((*self._before, *made)), NOTHING)
        if row.hash in made:
            return []
        if row.hash == self._hash(hash_after_break(self._key, self._chain, row.number), row):
            return [Fault("broken", row.number, _text(row.id))]
        if not before:
            return []
        # The next row may follow from what stands here, from what should stand here, or from what stood before.
        self._before = (*self._before, made[0], before[0])
        return [self._misplaced(row, near) or Fault("changed", row.number, _text(row.id))]

    def _misplaced(self, row: Link, near: Sequence[Link]) -> Fault | None:
        """Return a fault that says behind which of the rows near it the row was written."""
        self._searches -= 1
        for other in near if self._searches >= 0 else ():
            if type(other.hash) is bytes and self._hash(other.hash, row) == row.hash:
                return Fault("moved", row.number, _text(row.id), other=other.number)
        return None

    def _hash(self, before: bytes, row: Link) -> bytes:
        return row_hash(self._key, before, self._chain, row.values, row.recipients)


def _text(id: Any) -> str:
    return id if isinstance(id, str) else ""
