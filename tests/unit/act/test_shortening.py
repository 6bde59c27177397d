"""A stranger's text is cut by what is seen of it."""

from __future__ import annotations

import unicodedata

import pytest

from gateway.act.shortening import MARKS_OF_A_CHARACTER, shortened


def visible(text: str) -> int:
    return sum(not unicodedata.category(character).startswith("M") for character in text)


@pytest.mark.parametrize("letter", ["x", "é", "e\u0301", "字", "😀", "क\u093f"])
@pytest.mark.parametrize("number", [79, 80, 81, 998])
def test_so_many_are_seen(letter: str, number: int) -> None:
    """At the limit all of it, beyond it one less and an ellipsis."""
    cut = shortened(letter * number, 80)
    assert cut == (letter * number if number <= 80 else letter * 79 + "…")
    assert visible(cut) == min(number, 80)


@pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "\u0336", "\ufe0f", "\u0489"])
def test_marks_are_bounded(mark: str) -> None:
    """However many stand on one character, or before the first."""
    assert shortened("Z" + mark * 1000 + "algo", 80) == "Z" + mark * MARKS_OF_A_CHARACTER + "algo"
    assert shortened(mark * 1000, 80) == mark * MARKS_OF_A_CHARACTER
    assert len(shortened(("Z" + mark * 100) * 1000, 80)) <= 80 * (1 + MARKS_OF_A_CHARACTER)


@pytest.mark.parametrize("text", ["", "Invoice 7", "Tiếng Việt", "שָׁלוֹם", "Überweisung", "日本語"])
def test_ordinary_text_stays(text: str) -> None:
    """Ordinary text stays unchanged, composed or not."""
    assert shortened(text, 80) == text
    assert shortened(unicodedata.normalize("NFD", text), 80) == unicodedata.normalize("NFD", text)
