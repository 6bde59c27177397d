"""The reader of patterns: what it says of a bad one, and the words that a pattern needs."""

from __future__ import annotations

import pytest

from gateway.matching.pattern_index import most_sparing
from gateway.matching.pattern_reader import MAX_GAP, PatternError, either, read


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
        ("pay ^ it", "^ can only stand at its beginning"),
        ("(stop | instead $ ) of it", "$ can only stand at its end"),
        ("pay ~2~ ^ it", "^ can only stand at its beginning"),
        ("p*y", "is no word"),
        ("**", "is no word"),
        ('"pay"', "is no word"),
        ("pay < it", "can't be read"),
    ],
)
def test_bad_patterns(pattern: str, reason: str) -> None:
    """Each says in a sentence what is wrong with it."""
    with pytest.raises(PatternError) as caught:
        read(pattern).with_lists({})
    assert reason in str(caught.value)


LISTS = {"account": either([read("account*"), read("bank details"), read("@account")]), "any": read("[new]")}


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("new account*", "account* new"),
        ("[new] account", "account"),
        ("[new]", ""),
        ("new * ..3.. account", "account new"),
        ("(pay | send) this", "pay|send this"),
        ("(pay this | send)", "pay|send send|this"),
        ("(pay | [now])", ""),
        ("<account> changed", "changed @account|account*|bank"),
        ("<any> account", "account"),
        ("new ~3~ account", "account new"),
        ("*konto *bank*", "*bank* *konto"),
        ("hasn't", "has not"),
        ("^ if", "if"),
        ("one two three four five six", "five four six three"),
    ],
)
def test_needs(pattern: str, needs: str) -> None:
    """A sentence that a pattern matches has a word of each need; needs that few sentences meet are kept."""
    found = most_sparing(read(pattern).with_lists(LISTS).needs)
    assert " ".join("|".join(sorted(one)) for one in found) == needs
