"""The sum of cues and model: when the model is asked, and what a reviewer reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.contract import Evidence
from gateway.matching.cues import CueRules
from gateway.matching.language_model import NOTHING_FOUND, FoundWords, Reading
from gateway.matching.text_rule import (
    MAX_CHARACTERS,
    MAX_INLINE_CHARACTERS,
    MOST_ALONE,
    TextRule,
    Weighed,
    left_out,
    within_limit,
)
from gateway.message.folding.folding import fold
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.passage import CUT_CHARACTERS, Passage

RULES: dict[str, Any] = {
    "cues": {
        "idiot": {"says": "An insult", "weight": 7, "any": ["idiot"], "kind": "abuse"},
        "threat": {"says": "A threat", "weight": 9, "any": ["you will regret"], "kind": "threat"},
        "slur": {"says": "A slur", "weight": 10, "any": ["scumbag"], "kind": "abuse"},
        "vow": {"says": "A vow", "weight": 10, "any": ["i will hurt you"], "kind": "threat", "stands": True},
        "apology": {"says": "An apology", "weight": -5, "any": ["sorry"], "kind": "abuse"},
        "settled": {"says": "Peace", "weight": -6, "any": ["settled"]},
    },
}


@dataclass
class ScriptedModel:
    """A language model that gives one reading."""

    reading: Reading | None = None
    asked: list[tuple[str, float]] = field(default_factory=list)
    found: FoundWords = NOTHING_FOUND

    async def read(
        self, rule: str, _message: Message, needed: float, found: FoundWords = NOTHING_FOUND
    ) -> Reading | None:
        self.asked.append((rule, needed))
        self.found = found
        return self.reading


async def weigh(text: str, model: ScriptedModel | None = None, **more: Any) -> Weighed:
    rule = TextRule("language", CueRules.model_validate(RULES), model or ScriptedModel())
    return await rule.weigh(parse(f"Subject: Hello\r\n\r\n{text}\r\n".encode()), **more)


@pytest.mark.parametrize(
    ("text", "total", "found"),
    [
        ("The train leaves at nine.", 0, False),
        ("You idiot.", 7, False),
        ("You idiot. You will regret it.", 16, True),
        ("You idiot. You will regret it. Sorry.", 11, True),
        ("Sorry.", -5, False),
    ],
)
async def test_words_decide_alone_without_a_model(text: str, total: float, found: bool) -> None:
    weighed = await weigh(text)
    assert (weighed.total, weighed.found, weighed.reading) == (total, found, None)


@pytest.mark.parametrize(("weight", "found"), [(3.0, True), (2.9, False), (-5.0, False)])
async def test_the_model_adds_its_weight(weight: float, found: bool) -> None:
    """It may tip the scales either way."""
    assert (await weigh("You idiot.", ScriptedModel(Reading(weight)))).found is found


@pytest.mark.parametrize(
    ("text", "weight", "total"),
    [
        ("You scumbag. We deliver the pallets on Tuesday.", -10.0, 10),
        ("You scumbag. We deliver the pallets on Tuesday.", 4.0, 14),
        ("You scumbag. Sorry.", -10.0, 5),
        ("You idiot. You will regret it.", -10.0, 6),
    ],
)
async def test_the_model_takes_nothing_from_a_cue_that_stands_by_itself(text: str, weight: float, total: float) -> None:
    """A threat in a long letter about pallets is one; words against it count, and two weaker cues don't stand alone."""
    assert (await weigh(text, ScriptedModel(Reading(weight)))).total == total


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("I will hurt you. It is settled.", 10),
        ("It is settled. Sorry. I will hurt you.", 10),
        ("I will hurt you, sorry.", 5),
        ("I will hurt you, sorry. I will hurt you.", 10),
        ("You idiot. I will hurt you. Sorry.", 12),
        ("You scumbag. It is settled.", 4),
    ],
)
async def test_a_cue_that_stands_is_calmed_in_its_own_sentence_alone(text: str, total: float) -> None:
    """Harmless sentences beside it take nothing away, and the evidence says so where they would."""
    weighed = await weigh(text)
    assert weighed.total == total
    said = next(weighed.reasons()).quote
    assert said.startswith("a cue stands by itself") is (total == 10)


async def test_the_model_may_calm_a_cue_that_stands() -> None:
    """Where it speaks against its sentence too."""
    for alone, found in ((None, True), (1.0, True), (-1.0, False)):
        reading = Reading(-9.0, alone=alone)
        assert (await weigh("I will hurt you. It is settled.", ScriptedModel(reading))).found is found


