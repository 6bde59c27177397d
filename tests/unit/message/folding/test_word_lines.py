"""Texts as lines of words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.message.folding.word_lines as word_lines_module
from gateway.message.folding.word_lines import Marked, WordLines, word_lines


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in word_lines(text).text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one. two! three? four; five", ["one", "two", "three", "four", "five"]),
        ("account no. 5 of acme ltd. is", ["account no 5 of acme ltd is"]),
        ("we have moved\nto a bank", ["we have moved", "to a bank"]),
        ("we\nhave\nmoved", ["we have moved"]),
        ("hello\nwe pay", ["hello", "we pay"]),
        ("dear customers, we pay", ["dear customers", "we pay"]),
        ("the dear old thing, we pay", ["the dear old thing , we pay"]),
        ("we've, i'm, it'll, can't, won't", ["we have , i am , it will , can not , will not"]),
        ("dont cant weve", ["do not can not we have"]),
        ("l'ancien compte", ["l ancien compte"]),
        (
            "he said \"we moved\" and 'we left' the suppliers' yard",
            ['he said " we moved " and " we left " the suppliers yard'],
        ),
        ("ask jo@pay.example or https://pay.example/account now", ["ask or now"]),
        ("pay £50", ["pay @money 50"]),
        ("pay eur 50.00", ["pay @money 50 00"]),
        ("pay 1,300.00 eur", ["pay 1 , 300 00 @money"]),
        ("the euro account, europe", ["the euro account , europe"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    """Sentences and greetings end lines; short forms are written out; addresses are no words."""
    assert lines_of(text) == lines


def test_marked_places_are_one_word() -> None:
    """`origin` leads from the word back to the place where it stands in the text."""
    text = "pay to 20-30-40 12345678 now"
    lines = word_lines(text, [Marked(7, 24, "@account")])
    assert lines.text == "\n pay to @account now \n "
    at = lines.text.index(" @account ")
    assert text[slice(*lines.origin(at, at + len(" @account ")))] == "20-30-40 12345678"


def test_misspelt_words_are_put_right() -> None:
    """Words are corrected by the list that is given."""
    assert isinstance(word_lines("acount", spelling={"acount": "account"}), WordLines)
    assert word_lines("our acount", spelling={"acount": "account"}).text == "\n our account \n "


def test_nothing_in_a_text_without_words() -> None:
    """It has a line's end and a way back all the same."""
    lines = word_lines("")
    assert lines.text.split() == []
    assert lines.origin(0, 1) == (0, 0)


PIECES = (
    "we ", "account ", "can't ", "cant ", "eur ", "eur 5", "5 eur ", "a@b.c ", "http://x.y/z ", ". ", ", ", "\n", "'s ",
    "'", '"', "don't ", "no. ", "£", "and/or ", "abc1 ", "naïve ", "dear ", "- ", "(", ")", "it", "acount ",
)  # fmt: skip


@given(st.data())
def test_words_taken_together_are_as_words_taken_one_by_one(data: st.DataObject) -> None:
    """The same lines and the same way back, also around places, with marks, corrections and a limit."""
    text = "".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=30)))
    start = data.draw(st.integers(0, len(text)))
    marked = [Marked(start, data.draw(st.integers(start, len(text))), "@account")]
    marked = marked if marked[0].end > start else []
    limit = data.draw(st.one_of(st.none(), st.integers(2, 60)))
    lines = word_lines(text, marked, {"acount": "account"}, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_lines_module, "_RUN_OR_TOKEN", word_lines_module._TOKEN)
        alone = word_lines(text, marked, {"acount": "account"}, limit)
    assert (lines.text, lines.words) == (alone.text, alone.words)
    first = data.draw(st.integers(0, len(lines.text)))
    last = data.draw(st.integers(first, len(lines.text)))
    assert lines.origin(first, last) == alone.origin(first, last)
    some, others = lines.around([first], 1), alone.around([first], 1)
    assert some.text == others.text
    last = min(last, len(some.text))
    assert some.origin(min(first, last), last) == others.origin(min(first, last), last)


def test_the_tail_of_an_address_is_not_that_of_the_word_before() -> None:
    """An address is left out, and the letters behind it change no word."""
    assert lines_of(f"mention x@{'y' * 255}'t go") == ["mention t go"]
