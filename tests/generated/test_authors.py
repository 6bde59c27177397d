"""Odd From fields: what a reader shows as one of ours is marked."""

from __future__ import annotations

from tests.generated.authors import search


async def test_whatever_a_reader_shows_as_one_of_ours_is_marked() -> None:
    """The run tries 300 fields; `python -m tests.generated.authors` tries more."""
    tally = await search(seed=20261127, count=300)
    assert tally.shown > 200
    assert tally.passed == []