@pytest.mark.parametrize(("alone", "found"), [(None, True), (7.0, True), (-0.1, False)])
async def test_a_cue_is_calmed_only_if_its_own_sentence_is(alone: float | None, found: bool) -> None:
    """Its neighbours take nothing from it; where nobody read it alone, its cue stands."""
    weighed = await weigh("A scumbag is a bag for scum.", ScriptedModel(Reading(-9.0, alone=alone)))
    assert weighed.found is found


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("You idiot. You will regret it.", []),
        ("Dear Jo. You Scumbag,\ngo! The train leaves.", ["you scumbag, go"]),
        ("You scumbag. He is a scumbag.\n\nYou scumbag.", ["you scumbag", "he is a scumbag"]),
        (f"{'Yes, ' * 99}you scumbag{', yes' * 99}", [f"{'yes, ' * 23}you scumbag{', yes' * 24}"]),
        ("You scumbag! " * MOST_ALONE, ["you scumbag"]),
        ("You scumbag! " * (MOST_ALONE + 1), []),
    ],
)
async def test_sentences_that_the_model_reads_alone(text: str, alone: list[str]) -> None:
    """Those with a cue that weighs the threshold by itself, once each: of a long one what is near it, of many none."""
    await weigh(text, model := ScriptedModel())
    assert list(model.found.sentences) == alone


async def test_a_sentence_that_is_not_the_senders_own_is_not_read_alone() -> None:
    passage = Passage("quoted", "1", "You scumbag.", fold("You scumbag."))
    await weigh("An insult.", model := ScriptedModel(), passages=[passage])
    assert (model.asked, model.found.sentences) == ([("language", 0)], [])


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The train to York leaves at nine.", [("language", 10)]),
        ("Please see the list below.", []),
        ("Sorry, the train leaves at nine.", [("language", 15)]),
        ("Sorry. We settled it.", []),
        ("You idiot.", [("language", 3)]),
        ("You idiot. You will regret it.", [("language", -6)]),
        ("You scumbag. Sorry.", [("language", 5)]),
    ],
)
async def test_the_model_is_asked_where_it_can_decide(text: str, asked: list[tuple[str, float]]) -> None:
    """No more is needed than it can weigh; it hears how much that is. A few words without a cue aren't worth it."""
    model = ScriptedModel()
    await weigh(text, model)
    assert model.asked == asked


async def test_the_model_is_not_asked_where_the_filter_says_so() -> None:
    model = ScriptedModel()
    assert (await weigh("You idiot.", model, ask=False)).total == 7
    assert model.asked == []


async def test_the_heaviest_sum_of_cues_near_each_other() -> None:
    """Those of other kinds don't count; those below 0 count where they are near, and in the subject everywhere."""
    far = "The train leaves at nine. " * 40
    assert (await weigh("You idiot. You scumbag.")).near({"abuse"}, 100) == 17
    assert (await weigh(f"You idiot. {far} You scumbag. We settled it.")).near({"abuse"}, 100) == 7
    assert (await weigh(f"You idiot. {far} You scumbag. We settled it.")).near({"abuse"}, 2_000) == 11
    assert (await weigh("You idiot. You will regret it.")).near({"abuse"}, 100) == 7
    assert (await weigh("We settled it.")).near({"abuse"}, 100) == 0
    rule = TextRule("language", CueRules.model_validate(RULES), ScriptedModel())
    about = parse(f"Subject: Settled\r\n\r\n{far}\r\nYou scumbag.\r\n".encode())
    assert (await rule.weigh(about)).near({"abuse"}, 100) == 4


async def test_kinds_the_heaviest_first() -> None:
    """A cue against a finding speaks for no kind."""
    assert (await weigh("You idiot. You will regret it. Sorry.")).kinds == ["threat", "abuse"]
    assert (await weigh("Sorry.")).kinds == []


def passage(text: str) -> Passage:
    return Passage("new", "1", text, fold(text))


