"""Texts as numbers and secrets are looked for in them."""

from __future__ import annotations

import re

import pytest

from filters.confidential.plain_text import plainly, says, small, stems_of
from tests.unit.filters.confidential.conftest import passage


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *((f"5555{one}4444", "5555 4444") for one in "\u00a0\u2800\u2007\u2009\u202f\u3000"),
        *((f"5555{one}4444", "5555-4444") for one in "\u2010\u2011\u2013\u2014\u2212\ufe63"),
        *((f"5555{one}4444", "55554444") for one in "\u00ad\u200b\u200d\u2060\ufeff\ufe0f"),
        ("5\ufe0f\u20e35\ufe0f\u20e3 \u2463 password\ufe55", "55 4 password:"),
        ("\uff15\uff15 \U0001d7d3 \u0665 \uff30\uff37", "55 5 5 PW"),
        ("p\u0430ssword, kod do alarmu: has\u0142o", "password, kod do alarmu: has\u0142o"),
        ("T\u00fcrcode \u00a35 \u20ac9 m\u00b2 \u043f\u0430\u0440\u043e\u043b\u044c \u2026", ""),
    ],
)
def test_numbers_and_secrets_are_read_in_plain_characters(text: str, read: str) -> None:
    (one,) = plainly([passage(text)])
    assert one.text == (read or text)
    assert one.folded == passage(text).folded


@pytest.mark.parametrize("text", ["PA\u017f\u017fWORD", "PINCODE", "P\u0130NCODE", "p\u0131ncode", "Pa\u00dfword"])
def test_small_letters_are_those_that_a_pattern_finds_in_any_case(text: str) -> None:
    """A pattern with re.IGNORECASE finds nothing that the small letters don't have."""
    found = re.search("password|pincode", text, re.IGNORECASE)
    assert not found or says(small(text), "password", "pincode")


def test_stems_are_the_words_that_hold_no_other() -> None:
    assert stems_of(["Passwords", "password", "pwd", "admin pwd"]) == ("pwd", "password")
