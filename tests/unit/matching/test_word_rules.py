"""Files of words and patterns: each mistake is told at its own place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from gateway.matching.word_rules import Phrases, Place, WordRules, mistake


class Rules(WordRules):
    says: dict[str, Phrases]

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield from ((("says", name), patterns) for name, patterns in self.says.items())

    def mistakes(self) -> Iterator[InitErrorDetails]:
        if "odd" in self.says:
            yield mistake("it is odd", ("says", "odd"), "odd")


def wrong(**given: object) -> list[tuple[Place, str]]:
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate(given)
    return [(one["loc"], one["msg"]) for one in caught.value.errors()]


def test_a_pattern_names_a_list_of_all_its_languages() -> None:
    """And the lexicon is given them together."""
    rules = Rules.model_validate({"words": {"bank": {"en": ["bank"], "fr": ["banque"]}}, "says": {"x": ["new <bank>"]}})
    assert rules.lists == {"bank": ["bank", "banque"]}


def test_each_mistake_has_its_place() -> None:
    """Mistakes in a list, in a pattern, and those that the rules find themselves are told at once."""
    found = wrong(words={"bank": {"en": ["bank", "(bank"]}}, says={"x": ["a", "<no-list>"], "odd": ["b"]})
    assert [at for at, _ in found] == [("says", "odd"), ("words", "bank", "en", 1), ("says", "x", 1)]


def test_what_names_a_bad_list_is_not_blamed() -> None:
    """The list's own entry is told alone."""
    assert [at for at, _ in wrong(words={"bank": {"en": ["(bank"]}}, says={"x": ["<bank>"]})] == [
        ("words", "bank", "en", 0)
    ]
