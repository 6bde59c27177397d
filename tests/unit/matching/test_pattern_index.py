"""Index of patterns: it spares patterns and sentences that can't match, and never one that can."""

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
from gateway.matching.pattern_index import MAX_WORD_KEPT, SURE_CHARACTERS, PatternIndex, machine
from gateway.message.folding.word_lines import MANY, NEAR

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
    """Return the same text, for which every pattern is run on the whole."""
    copy = type(lines)(lines.text, lines._starts, lines._origins)
    for index in lines.possible:
        assert isinstance(index, PatternIndex)
        copy.possible[index] = {number: [(0, len(lines.octets))] for number in range(len(index._expressions))}
    return copy


@settings(deadline=None)  # the first example compiles the patterns
@given(st.data())
def test_it_changes_nothing(data: st.DataObject) -> None:
    """Sentences of the rules' own words, in ASCII and not, are found with the index and without."""
    patterns, words = shipped()
    word = st.sampled_from([*words, *words, "größe", "счёт", "💶"])
    sentence = st.lists(word, min_size=1, max_size=25).map(" ".join)
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
        expected += [Match(*match.span()) for match in re2.finditer(alternation, lines.text)]
    assert list(one.find(lines)) == expected


def test_what_cannot_match_is_not_run() -> None:
    patterns, _ = shipped()
    lines = word_lines("see you on monday.")
    assert found(patterns, lines) == [[]] * len(patterns)
    ((_, possible),) = lines.possible.items()
    assert len(possible) < 30


@pytest.mark.parametrize(
    ("pattern", "sentences"),
    [
        ("account", [1]),
        ("acc*", [0, 1]),
        ("*gabe", [2]),
        ("*cceptan*", [0]),
        ("a ..3.. account", [1]),
        ("we ..3.. account", []),
        ("(we | account)", [0, 1]),
        ("[we]", [0, 1, 2, 3]),
        ("supercalifragilisticexpialidocious*", [3]),
    ],
)
def test_sentences_that_have_the_words(pattern: str, sentences: list[int]) -> None:
    assert len("supercalifragilisticexpialidociously") > MAX_WORD_KEPT
    lines = word_lines(
        "we asked for acceptance. an account, a house. größe und angabe. supercalifragilisticexpialidociously"
    )
    Lexicon({}).compile([pattern]).may_be_in(lines)
    ((_, possible),) = lines.possible.items()
    starts = [at for at, octet in enumerate(lines.octets) if octet == ord("\n")]
    assert possible == ({0: [(starts[one], starts[one + 1] + 2) for one in sentences]} if sentences else {})


@pytest.mark.parametrize(("times", "stretches"), [(MANY - 1, MANY - 1), (MANY, 1), (10_000, 1)])
def test_many_near_sentences_are_searched_as_one_stretch(times: int, stretches: int) -> None:
    """Ten thousand searches would cost a tenth of a second; the same places are found."""
    patterns = Lexicon({}).compile(["you fool", "fool $"])
    lines = word_lines("you fool. yes. " * times)
    assert len(list(patterns.find(lines))) == times
    ((_, possible),) = lines.possible.items()
    assert [len(possible[number]) for number in (0, 1)] == [stretches] * 2


def test_sentences_far_from_each_other_are_not_joined() -> None:
    patterns = Lexicon({}).compile(["fool"])
    lines = word_lines(f"fool. {'x' * NEAR}. " * MANY)
    assert len(list(patterns.find(lines))) == MANY
    ((_, possible),) = lines.possible.items()
    assert len(possible[0]) == MANY


def test_the_end_of_one_sentence_is_not_the_beginning_of_the_next() -> None:
    """Places don't overlap, as in a search of the whole: a line end is part of one place alone."""
    patterns = Lexicon({}).compile(["instead $", "^ if"])
    lines = word_lines("instead. if so. and. if not")
    assert [lines.text[one.start : one.end] for one in patterns.find(lines)] == [" instead \n ", "\n if "]


def test_patterns_that_are_added_later_count() -> None:
    lexicon = Lexicon({})
    first = lexicon.compile(["old house"])
    assert list(first.find(word_lines("an old house")))
    second = lexicon.compile(["new house"])
    assert list(second.find(word_lines("a new house")))
    assert list(first.find(word_lines("an old house")))


def test_the_patterns_of_a_text() -> None:
    lexicon = Lexicon({})
    patterns = [lexicon.compile([f"word{number}"]) for number in range(20)]
    lines = word_lines(" ".join(f"word{number}" for number in range(0, 20, 3)))
    assert lexicon.possible(lines) == frozenset(patterns[::3])


def test_an_expression_is_compiled_when_it_is_needed() -> None:
    """A process needs few of thousands of patterns."""
    lexicon = Lexicon({})
    before = machine.cache_info().misses
    patterns = lexicon.compile(["a house that nobody has built"])
    assert not list(patterns.find(word_lines("the house")))
    assert machine.cache_info().misses == before
    assert list(patterns.find(word_lines("a house that nobody has built")))
    assert machine.cache_info().misses == before + 1


def test_an_expression_that_is_too_large_is_refused_at_once() -> None:
    """The largest machine of so many characters, gaps alone, is one that RE2 can compile; many more are too many."""
    gap = r"(?: [^ \n]+){0,20}?"
    machine(gap * (SURE_CHARACTERS // len(gap)))
    with pytest.raises(re2.error):
        PatternIndex().add(gap * 20_000, ())
