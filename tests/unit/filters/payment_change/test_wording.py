"""Wordings and what takes their force, by small rules of the test's own; what a long passage costs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from filters.payment_change.decision import weigh
from filters.payment_change.effort import Effort
from filters.payment_change.ledger_signals import LedgerSignals
from filters.payment_change.settings import Rules, Thresholds
from filters.payment_change.signals import MAX_QUOTE, MAX_SHOWN, Signal
from filters.payment_change.wording import WHOLE_LINES, Wordings
from gateway.contract import Evidence
from gateway.message.folding.folding import fold
from gateway.message.passage import Passage, PassageKind

RULES: dict[str, Any] = {
    "words": {"bank": {"en": ["bank"], "de": ["bankhaus"]}},
    "topic": ["<bank>", "cheque"],
    "spelling": ["changed"],
    "contexts": {
        "negated": {"reach": "touching", "any": ["not [* | * *] changed"]},
        "conditional": {"reach": "before", "any": ["if"]},
        "warned": {"reach": "sentence", "any": ["fraud"]},
    },
    "signals": {
        "changed": {
            "says": "It has changed",
            "weight": 10,
            "unless": ["negated", "conditional", "warned"],
            "any": ["changed [our] <bank>", "<bank> ..3.. changed"],
        },
        "helped": {"says": "More of it", "weight": 2, "only_with": ["changed"], "any": ["cheque"]},
        "same": {"says": "The same", "weight": -10, "any": ["same <bank>"]},
    },
    "hints_beside": ["helped", "changed"],
    "hints": {
        "about_rent": {"says": "Rent is spoken of", "weight": 3, "any": ["rent"]},
        "about_prices": {"says": "Prices are spoken of", "weight": -2, "any": ["price*"]},
    },
}


def signals(text: str, kind: PassageKind = "new", more: str = "", **keys: Any) -> dict[str, float]:
    wordings = Wordings(Rules(**(RULES | keys)))
    passages = [Passage(kind, "1", text, fold(text)), Passage("new", "1", more, fold(more))]
    reads = [wordings.read(one, []) for one in passages if one.text]
    return {one.name: one.weight for one in wordings.signals(reads, frozenset({"new"}), Effort())}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We changed bank.", {"changed"}),
        ("Our Bankhaus has changed.", {"changed"}),
        ("We chnaged bank.", {"changed"}),
        ("We have not ever changed bank.", set()),
        ("We are not here. We changed bank.", {"changed"}),
        ("If we changed bank we would tell.", set()),
        ("We changed bank, if you want to know.", {"changed"}),
        ("We changed bank after a fraud.", set()),
        ("It was fraud. We changed bank.", {"changed"}),
        ("We changed bank. No cheque.", {"changed", "helped"}),
        ("No cheque.", set()),
        ("We changed bank. It is the same bank.", {"changed", "same"}),
        ('Somebody wrote to us today: "we have changed our bank again".', set()),
        ('We have changed our "own bank" again.', set()),
        ('"We have changed our bank again, dear friends."', {"changed"}),
        ("Something else.", set()),
    ],
)
def test_what_takes_a_wordings_force(text: str, names: set[str]) -> None:
    """Contexts by their reach, company that is missing, and quotation marks; but not those around all of it."""
    assert set(signals(text)) == names


def test_only_some_passages_calm() -> None:
    """A standing line can alarm and can't calm."""
    assert signals("same bank", "footer") == {}
    assert signals("changed bank", "footer") == {"changed": 10}
    assert signals("same bank", "footer", more="We changed bank.") == {"changed": 10}


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("We changed bank. It is for the rent.", "new", {"changed", "about_rent"}),
        ("We changed bank. " + "Nothing. " * 9 + "It is for the rent.", "new", {"changed"}),
        ("A bank. The rent.", "new", set()),
        ("A bank. A new price.", "new", {"about_prices"}),
        ("We changed bank. The rent. A price.", "footer", {"changed"}),
        ("We changed bank. The rent. A price.", "attachment", {"changed", "about_rent"}),
    ],
)
def test_hints_stand_beside_a_wording_in_what_was_written(text: str, kind: PassageKind, names: set[str]) -> None:
    """One for a change near it, one against it anywhere; neither in what stands below every letter."""
    assert set(signals(text, kind)) == names


