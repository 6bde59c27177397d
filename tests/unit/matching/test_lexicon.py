"""The lexicon: what a pattern matches, and that no text makes it slow."""

from __future__ import annotations

import time

import pytest

from gateway.matching.lexicon import Lexicon
from gateway.matching.pattern_reader import PatternError
from gateway.message.folding.word_lines import word_lines

LISTS = {"account": ["account*", "bank details", "Überweisung*", "@account"], "new": ["new", "different"]}


def found(pattern: str, text: str) -> list[str]:
    lines = word_lines(text)
    patterns = Lexicon(LISTS).compile([pattern])
    return [lines.text[one.start : one.end].strip() for one in patterns.find(lines)]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("new account", "our new account", True),
        ("new account", "our new, account", True),
        ("new account", "our new accounts", False),
        ("account*", "our accounts", True),
        ("*konto", "geschaftskonto", True),
        ("new [bank] account", "new bank account", True),
        ("new [bank] account", "new account", True),
        ("(pay | send) this", "please send this", True),
        ("(pay | send) this", "please use this", False),
        ("<new> <account>", "different bank details", True),
        ("<account>", "uberweisungen", True),
        ("pay ..2.. account", "pay to my account", True),
        ("pay ..2.. account", "pay it to my account", False),
        ("pay ... account", "pay it all to my account", True),
        ("pay ..2.. account", "pay to. my account", False),
        ("<new> ~2~ <account>", "the account is different", True),
        ("<new> ~2~ <account>", "a different sort of account", True),
        ("<new> ~1~ <account>", "a different sort of account", False),
        ("^ if", "if so", True),
        ("^ if", "and if so", False),
        ("instead $", "pay it instead. now", True),
        ("instead $", "instead of that", False),
        ("in the * of", "in the name of", True),
        ("in the * of", "in the of", False),
        ("has not changed", "it hasn't changed", True),
        ("will not", "it won't", True),
        ("supplier 's", "the supplier's account", True),
        ("a/c", "our a/c is", True),
    ],
)
def test_patterns(pattern: str, text: str, matches: bool) -> None:
    """Words, stems, options, alternatives, lists, gaps, nearness and edges; never beyond a sentence."""
    assert bool(found(pattern, text)) is matches


def test_a_bad_list_is_named() -> None:
    """So that it can be found."""
    with pytest.raises(PatternError, match=r"list 'account': '\(a'"):
        Lexicon({"account": ["(a"]})


def test_a_list_may_name_an_earlier_one() -> None:
    """Not a later one."""
    lexicon = Lexicon({"new": ["new"], "fresh": ["<new>", "fresh"]})
    assert list(lexicon.compile(["<fresh> start"]).find(word_lines("a new start")))
    with pytest.raises(PatternError):
        Lexicon({"fresh": ["<new>"], "new": ["new"]})


def seconds(words: int) -> float:
    """Return the time of the worst known case: a list, a gap, and a text that begins a match at every word."""
    patterns = Lexicon(LISTS).compile(["<new> ..20.. <new> ..20.. <account> ~20~ changed"])
    lines = word_lines("new different " * (words // 2))
    began = time.process_time()
    assert not list(patterns.find(lines))
    return time.process_time() - began


def test_a_list_is_the_lexicons_own() -> None:
    """The same pattern with other lists, read again, means those; with none of that name it is refused as before."""
    text = word_lines("a blue house")
    for words, expected in ((["blue"], 1), (["green"], 0), (["red", "blue"], 1)):
        patterns = Lexicon({"colour": words}).compile(["<colour> house"])
        assert len([*patterns.find(text)]) == expected
    with pytest.raises(PatternError, match="there is no list <colour>"):
        Lexicon({}).compile(["<colour> house"])


def test_linear_time() -> None:
    """Sixteen times the text takes about sixteen times as long, whatever the text."""
    seconds(2_000)
    small, large = (min(seconds(words) for _ in range(3)) for words in (10_000, 160_000))
    assert large < 16 * 4 * max(small, 0.005)


def test_the_way_back() -> None:
    """Every word leads to where it stands in the text."""
    text = "We haven't moved; the account's the same."
    lines = word_lines(text.casefold())
    patterns = Lexicon({}).compile(["have not moved", "account 's the same"])
    assert [text[slice(*lines.origin(m.start, m.end))] for m in patterns.find(lines)] == [
        "haven't moved",
        "account's the same",
    ]
