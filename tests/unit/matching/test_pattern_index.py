"""Index of patterns: it spares patterns that can't match, and never one that can."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
import re2
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.payment_change.settings import PaymentChangeSettings
from gateway.matching import Lexicon, Match, Patterns, WordLines, word_lines
from gateway.matching.pattern_index import options

ROOT = Path(__file__).resolve().parents[3]


@cache
def shipped() -> tuple[tuple[Patterns, ...], tuple[str, ...]]:
    """Return the patterns of the shipped rules about payments, and the words that stand in them."""
    shipped = yaml.load((ROOT / "config/payment_change.yaml").read_text("utf-8"), yaml.CSafeLoader)
    rules = PaymentChangeSettings.model_validate_json(json.dumps({"rules": shipped})).rules
    lexicon = Lexicon(rules.lists)
    wordings = [list(one.any) for one in rules.wordings().values()]
    entries = [
        *(pattern for one in wordings for pattern in one),
        *(e for listed in rules.lists.values() for e in listed),
    ]
    words = {word for entry in entries for word in re.findall(r"[a-z']{2,}", entry)}
    return tuple(lexicon.compile(one) for one in wordings), tuple(sorted(words))


def found(patterns: tuple[Patterns, ...], lines: WordLines) -> list[list[Match]]:
    return [list(one.find(lines)) for one in patterns]


def everywhere(lines: WordLines) -> WordLines:
    """Return the same text, for which every pattern is run."""
    copy = type(lines)(lines.text, lines._starts, lines._origins)
    copy.possible.update(dict.fromkeys(lines.possible, range(100_000)))
    return copy


@settings(deadline=None)  # the first example compiles the patterns
@given(st.data())
def test_it_changes_nothing(data: st.DataObject) -> None:
    """Sentences of the rules' own words are found with the index and without."""
    patterns, words = shipped()
    sentence = st.lists(st.sampled_from(words), min_size=1, max_size=25).map(" ".join)
    lines = word_lines(". ".join(data.draw(st.lists(sentence, min_size=1, max_size=6))))
    assert found(patterns, lines) == found(patterns, everywhere(lines))


@settings(deadline=None)
@given(st.data())
def test_a_group_is_one_alternation(data: st.DataObject) -> None:
    """Machines apart find the places that one machine of their group finds, in ASCII and in other texts."""
    patterns, words = shipped()
    word = st.sampled_from([*words, "größe", "счёт", "💶"])
    sentence = st.lists(word, min_size=1, max_size=25).map(" ".join)
    lines = word_lines(". ".join(data.draw(st.lists(sentence, min_size=1, max_size=6))))
    one = patterns[data.draw(st.integers(0, len(patterns) - 1))]
    expected = []
    for group in one._groups:
        alternation = "|".join(one._index.machine(number).pattern for number in group)
        expected += [Match(*match.span()) for match in re2.finditer(alternation, lines.text, options())]
    assert list(one.find(lines)) == expected


def test_what_cannot_match_is_not_run() -> None:
    patterns, _ = shipped()
    lines = word_lines("see you on monday.")
    assert found(patterns, lines) == [[]] * len(patterns)
    ((_, possible),) = lines.possible.items()
    assert isinstance(possible, frozenset)
    assert len(possible) < 60


@pytest.mark.parametrize("text", ["New account", "\u13a0ccount"])
def test_capitals_that_folding_left_spare_nothing(text: str) -> None:
    """RE2 looks for words in small letters: a text with others is searched with every pattern."""
    lines = WordLines(f"\n {text} ", [2], [(0, len(text))])
    patterns = Lexicon({}).compile(["new house"])
    assert list(patterns.find(lines)) == []
    assert list(lines.possible.values()) == [range(1)]


def test_a_failed_search_spares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 runs out of memory: its wrapper then says that nothing is there."""
    monkeypatch.setattr(re2.Filter, "Match", lambda *_, **__: None)
    patterns = Lexicon({}).compile(["new house"])
    assert list(patterns.find(word_lines("a new house")))


def test_patterns_that_are_added_later_count() -> None:
    lexicon = Lexicon({})
    first = lexicon.compile(["old house"])
    assert list(first.find(word_lines("an old house")))
    second = lexicon.compile(["new house"])
    assert list(second.find(word_lines("a new house")))
    assert list(first.find(word_lines("an old house")))


def test_more_patterns_than_one_index_takes_are_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 bounds the words of an index: the patterns are shared out among several, and a failed one spares nothing."""
    words = [f"word{chr(97 + number)}" for number in range(20)]

    class Small(re2.Filter):
        def Compile(self) -> None:
            if len(self._patterns) > 5:
                raise re2.error("failed to compile Filter")
            super().Compile()

    monkeypatch.setattr(re2, "Filter", Small)
    lexicon = Lexicon({})
    patterns = [lexicon.compile([word]) for word in words]
    lines = word_lines(" ".join(words[::3]))
    assert [bool(list(one.find(lines))) for one in patterns] == [number % 3 == 0 for number in range(20)]
    assert lexicon.possible(lines) == frozenset(patterns[::3])
