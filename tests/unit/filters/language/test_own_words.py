"""Quotations are left out of what a writer says; marks around everything leave nothing out."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language.masked_words import MaskedWords
from filters.language.own_words import own_words, without_quotations
from gateway.matching import MAX_CHARACTERS, Lexicon
from gateway.message import Folded, Passage, fold

ADOPTED = Lexicon({}).compile(["says about you"])
REST = "He said so before two witnesses, and I have it in writing, all of it, since the third of May. "


@pytest.mark.parametrize(
    "quoted",
    [
        '"you stupid cow"',
        "\u201cyou stupid cow\u201d",
        "\u201eyou stupid cow\u201c",
        "\u00abyou stupid cow\u00bb",
        "'you stupid cow'",
        "\u2018don\u2019t be a stupid cow\u2019",
        '"you\nstupid cow"',
        '("you stupid cow")',
    ],
)
def test_a_quotation_is_left_out(quoted: str) -> None:
    """The text keeps its length and its other words."""
    text = f"{REST}{quoted} and left."
    left = without_quotations(text)
    assert "cow" not in left
    assert left.startswith(REST)
    assert left.endswith("and left.")
    assert len(left) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        f'{REST} a screen of 15" and a bag of 10" cable for the cow',
        f"{REST} the drivers' cow and the cows' drivers",
        f'{REST} "you stupid cow',
        f'{REST} "you stupid\n\ncow" again',
        f"{REST} isn't a cow, doesn't moo",
    ],
)
def test_apostrophes_inches_and_open_marks_quote_nothing(text: str) -> None:
    assert without_quotations(text) == text


def test_marks_around_everything_are_no_report() -> None:
    assert without_quotations('"You stupid cow, get out of here."') == '"You stupid cow, get out of here."'


def test_places_stay_where_they_are() -> None:
    """The evidence quotes what the reader sees."""
    text = "You f**king liar."
    passage = Passage("new", "1", text, fold(text))
    (read,) = own_words([passage], MaskedWords(["fucking"]), ADOPTED)
    assert (read.text, read.folded.text) == (text, "you fucking liar.")
    plain = Passage("new", "1", "Hello", fold("Hello"))
    assert own_words([plain], MaskedWords([]), ADOPTED)[0] is plain


@pytest.mark.parametrize(("by", "is_read"), [("he says about you", True), ("he says about me", False)])
def test_adopted_quotations_are_read(by: str, is_read: bool) -> None:
    text = f'{REST} "Stupid cow" is what {by}.'
    (read,) = own_words([Passage("new", "1", text, fold(text))], MaskedWords([]), ADOPTED)
    assert ("cow" in read.folded.text) is is_read


def test_words_that_adopt_are_looked_for_in_what_is_read() -> None:
    """A text of a million characters has as many words of which nobody asks."""
    text = "Stupid cow is what he says about you.\n" * (MAX_CHARACTERS // 10)
    passage = Passage("new", "1", text, fold(text))
    own_words([passage], MaskedWords([]), ADOPTED)
    assert "lines" not in vars(passage.folded)


@given(st.text(alphabet="ab'\"\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019 \n,.", max_size=400))
def test_no_text_changes_its_length(text: str) -> None:
    assert len(without_quotations(text)) == len(text)


@pytest.mark.parametrize("unit", ["GB29 ", "\ufdfa", '"a b ', "c*", "1*2 "])
def test_linear_time(unit: str) -> None:
    """No text makes the reading slow, nor does a longer one than is read."""

    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        passages, began = [Passage("new", "1", text, Folded(text))] * 3, process_time()
        assert (
            sum(len(one.text) for one in own_words(passages, MaskedWords(["cow", "idiot"]), ADOPTED)) <= MAX_CHARACTERS
        )
        return process_time() - began

    small, large = (min(seconds(characters) for _ in range(2)) for characters in (40_000, 640_000))
    assert large < 5 * max(small, 0.02)
