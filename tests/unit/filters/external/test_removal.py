"""Looking for our banners costs time in proportion to the text, whatever marks of quotation stand in it."""

from __future__ import annotations

import time

import pytest

from filters.external.removal import _plain


@pytest.mark.parametrize("mark", [">", "|", ">|", "> ", ">\n"])
def test_marks_of_quotation(mark: str) -> None:
    """One MB of nothing else; it was minutes for 250 KB of ">"."""
    began = time.process_time()
    assert not _plain(mark * (1_000_000 // len(mark))).words
    assert time.process_time() - began < 1.5


def test_marks_before_and_inside_a_word() -> None:
    """Those before it are none of it, those inside are."""
    assert [one.value for one in _plain(">> a>b |c| > > d >>>").words] == ["a>b", "c|", "d"]