async def test_a_long_text_is_searched_at_both_ends() -> None:
    """Padding before or behind an insult doesn't hide it; only the middle of a text beyond the limit isn't read."""
    padding = "The train leaves. " * (MAX_CHARACTERS // 18 + 1)
    for text, total in (
        ("You idiot. " + padding[:MAX_INLINE_CHARACTERS], 7),
        ("You idiot. " + padding, 7),
        (padding + "You idiot.", 7),
        (padding + "You idiot. " + padding, 0),
    ):
        assert (await weigh(text)).total == total


@pytest.mark.parametrize(("more", "exceeds"), [(-1, False), (0, False), (1, True)])
def test_the_limit_is_for_all_passages_together(more: int, exceeds: bool) -> None:
    passages = [passage("short"), passage("x" * (MAX_CHARACTERS - len("short") + more))]
    assert bool(left_out(passages)) is exceeds
    assert (within_limit(passages) == passages) is not exceeds


def test_of_a_passage_in_which_the_limit_lies_both_ends_are_kept() -> None:
    """Those behind it are left out: many parts cost no more than one."""
    text = "".join(chr(ord("a") + at // 5_000) for at in range(2 * MAX_CHARACTERS))
    passages = [passage("short"), passage(text), passage("never read")]
    kept = within_limit(passages)
    assert [one.text[:5] for one in kept] == ["short", "aaaaa"]
    assert kept[1].text.endswith("lll")
    assert MAX_CHARACTERS - CUT_CHARACTERS <= sum(len(one.text) for one in kept) <= MAX_CHARACTERS
    (said,) = left_out(passages)
    assert (
        said.quote
        == "60,015 characters, of which 30,000 are read at most: not all of this part, and nothing of 1 behind it"
    )
    assert (said.what, said.part) == ("text", passages[1].part)


def test_all_filters_share_the_passage_that_is_cut() -> None:
    """Each would fold it anew, and read its words anew."""
    passages = [passage("short"), passage("You " * MAX_CHARACTERS)]
    first, again = within_limit(passages), within_limit(passages, lambda text: text.replace("I", "J"))
    assert first[1] is again[1]
    assert within_limit(passages, str.upper)[1].folded.text.startswith("you")
    assert within_limit(passages[1:])[0] is first[1]  # a subject more or less makes no difference
    assert within_limit([passage("x" * CUT_CHARACTERS), passages[1]])[1] is not first[1]


def test_folded_text_has_the_limit_too() -> None:
    """One sign may stand for several words; signs that nobody sees are none in the folded text."""
    signs = passage("\ufdfa " * 50_000)
    hidden = passage("a\u200b" * MAX_CHARACTERS)
    for one in (signs, hidden):
        (kept,) = within_limit([one])
        assert max(len(kept.text), len(kept.folded.text)) == pytest.approx(MAX_CHARACTERS, abs=CUT_CHARACTERS + 50)


async def test_the_model_is_told_what_was_said_for_a_finding() -> None:
    """The words as it reads them, wherever they stand in its text; not those against a finding."""
    model = ScriptedModel()
    await weigh("You  Idiot. Thank you.\r\nYou will\r\nregret it.\r\n-- \r\nidiot", model)
    assert model.found.words == ["idiot", "you will regret"]


async def test_reasons() -> None:
    """The sum, the cues with the heaviest first, the model and its sentences; each makes the contract's evidence."""
    reading = Reading(4.0, (("You idiot.", 3.5), ("x" * 500, 1.0)))
    found = list((await weigh("You idiot. You will regret it. Idiot!", ScriptedModel(reading))).reasons())
    assert [(one.what, one.weight) for one in found] == [
        ("sum", 20.0),
        ("threat", 9),
        ("idiot", 7),
        ("idiot", None),
        ("language model", 4.0),
        ("language model", None),
        ("language model", None),
    ]
    assert found[0].quote == "found from 10 on"
    assert found[2].quote == "An insult: You idiot"
    assert [one.quote for one in found[4:6]] == ["the text as a whole speaks for it", "above all: You idiot."]
    assert len(found[6].quote) < 250
    assert Evidence(*found[4]).weight == 4.0


async def test_a_model_that_speaks_against_a_finding_says_so() -> None:
    *_, last = (await weigh("You idiot. You will regret it.", ScriptedModel(Reading(-2.0)))).reasons()
    assert (last.quote, last.weight) == ("the text as a whole speaks against it", -2.0)


async def test_a_cue_that_stands_by_itself_is_shown_beside_a_model_that_speaks_against_it() -> None:
    """Its weight doesn't count, and isn't shown."""
    *_, last = (await weigh("You scumbag.", ScriptedModel(Reading(-9.0)))).reasons()
    assert (last.quote, last.weight) == ("the text as a whole speaks against it; a cue stands by itself", None)


async def test_a_finding_of_the_model_alone_says_so() -> None:
    """Somebody who reads it must not look for the word."""
    found = list((await weigh("It was an insult, she said. Sorry.", ScriptedModel(Reading(16.0)))).reasons())
    assert [(one.what, one.quote, one.weight) for one in found] == [
        ("sum", "found from 10 on", 11.0),
        ("apology", "An apology: Sorry", -5),
        ("words", "no word of the rules was found that speaks for it", None),
        ("language model", "the text as a whole speaks for it", 16.0),
    ]
