"""Octets that are looked for in many others: by a processor's vectors, where `bytes.find` goes from octet to octet.

A search of 740 KB of a zip file takes 0.03 ms instead of 0.15 to 0.4. What it says is what `bytes.find` would.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from ahocorasick_rs import BytesAhoCorasick, MatchKind

#: Octets that `bytes.find` searches first: as quick for so few, and quicker where what is looked for stands everywhere.
FEW_BYTES = 4 * 1024

#: Octets searched at a time, since the library lists all that it finds: what may stand in so many, in under 2 ms.
PIECE_BYTES = 64 * 1024


class Needle:
    """At least two octets: for one, `bytes.find` is quicker."""

    __slots__ = ("_searcher", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._searcher = _Searcher([octets])

    def find(self, hay: bytes | bytearray, start: int = 0) -> int:
        """Where they stand first, from `start` on, which is not negative; -1 = nowhere."""
        at = hay.find(self.octets, start, start + FEW_BYTES)
        return at if at >= 0 else self._searcher.first(hay, max(0, start + FEW_BYTES - len(self.octets) + 1))

    def is_in(self, hay: bytes | bytearray) -> bool:
        return self.find(hay) >= 0


class CaselessNeedle:
    """ASCII octets, given in lower case. `rare` are four of them in a row that other content seldom has."""

    __slots__ = ("_octets", "_searcher")

    def __init__(self, octets: bytes, rare: bytes) -> None:
        self._octets = octets
        spellings = product(*({octet, *bytes([octet]).upper()} for octet in rare))
        self._searcher = _Searcher([bytes(one) for one in spellings])

    def is_in(self, hay: bytes) -> bool:
        """Only what has the rare ones is copied in lower case."""
        return self._searcher.first(hay, 0) >= 0 and self._octets in hay.lower()


class _Searcher:
    """Of octets of one length, any of them."""

    __slots__ = ("_overlap", "_searcher")

    def __init__(self, octets: Sequence[bytes]) -> None:
        self._overlap = len(octets[0]) - 1
        # `LeftmostFirst` lets the library use vectors; by its default it follows an automaton, as slow as `bytes.find`.
        self._searcher = BytesAhoCorasick(octets, matchkind=MatchKind.LeftmostFirst)

    def first(self, hay: bytes | bytearray, start: int) -> int:
        """The pieces overlap, so that none of their edges divides what is looked for."""
        view = memoryview(hay)
        for at in range(start, len(hay), PIECE_BYTES):
            found = self._searcher.find_matches_as_indexes(view[at : at + PIECE_BYTES + self._overlap])
            if found:
                return at + found[0][1]
        return -1
