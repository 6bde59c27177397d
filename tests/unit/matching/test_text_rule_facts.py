"""Facts beside the words of a text rule: they add to the sum, and some of them open the language model."""

from __future__ import annotations

import pytest

from gateway.matching import CueRules, Fact, Reading, TextRule
from gateway.message import Message
from gateway.message.mime.parse import parse

RULES = CueRules.model_validate({"cues": {"word": {"says": "a word", "weight": 6, "any": ["hello"]}}})


class Asked:
    """A language model that notes what it was asked."""

    def __init__(self) -> None:
        self.needed: list[float] = []

    async def read(self, rule: str, message: Message, needed: float, _alone: object = ()) -> Reading | None:
        self.needed.append(needed)
        return None


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
