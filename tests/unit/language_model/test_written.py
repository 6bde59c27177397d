"""The text that the language model reads, and the windows in which it reads it."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language_model.written import (
    MAX_SENTENCE,
    MAX_SUBJECT,
    MAX_TEXT,
    Window,
    Written,
    likely_windows,
    windows,
    written,
)
from gateway.message.mime.parse import parse


def message(text: str, subject: str = "Hello") -> bytes:
    head = f"From: a@example.com\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
    return (head + text).encode("utf-8", "surrogatepass")


def test_sentences_of_the_new_text_are_read() -> None:
    """Lines and full stops end them; what is quoted or signed is left out."""
    text = "Dear Bob,\n\nPay it today. Is that  fine?\n\n-- \nAnn Archer\nSales\n\n> You said that\n> you would pay.\n"
    found = written(parse(message(text, "An  invoice")))
    assert found.subject == "an invoice"
    assert found.sentences == ("dear bob,", "pay it today.", "is that fine?")


@pytest.mark.parametrize(
    "closing",
    ["Kind regards,", "Cheers", "Mit freundlichen Grüßen", "Sincères salutations,", "Bien à vous", "Viele Gruesse"],
)
def test_a_closing_is_left_out(closing: str) -> None:
    """Those words say nothing of a mail, and weighed up to nine points; what stands around them is read."""
    found = written(parse(message(f"Cheers for the offer.\n\n{closing}\n\nWe accept it.\n{closing}\nAnn\n")))
    assert found.sentences == ("cheers for the offer.", "we accept it.")


@pytest.mark.parametrize("text", ["", "\n\n", " \t \n", "\u200b\u200d\n"])
def test_a_message_without_words_has_no_sentence(text: str) -> None:
    """Its subject is read all the same."""
    assert written(parse(message(text))).sentences == ()


def test_a_long_text_is_cut() -> None:
    """One word of a megabyte, and ten thousand sentences."""
    word = written(parse(message("x" * 1_000_000, "s" * 5_000)))
    assert (len(word.subject), max(map(len, word.sentences))) == (MAX_SUBJECT, MAX_SENTENCE)
    assert sum(map(len, word.sentences)) == MAX_TEXT
    assert len(written(parse(message("Go.\n" * 10_000))).sentences) <= MAX_TEXT / 3


def test_every_script_is_read() -> None:
    """Each character that is printed stands in a sentence, and no control or lone surrogate does."""
    characters = "".join(chr(n) for n in range(0x20, sys.maxunicode, 97))
    for at in range(0, len(characters), 5_000):
        found = written(parse(message(characters[at : at + 5_000])))
        assert all(one.isprintable() for one in found.sentences)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 30))
def test_windows_cover_all_and_each_brings_something_new(counts: list[int], most: int) -> None:
    """Each is within its tokens, unless one sentence alone is longer, and repeats at most a quarter."""
    found = list(windows(counts, lambda one: one, most))
    lengths = [max(one, 1) for one in counts]
    assert (found[0].first, found[-1].end) == (0, len(counts))
    for one in found:
        assert sum(lengths[one.first : one.end]) <= most or one.end - one.first == 1
    for before, after in pairwise(found):
        assert before.first < after.first <= before.end < after.end
        assert sum(lengths[after.first : before.end]) <= most // 4


def test_short_lines_before_a_long_one_fill_no_windows() -> None:
    """Else a writer could keep the model from the end of the text by a long sentence behind many short ones."""
    counts = [*([0] * 10_000), *([1] * 50), 200, 10]
    assert len(list(windows(counts, lambda one: one, 200))) < 75
    assert list(windows([1] * 40 + [190], lambda one: one, 200)) == [Window(0, 40), Window(30, 41)]
    assert list(windows([], len, 10)) == [Window(0, 0)]


@pytest.mark.parametrize(
    ("sentences", "number"),
    [
        ((), 1),
        (("Dear Bob,", "The train leaves at nine."), 1),
        (("The train leaves at nine. " * 23,) * 7, 6),
        (("列車" * 500,), 7),
    ],
)
def test_the_number_of_windows_is_guessed(sentences: tuple[str, ...], number: int) -> None:
    """The letters of other scripts are tokens of their own."""
    assert likely_windows(Written("Hello", sentences)) == number
