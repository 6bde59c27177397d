"""Facts beside the words of a text rule: they add to the sum, and some of them open the language model."""

from __future__ import annotations

import pytest

from gateway.matching import CueRules, Fact, Reading, TextRule
from gateway.message import Message
from gateway.message.mime.parse import parse

CUES = {
    "word": {"says": "a word", "weight": 6, "any": ["hello"]},
    "amount": {"says": "an amount", "weight": 4, "any": ["* pounds"], "supports": True},
    "against": {"says": "a word against it", "weight": -2, "any": ["goodbye"]},
}
RULES = CueRules.model_validate({"cues": CUES})


class Asked:
    """A language model that notes what it was asked, and gives one reading."""

    def __init__(self, reading: Reading | None = None) -> None:
        self.needed: list[float] = []
        self.reading = reading

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading | None:
        self.needed.append(needed)
        return self.reading


def message(text: str) -> Message:
    return parse(f"Subject: x\r\n\r\n{text}\r\n".encode())


@pytest.mark.parametrize(("weight", "found"), [(3, False), (4, True), (5, True)])
async def test_facts_add_to_the_words(weight: float, found: bool) -> None:
    rule = TextRule("test", RULES, Asked())
    weighed = await rule.weigh(message("hello"), facts=[Fact("fact", "A fact", weight)])
    assert weighed.found is found
    assert [one.what for one in weighed.reasons()] == ["sum", "fact", "word"]


async def test_less_is_needed_beside_a_fact() -> None:
    model = Asked()
    rule = TextRule("test", RULES, model)
    await rule.weigh(message("hello"))
    await rule.weigh(message("hello"), facts=[Fact("fact", "A fact", 1)])
    assert model.needed == [4, 3]


@pytest.mark.parametrize(
    ("text", "fact", "model", "total", "suspected"),
    [
        ("sixty pounds", 0, None, 0, True),
        ("sixty pounds", 0, 9, 9, True),
        ("sixty pounds", 0, 10, 10, True),
        ("goodbye, sixty pounds", 0, 10, 8, True),
        ("hello, sixty pounds", 0, None, 10, False),
        ("hello. Goodbye, sixty pounds", 0, 3, 11, False),
        ("sixty pounds", 6, None, 10, False),
    ],
)
async def test_a_cue_that_supports_counts_beside_another_reason_alone(
    text: str, fact: float, model: float | None, total: float, suspected: bool
) -> None:
    """An amount beside the language model's weight makes no finding of the words."""
    asked = Asked(None if model is None else Reading(model))
    long = message(f"{text} and other words without any weight")
    weighed = await TextRule("test", RULES, asked).weigh(long, facts=[Fact("fact", "A fact", fact)])
    assert (weighed.total, weighed.only_by_model) == (total, suspected)
    assert ("amount" in {one.name for one in weighed.cues}) is not suspected
