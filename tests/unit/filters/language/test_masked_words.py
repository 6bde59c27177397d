"""Masked letters: which words they hide, and what is no word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language.masked_words import MaskedWords

WORDS = MaskedWords(["fucking", "fuck", "cunt", "bastard", "shit", "cow", "idiot", "bitch"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("you f**king b@stard", "you fucking bastard"),
        ("F***ING hell", "fucking hell"),
        ("a c**t, a c*nt and a C#NT", "a cunt, a cunt and a cunt"),
        ("sh1t! b!tch $hit", "shit! bitch shit"),
        ("fat c0w", "fat cow"),
        ("1d10t", "idiot"),
    ],
)
def test_a_masked_word_is_written_out(text: str, written: str) -> None:
    """It keeps its length, so that places stay where they are."""
    assert WORDS.written_out(text) == written
    assert len(written) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "see note 1* and c** below",
        "5*4=20",
        "**bold** *** stars",
        "b*@example.co.uk and shit@b1tch.example",
        "https://x.example/b1tch",
        "the cunning plan, a shiitake, plain fuck",
        "room f**t",
        "2026 007 A4 B12",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert WORDS.written_out(text) == text


@given(st.text(alphabet="ab*@#$!01fuckint \n", max_size=300))
def test_no_text_changes_its_length(text: str) -> None:
    assert len(WORDS.written_out(text)) == len(text)


def test_a_word_that_begins_with_a_mark_is_found() -> None:
    assert MaskedWords(["arse", "idiot"]).written_out("@rse, 1diot, *rse") == "arse, idiot, *rse"
