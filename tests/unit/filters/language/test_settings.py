"""The settings of `language`, and mistakes in its rules."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from filters.language.settings import LanguageSettings, Rules

CUE = {"says": "x", "weight": 10, "any": ["moron"], "kind": "abuse"}
RULES = {"cues": {"insult": CUE}, "stop": ["stop"], "stop_unless": ["newsletter"], "adopted": ["you"]}


def test_a_kind_is_one_of_the_codes() -> None:
    """Any other is a mistake that names them."""
    assert Rules.model_validate({**RULES, "cues": {"insult": {**CUE, "kind": "threat"}}})
    with pytest.raises(ValidationError, match="there is no kind 'rudeness': abuse, obscenity"):
        Rules.model_validate({**RULES, "cues": {"insult": {**CUE, "kind": "rudeness"}}})


def test_a_cue_for_a_finding_has_a_kind() -> None:
    """A finding without a kind is a suspicion of the language model alone; a cue against one needs no kind."""
    assert Rules.model_validate({**RULES, "cues": {"report": {**CUE, "weight": -5, "kind": ""}}})
    with pytest.raises(ValidationError, match="a cue above 0 needs a kind: abuse, obscenity"):
        Rules.model_validate({**RULES, "cues": {"insult": {**CUE, "kind": ""}}})


@pytest.mark.parametrize("key", ["stop", "stop_unless", "adopted"])
def test_patterns_of_requests_are_checked(key: str) -> None:
    with pytest.raises(ValidationError, match="a \\) is missing"):
        Rules.model_validate({**RULES, key: ["stop (it"]})


@pytest.mark.parametrize("word", ["f**k", "ab", "Fuck"])
def test_masked_words_are_given_plain(word: str) -> None:
    with pytest.raises(ValidationError, match="masked"):
        Rules.model_validate({**RULES, "masked": [word]})


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [("harassment_days", 1, 365), ("harassment_messages", 2, None), ("report_people", 3, None)],
)
def test_limits(key: str, least: int, most: int | None) -> None:
    """A single message after a request is never a finding, and no count is about one or two people."""
    settings = {"rules": Rules.model_validate(RULES)}
    for value in (least, *([most] if most else ())):
        assert getattr(LanguageSettings.model_validate({**settings, key: value}), key) == value
    for value in (least - 1, *([most + 1] if most else ())):
        with pytest.raises(ValidationError, match=key):
            LanguageSettings.model_validate({**settings, key: value})