def test_harmless_words_in_another_passage_calm_nothing() -> None:
    """Words beside a picture of a letter, or in another form of its text, calm nothing; in the same passage they do."""
    assert set(signals("We changed bank.", more="A price.")) == {"changed"}
    assert set(signals("We changed bank. A price.")) == {"changed", "about_prices"}
    assert set(signals("A bank.", more="A price.")) == {"about_prices"}


def test_a_wording_without_company_makes_no_passage_one_of_a_change() -> None:
    """`helped` needs `changed` near: without it, nothing there calms."""
    assert set(signals("We changed bank.", more="No cheque. A price.")) == {"changed"}


@pytest.mark.parametrize(
    ("words", "held"),
    [
        ([Signal("a", "", 4)], True),
        ([Signal("a", "", 2), Signal("h", "", 2, hint=True)], True),
        ([Signal("a", "", 2), Signal("h", "", 2, hint=True), Signal("b", "", -1)], False),
        ([Signal("a", "", 1), Signal("h", "", 4, hint=True)], False),
        ([Signal("h", "", 5, hint=True)], False),
        ([Signal("h", "", 4, hint=True), Signal("i", "", 3, hint=True)], True),
        ([Signal("h", "", 7, hint=True), Signal("b", "", -1)], False),
        ([Signal("number", "", 6, plain=False)], False),
        ([Signal("number", "", 7, plain=False)], True),
        ([Signal("number", "", 2, plain=False), Signal("a", "", 2)], True),
    ],
)
def test_hints_alone_need_more(words: list[Signal], held: bool) -> None:
    """Hints help wordings along; where there is little of them, the sum must be higher."""
    thresholds = Thresholds(wording=4, plain_wording=2, hints_alone=7)
    assert bool(weigh(words, [], LedgerSignals(), thresholds)) is held


@pytest.mark.parametrize(("plain", "held"), [(12, True), (11, False)])
def test_hints_talk_no_plain_wording_away(plain: int, held: bool) -> None:
    """However many harmless words stand around it; what speaks against it as wording still counts."""
    thresholds = Thresholds(wording=4, wording_alone=10, hints_alone=6)
    words = [Signal("a", "", plain), Signal("same", "", -2), Signal("h", "", -30, hint=True)]
    found = weigh(words, [], LedgerSignals(), thresholds)
    assert [(one.total, one.needed) for one in found] == ([(10, 10)] if held else [])


def test_signs_of_the_sender_help_no_hints() -> None:
    """Whoever writes: what a letter is about is no wording."""
    thresholds = Thresholds(wording=4, wording_with_identity=3, plain_wording=2, hints_alone=7)
    stranger = [Signal("first_contact", "", 10)]
    assert weigh([Signal("a", "", 3)], stranger, LedgerSignals(), thresholds)
    assert not weigh([Signal("h", "", 6, hint=True)], stranger, LedgerSignals(), thresholds)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"hints_beside": ["helpt"]}, "there is no signal 'helpt'"),
        ({"stated": ["changd"]}, "there is no signal 'changd'"),
        ({"warnings": ["fruad"]}, "there is no signal 'fruad'"),
        ({"hints": {"about": {"says": "", "weight": 1, "any": ["x"], "unless": ["no"]}}}, "there is no context 'no'"),
        ({"hints_beside": []}, "name the signals beside which hints"),
        (
            {"thresholds": {"wording": 4, "hints_alone": 3}},
            "wording is 4 and hints_alone 3: hints alone would hold sooner",
        ),
        ({"hints": {"same": {"says": "", "weight": 1, "any": ["x"]}}}, "a signal has this name"),
        ({"hints": {"about": {"says": "", "weight": 1, "any": ["<no>"]}}}, "there is no list <no>"),
    ],
)
def test_mistakes_in_hints(keys: dict[str, Any], said: str) -> None:
    """Each is told."""
    with pytest.raises(ValidationError, match=said):
        Rules(**(RULES | keys))


