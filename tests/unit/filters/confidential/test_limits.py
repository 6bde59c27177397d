"""The limits of a search."""

from __future__ import annotations

import pytest

from filters.confidential.limits import Limits


@pytest.mark.parametrize(("most", "found", "reached"), [(2, "ab", True), (3, "abc", False), (4, "abc", False)])
def test_a_limit_is_reached_where_more_is_left_out(most: int, found: str, reached: bool) -> None:
    limits = Limits()
    assert "".join(limits.first(iter("abc"), most)) == found
    assert limits.reached is reached
