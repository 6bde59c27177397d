"""Settings of `broadcast`: numbers in order, addresses of lists, a hint of one line, kinds and cues that exist."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from filters.broadcast.settings import BroadcastSettings, Rules

CUES: dict[str, Any] = {"told": {"says": "It is told", "weight": 1, "kind": "joke", "any": ["joke"]}}


def settings(**values: Any) -> BroadcastSettings:
    return BroadcastSettings(rules=Rules(cues=CUES), **values)


@pytest.mark.parametrize(
    "values",
    [
        {"people": 3, "few_people": 3},
        {"people": 2, "few_people": 2},
        {"allowed_lists": ()},
        {"message_board": ""},
        {"message_board": "the board in the canteen"},
    ],
)
def test_taken(values: dict[str, Any]) -> None:
    settings(**values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"people": 3, "few_people": 4}, "people is less than few_people"),
        ({"few_people": 1}, "greater than or equal to 2"),
        ({"allowed_lists": ("social",)}, "the address of a list is expected"),
        ({"allowed_lists": ("so cial@example.co.uk",)}, "the address of a list is expected"),
        ({"message_board": "one\ntwo"}, "one line"),
        ({"message_board": "x" * 201}, "at most 200"),
        ({"announcers": ("",)}, "at least 1"),
        ({"report_people": 2}, "greater than or equal to 3"),
    ],
)
def test_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        settings(**values)


def test_keys_of_lists_with_leave() -> None:
    assert settings(allowed_lists=("Social@Example.co.uk",)).allowed == {"social@example.co.uk"}


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"cues": CUES, "asks": ["other"]}, "there is no cue 'other'"),
        ({"cues": {"told": CUES["told"] | {"kind": "jest"}}}, "there is no kind 'jest'"),
        ({"cues": {"told": CUES["told"] | {"unless": ["said"]}}}, "there is no context 'said'"),
    ],
)
def test_mistakes_in_the_rules(rules: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Rules(**rules)
