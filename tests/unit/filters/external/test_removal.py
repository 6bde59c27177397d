"""Looking for our banners costs time in proportion to the text, whatever marks of quotation stand in it."""

from __future__ import annotations

import time

import pytest

from filters.external.removal import _plain


@pytest.mark.parametrize("mark", [">", "|", ">|", "> ", ">\n"])
def test_marks_of_quotation(mark: str) -> None:
    """Nothing else; it was minutes for 250 KB of ">"."""

    def seconds(octets: int) -> float:
        text, began = mark * (octets // len(mark)), time.process_time()
        assert not _plain(text).words
        return time.process_time() - began

    small, large = (min(seconds(octets) for _ in range(2)) for octets in (20_000, 320_000))
    assert large < 16 * 5 * max(small, 0.002)


def test_marks_before_and_inside_a_word() -> None:
    """Those before it are none of it, those inside are."""
    assert [one.value for one in _plain(">> a>b |c| > > d >>>").words] == ["a>b", "c|", "d"]
