"""The phrases and words of replies, as the file beside the module has them."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from gateway.act.release.reply_lists import GREETINGS, LISTS, PHRASES, REFUSALS, Meaning, plain

LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pl"}


def test_every_meaning_has_phrases_of_every_language() -> None:
    assert tuple(LISTS.phrases) == get_args(Meaning)
    assert all(by_language.keys() - {"all"} == LANGUAGES for by_language in LISTS.phrases.values())


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ich bestätige das", "yes"),
        ("wysłać", "yes"),
        ("I approve this mail", "yes"),
        ("d\u2019accord", "agrees"),
        ("no lo envíe", "no"),
        ("Sent from my iPhone", "courtesy"),
        ("Von meinem Android Gerät mit K 9 Mail gesendet", "courtesy"),
    ],
)
def test_phrases_are_found_in_any_case_without_accents(text: str, meaning: Meaning) -> None:
    """Those that name parts, too."""
    assert meaning in {of for phrase, of in PHRASES if phrase.fullmatch(plain(text))}


def test_a_word_of_a_device_can_be_read_in_one_way() -> None:
    """Otherwise the time that a line takes grows as 2 to the power of its words."""
    device, part = ("|".join(LISTS.parts[name]).split("|") for name in ("device", "part"))
    alternatives = [*device, *part[1:]]
    words = [*filter(str.isalnum, alternatives), "o2", "5g", "s24"]
    assert {word: sum(bool(re.fullmatch(one, word)) for one in alternatives) for word in words} == dict.fromkeys(
        words, 1
    )


def test_words_are_in_small_letters_without_accents() -> None:
    words = GREETINGS | REFUSALS
    assert words == set(map(plain, words))
    assert {"chere", "czesc", "don't"} <= words
