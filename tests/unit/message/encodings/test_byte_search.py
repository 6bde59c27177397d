"""Octets looked for in many others: whatever `bytes.find` says, at every place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.encodings.byte_search import FEW_BYTES, PIECE_BYTES, BytePattern, CaselessBytePattern

MAGIC = b"PK\x03\x04"
#: Where something ends: what `bytes.find` searches, the first piece of what the library does, and the second.
EDGES = (0, FEW_BYTES, FEW_BYTES + PIECE_BYTES, FEW_BYTES + 2 * PIECE_BYTES)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("octets", [b"ab", MAGIC, b"-----BEGIN PGP "])
def test_it_is_found_on_either_side_of_an_edge_and_across_it(octets: bytes, edge: int) -> None:
    for at in range(max(0, edge - len(octets) - 1), edge + 2):
        hay = bytes(at) + octets + bytes(PIECE_BYTES)
        assert BytePattern(octets).find(hay) == at
        assert BytePattern(octets).find(hay, at) == at
        assert BytePattern(octets).find(hay, at + 1) == -1


@given(
    hay=st.lists(st.sampled_from([b"P", MAGIC, MAGIC[:3], b"\0" * (FEW_BYTES - 2), b"\0" * (PIECE_BYTES - 3)])),
    start=st.integers(0, 3 * PIECE_BYTES),
)
def test_it_says_what_find_says(hay: list[bytes], start: int) -> None:
    octets = b"".join(hay)
    assert BytePattern(MAGIC).find(octets, start) == octets.find(MAGIC, start)
    assert BytePattern(MAGIC).is_in(octets) == (MAGIC in octets)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("spelling", [b"[Content_Types].xml", b"[CONTENT_TYPES].XML", b"[cOnTeNt_tYpEs].XmL"])
def test_case_makes_no_difference(spelling: bytes, edge: int) -> None:
    needle = CaselessBytePattern(b"[content_types].xml", rare=b"[con")
    for at in range(max(0, edge - len(spelling) - 1), edge + 2):
        assert needle.is_in(bytes(at) + spelling + bytes(PIECE_BYTES))
        assert not needle.is_in(bytes(at) + spelling[:-1] + bytes(PIECE_BYTES))


def test_octets_that_stand_everywhere_are_found_one_by_one() -> None:
    """An opener goes from one place to the next: listing all places for each would take minutes."""
    hay = MAGIC * 50_000
    needle, at, found = BytePattern(MAGIC), 0, 0
    while (at := needle.find(hay, at)) >= 0:
        at, found = at + 4, found + 1
    assert found == 50_000
