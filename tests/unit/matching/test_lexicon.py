"""The lexicon: what a pattern matches, what it says of a bad one, and that no text makes it slow."""

from __future__ import annotations

import time

import pytest

from gateway.matching.lexicon import MAX_GAP, Lexicon, PatternError
from gateway.matching.word_lines import Marked, WordLines, word_lines

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


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "no words"),
        ("pay (to", "a ) is missing"),
        ("pay [to", "a ] is missing"),
        ("pay to)", "a ) too many"),
        ("pay (to]", "a ] too many"),
        ("(pay |)", "an alternative is empty"),
        ("<payee>", "there is no list <payee>"),
        ("pay ..21.. it", f"at most {MAX_GAP} words"),
        ("pay ~21~ it", f"at most {MAX_GAP} words"),
        ("(pay ~2~ it)", "a ) is missing"),
        ("p*y", "is no word"),
        ("**", "is no word"),
        ('"pay"', "is no word"),
        ("pay < it", "can't be read"),
    ],
)
def test_bad_patterns(pattern: str, reason: str) -> None:
    """Each says in a sentence what is wrong with it."""
    with pytest.raises(PatternError) as caught:
        Lexicon(LISTS).compile([pattern])
    assert reason in str(caught.value)


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
    """For the worst that is known: a list, a gap, and a text that begins a match at every word."""
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


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in word_lines(text).text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one. two! three? four; five", ["one", "two", "three", "four", "five"]),
        ("account no. 5 of acme ltd. is", ["account no 5 of acme ltd is"]),
        ("we have moved\nto a bank", ["we have moved", "to a bank"]),
        ("we\nhave\nmoved", ["we have moved"]),
        ("hello\nwe pay", ["hello", "we pay"]),
        ("dear customers, we pay", ["dear customers", "we pay"]),
        ("the dear old thing, we pay", ["the dear old thing , we pay"]),
        ("we've, i'm, it'll, can't, won't", ["we have , i am , it will , can not , will not"]),
        ("dont cant weve", ["do not can not we have"]),
        ("l'ancien compte", ["l ancien compte"]),
        (
            "he said \"we moved\" and 'we left' the suppliers' yard",
            ['he said " we moved " and " we left " the suppliers yard'],
        ),
        ("ask jo@pay.example or https://pay.example/account now", ["ask or now"]),
        ("pay £50", ["pay @money 50"]),
        ("pay eur 50.00", ["pay @money 50 00"]),
        ("pay 1,300.00 eur", ["pay 1 , 300 00 @money"]),
        ("the euro account, europe", ["the euro account , europe"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    """Sentences and greetings end lines; short forms are written out; addresses are no words."""
    assert lines_of(text) == lines


def test_marked_places_are_one_word() -> None:
    """With the way back to where they stand."""
    text = "pay to 20-30-40 12345678 now"
    lines = word_lines(text, [Marked(7, 24, "@account")])
    assert lines.text == "\n pay to @account now \n "
    at = lines.text.index(" @account ")
    assert text[slice(*lines.origin(at, at + len(" @account ")))] == "20-30-40 12345678"


def test_the_way_back() -> None:
    """Every word leads to where it stands in the text."""
    text = "We haven't moved; the account's the same."
    lines = word_lines(text.casefold())
    patterns = Lexicon({}).compile(["have not moved", "account 's the same"])
    assert [text[slice(*lines.origin(m.start, m.end))] for m in patterns.find(lines)] == [
        "haven't moved",
        "account's the same",
    ]


def test_misspelt_words_are_put_right() -> None:
    """By the list that is given."""
    assert isinstance(word_lines("acount", spelling={"acount": "account"}), WordLines)
    assert word_lines("our acount", spelling={"acount": "account"}).text == "\n our account \n "


def test_nothing_in_a_text_without_words() -> None:
    """It has a line's end and a way back all the same."""
    lines = word_lines("")
    assert lines.text.split() == []
    assert lines.origin(0, 1) == (0, 0)
