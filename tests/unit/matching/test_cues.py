"""Cues: where they are found, and where a context makes them void."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.matching.cues import MAX_QUOTE, CueRules, Cues, FoundCue, shortened
from gateway.matching.lexicon import Match, Patterns
from gateway.message.folding.word_lines import WordLines
from gateway.message.mime.parse import parse
from gateway.message.model import Message

RULES: dict[str, Any] = {
    "contexts": {"report": {"any": ["he called me"]}, "football": {"any": ["match"]}},
    "cues": {
        "idiot": {"says": "An insult", "weight": 12, "any": ["idiot"], "unless": ["report"], "kind": "abuse"},
        "apology": {"says": "An apology", "weight": -5, "any": ["sorry"]},
    },
}


def message(text: str, subject: str = "Hello") -> Message:
    return parse(f"From: a@example.com\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode())


def found(text: str, *kinds: Any, subject: str = "Hello", rules: dict[str, Any] = RULES) -> list[FoundCue]:
    return Cues(CueRules.model_validate(rules)).found(message(text, subject).view.passages, kinds)


def names(text: str, *kinds: Any, **more: Any) -> list[str]:
    return [one.name for one in found(text, *kinds, **more)]


def test_cues_in_the_order_of_the_rules() -> None:
    """Each once, however often it is there."""
    assert names("Sorry, you idiot. You IDIOT.") == ["idiot", "apology"]
    assert names("The train leaves at nine.") == []


def test_a_context_makes_a_cue_void_in_its_sentence() -> None:
    """Not in another one; and not a context that the cue doesn't name."""
    assert names("He called me an idiot.") == []
    assert names("He called me names. You are an idiot.") == ["idiot"]
    assert names("He called me an idiot. You are an idiot.") == ["idiot"]
    assert names("Great match, idiot.") == ["idiot"]


def test_a_context_counts_for_nothing_beside_its_own_exceptions() -> None:
    """In the same sentence, or so many behind it."""
    rules = {**RULES, "contexts": {**RULES["contexts"], "report": {"any": ["he called me"], "but": ["and so are you"]}}}
    assert names("He called me an idiot, and so are you.", rules=rules) == ["idiot"]
    assert names("He called me an idiot. And so are you.", rules=rules) == []
    rules["contexts"]["report"]["but_behind"] = 1
    assert names("He called me an idiot. And so are you.", rules=rules) == ["idiot"]
    assert names("He called me an idiot. Well. And so are you.", rules=rules) == []
    assert names("And so are you. He called me an idiot.", rules=rules) == []


def test_an_exception_is_looked_for_no_further_than_the_text_goes() -> None:
    """Where fewer sentences follow than are asked for, those at the beginning don't count."""
    report = {"any": ["he called me"], "but": ["and so are you"], "but_behind": 3, "behind": 3}
    rules = {**RULES, "contexts": {**RULES["contexts"], "report": report}}
    assert names("And so are you. He called me an idiot. Well.", rules=rules) == []
    assert names("He called me an idiot. And so are you.", rules=rules) == ["idiot"]


def test_a_context_may_reach_the_sentences_behind_it() -> None:
    """So many, and with `ahead` so many before it; the subject is a passage of its own."""
    rules = {**RULES, "contexts": {**RULES["contexts"], "report": {"any": ["he wrote $"], "behind": 2}}}
    assert names("He wrote.\n\nYou idiot. Stay away.", rules=rules) == []
    assert names("He wrote.\n\nStay away, Bob. You idiot.", rules=rules) == []
    assert names("He wrote.\n\nStay away. Go home. You idiot.", rules=rules) == ["idiot"]
    assert names("You idiot. He wrote.", rules=rules) == ["idiot"]
    assert names("You idiot.", subject="He wrote", rules=rules) == ["idiot"]
    rules["contexts"]["report"]["ahead"] = 1
    assert names("You idiot. He wrote.", rules=rules) == []
    assert names("You idiot. Go home. He wrote.", rules=rules) == ["idiot"]


