"""A passage that is cut, for all who ask for as much of it."""

from __future__ import annotations

from gateway.message.folding.folding import fold
from gateway.message.passage import CUT_CHARACTERS, Passage


def passage(text: str) -> Passage:
    return Passage("new", "1", text, fold(text))


def test_both_ends() -> None:
    """The beginning, a line feed and a quarter at the end; less of a text that is longer when it is folded."""
    assert passage("abcdefghijkl").at_both_ends(8).text == "abcde\nkl"
    assert len(passage("\ufdfa " * 9).at_both_ends(40).text) < 10


def test_a_passage_is_cut_once_for_a_length() -> None:
    one = passage("abcdefghijkl")
    assert one.at_both_ends(8) is one.at_both_ends(8)
    assert one.at_both_ends(9).text == "abcdef\nkl"
    assert one == passage("abcdefghijkl")


def test_nearly_the_same_length_is_the_same_cut() -> None:
    """Limits of filters differ by the length of a subject."""
    one = passage("x" * 70_000)
    assert one.at_both_ends(60_000) is one.at_both_ends(59_600)
    assert len(one.at_both_ends(60_000).text) == 60_000 - CUT_CHARACTERS
