"""Style sheets: the rules that are used."""

from __future__ import annotations

import pytest

from gateway.message.text.html.style_sheet import MAX_USED_CHARACTERS, StyleSheet


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_rules_that_are_used(more: int) -> None:
    """No rule is used beyond the limit, and the style sheet says that it is incomplete."""
    sheet = StyleSheet([f"b{{top:{'0' * 140}}}"])  # 144 characters, and 16 to see whether it fits
    times = MAX_USED_CHARACTERS // 160
    for _ in range(times + more):
        found = sheet.rules("b", {}, doubtful=True)
    assert (len(found), sheet.complete) == ((0, False) if more > 0 else (1, True))
