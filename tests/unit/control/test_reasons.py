"""Reasons that count as an answer on record."""

from __future__ import annotations

import pytest

from gateway.control.reasons import says_something


@pytest.mark.parametrize("text", ["x", " 4 ", "…a", "+44", "李", "\u0661", "\u200bq\u200b"])
def test_a_letter_or_a_digit_says_something(text: str) -> None:
    """A letter or digit of any script says something."""
    assert says_something(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\u3000", "\u200b", "\u2060\ufeff", "\u00ad", "…", "-", "?!", "\u0301", "\U000e0061", "\u3164", "\u2800"],
)
def test_what_nobody_sees_says_nothing(text: str) -> None:
    """Blanks, marks and characters without a width; nor do dots and dashes."""
    assert not says_something(text)