def test_a_cue_may_need_one_of_its_contexts() -> None:
    """In its sentence, or as near as the context reaches; one that makes it void is stronger."""
    demand = {"any": ["pay"], "behind": 1, "but": ["please"]}
    rules = {**RULES, "contexts": {**RULES["contexts"], "demand": demand}, "cues": {**RULES["cues"]}}
    rules["cues"]["idiot"] = {**RULES["cues"]["idiot"], "beside": ["football", "demand"]}
    assert names("You idiot.", rules=rules) == []
    assert names("Pay, you idiot.", rules=rules) == ["idiot"]
    assert names("Pay. You idiot.", rules=rules) == ["idiot"]
    assert names("Pay. Go home. You idiot.", rules=rules) == []
    assert names("Pay, please, you idiot.", rules=rules) == []
    assert names("What a match, idiot.", rules=rules) == ["idiot"]
    assert names("He called me an idiot: pay.", rules=rules) == []


def test_a_signature_speaks_against_nothing() -> None:
    """It may speak for a finding."""
    assert names("Hello.\n\n-- \nYou idiot, sorry.") == ["idiot"]
    assert names("Sorry.\n\n-- \nYou idiot.") == ["idiot", "apology"]


def test_passages_of_the_kinds_that_are_named() -> None:
    """All kinds, where none is named."""
    assert names("Fine.", "new", subject="Idiot") == []
    assert names("Fine.", "subject", subject="Idiot") == ["idiot"]
    assert names("Fine.", subject="Idiot") == ["idiot"]


def test_a_place_quotes_its_sentence() -> None:
    """As the reader sees it, and as it was searched."""
    (cue,) = found("Dear Bob.\r\nYou  are an IDIOT,\r\nBob. Yes. " + "An idiot. " * 9)
    assert len(cue.places) == 10
    assert " ".join(cue.places[0].folded.split()) == "you are an idiot, bob"
    assert "IDIOT" in cue.places[0].quote
    assert "Dear" not in cue.places[0].quote
    assert cue.places[0].passage.kind == "new"


def test_a_long_quote_is_cut() -> None:
    assert shortened("short") == "short"
    assert len(shortened("x" * 1000)) == MAX_QUOTE
    (cue,) = found("and " * 200 + "idiot")
    assert len(cue.places[0].quote) <= MAX_QUOTE


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"cues": {"a": {"says": "A", "weight": 1, "any": ["b"], "unless": ["nowhere"]}}}, ("cues", "a", "unless", 0)),
        ({"cues": {"a": {"says": "A", "weight": 1, "any": ["b"], "beside": ["nowhere"]}}}, ("cues", "a", "beside", 0)),
        ({"cues": {"a": {"says": "A", "weight": 1, "any": ["<nolist>"]}}}, ("cues", "a", "any", 0)),
        ({"contexts": {"c": {"any": ["<nolist>"]}}}, ("contexts", "c", "any", 0)),
        ({"contexts": {"c": {"any": ["a"], "but": ["<nolist>"]}}}, ("contexts", "c", "but", 0)),
        ({"threshold": 0}, ("threshold",)),
        ({"cues": {"a": {"says": "A", "weight": 1000, "any": ["b"]}}}, ("cues", "a", "weight")),
    ],
)
def test_mistakes_have_their_place(change: dict[str, Any], place: tuple[object, ...]) -> None:
    rules = {**RULES, "cues": {"a": {"says": "A", "weight": 1, "any": ["b"]}}, **change}
    with pytest.raises(ValidationError) as raised:
        CueRules.model_validate(rules)
    assert [error["loc"] for error in raised.value.errors()] == [place]


def test_a_context_is_looked_for_once_in_a_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a text full of places and contexts would cost their product."""
    searched: list[Patterns] = []
    find = Patterns.find

    def counted(self: Patterns, lines: WordLines) -> Iterator[Match]:
        searched.append(self)
        return find(self, lines)

    monkeypatch.setattr(Patterns, "find", counted)
    assert names("He called me an idiot. " * 40) == []
    assert len(searched) < 10
