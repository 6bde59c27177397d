"""Search for octets in many others by the processor's vectors; `bytes.find` goes from octet to octet.

A search of 740 KB of a zip file takes 0.03 ms instead of 0.15 to 0.4. The results are those of `bytes.find`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from ahocorasick_rs import BytesAhoCorasick, MatchKind

#: Octets that `bytes.find` searches first: it is as quick for so few, and quicker where the needle is everywhere.
FEW_BYTES = 4 * 1024

#: Octets searched at a time, since the library lists every match: the matches in so many take under 2 ms.
PIECE_BYTES = 64 * 1024


class BytePattern:
    """At least two octets to search for; `bytes.find` is quicker for one."""

    __slots__ = ("_searcher", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._searcher = _Searcher([octets])

    def find(self, hay: bytes | bytearray, start: int = 0) -> int:
        """Return the first place of the needle from `start` on, which is not negative; -1 = nowhere."""
        at = hay.find(self.octets, start, start + FEW_BYTES)
        return at if at >= 0 else self._searcher.first(hay, max(0, start + FEW_BYTES - len(self.octets) + 1))

    def is_in(self, hay: bytes | bytearray) -> bool:
        return self.find(hay) >= 0


class CaselessBytePattern:
    """ASCII octets, given in lower case. `rare` are four of them in a row that other content seldom has."""

    __slots__ = ("_octets", "_searcher")

    def __init__(self, octets: bytes, rare: bytes) -> None:
        self._octets = octets
        spellings = product(*({octet, *bytes([octet]).upper()} for octet in rare))
        self._searcher = _Searcher([bytes(one) for one in spellings])

    def is_in(self, hay: bytes) -> bool:
        """Return whether the octets stand in `hay` in any case.

        Only a `hay` with the rare octets is copied in lower case.
        """
        return self._searcher.first(hay, 0) >= 0 and self._octets in hay.lower()


class _Searcher:
    """A search for any of several octet strings of one length."""

    __slots__ = ("_overlap", "_searcher")

    def __init__(self, octets: Sequence[bytes]) -> None:
        self._overlap = len(octets[0]) - 1
        # `LeftmostFirst` lets the library use vectors. By default it follows an automaton, which is as slow as
        # `bytes.find`.
        self._searcher = BytesAhoCorasick(octets, matchkind=MatchKind.LeftmostFirst)

    def first(self, hay: bytes | bytearray, start: int) -> int:
        """Return the first place from `start` on; -1 = nowhere.

        The pieces overlap, so that no edge of a piece divides a match.
        """
        view = memoryview(hay)
        for at in range(start, len(hay), PIECE_BYTES):
            found = self._searcher.find_matches_as_indexes(view[at : at + PIECE_BYTES + self._overlap])
            if found:
                return at + found[0][1]
        return -1