def test_a_wording_counts_once_and_shows_a_few_places() -> None:
    """Each with what the person saw, no longer than a line."""
    text = "We ch\u0430nged bank. " * 20 + "x" * 300
    wordings = Wordings(Rules(**RULES))
    (signal,) = wordings.signals(
        [wordings.read(Passage("new", "1", text, fold(text)), [])], frozenset({"new"}), Effort()
    )
    assert len(signal.evidence) == MAX_SHOWN
    assert all("ch\u0430nged" in one.quote and len(one.quote) <= MAX_QUOTE for one in signal.shown())
    assert [one.weight for one in signal.shown()] == [10, *[None] * (MAX_SHOWN - 1)]


@pytest.mark.parametrize("before", [0, WHOLE_LINES, 3 * WHOLE_LINES])
def test_a_long_passage_is_read_around_its_topic(before: int) -> None:
    """Wherever the words stand in it."""
    assert signals("Nothing here. " * before + "We changed bank. " + "Nothing here. " * before) == {"changed": 10}


def test_linear_time() -> None:
    """Sixteen times the text takes about sixteen times as long."""
    wordings = Wordings(Rules(**RULES))

    def seconds(times: int) -> float:
        text = "We have not changed bank if it is a bank. The cheque was changed. \n\n" * times
        passage = Passage("new", "1", text, fold(text))
        began = time.process_time()
        wordings.signals([wordings.read(passage, [])], frozenset({"new"}), Effort())
        return time.process_time() - began

    seconds(100)
    small, large = min(seconds(500) for _ in range(3)), min(seconds(8_000) for _ in range(2))
    assert large < 16 * 4 * max(small, 0.005)


def test_a_sum_is_said_once_with_its_threshold() -> None:
    """The sum as the weight, then what it had to reach; a different account that holds alone had nothing to reach."""
    thresholds = Thresholds(wording=4, account=4)
    (words,) = weigh([Signal("a", "It moved", 46.5)], [], LedgerSignals(), thresholds)
    assert next(words.evidence()) == Evidence("sum", "held from 4 on", weight=46.5)
    strange = (Signal("different_account", "Not an account that this sender has used", 9),)
    (alone,) = weigh([], [], LedgerSignals(strange, different=True, holds=True), thresholds)
    assert next(alone.evidence()) == Evidence("sum", "a different account holds alone", weight=9)
    (weighed,) = weigh([], [], LedgerSignals(strange, different=True), thresholds)
    assert next(weighed.evidence()) == Evidence("sum", "held from 4 on", weight=9)


def test_words_that_weigh_too_little_are_no_signals() -> None:
    """Where nothing could be held for the words, what speaks against them isn't searched."""
    wordings = Wordings(Rules(**RULES))
    text = "We changed bank."
    reads = [wordings.read(Passage("new", "1", text, fold(text)), [])]
    calming: frozenset[PassageKind] = frozenset({"new"})
    assert [one.name for one in wordings.signals(reads, calming, Effort(), least=10)] == ["changed"]
    assert wordings.signals(reads, calming, Effort(), least=10.5) == []


def test_words_against_a_change_are_searched_as_long_as_there_is_time() -> None:
    """A search without time finds the words for a change, and says that it is not complete."""
    wordings = Wordings(Rules(**RULES))
    text = "We changed bank."
    reads = [wordings.read(Passage("new", "1", text, fold(text)), [])]
    effort = Effort(seconds=0)
    assert [one.name for one in wordings.signals(reads, frozenset({"new"}), effort)] == ["changed"]
