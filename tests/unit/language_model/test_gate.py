"""The gate before the language model: the windows that it opens, and the file that is shipped."""

from __future__ import annotations

import pytest

from gateway.language_model.gate import TOKENS, Gate, marks, read_gate
from gateway.language_model.written import Window, Written, likely_tokens

GATE = Gate({"language": 100, "commitment": 50}, {"idiot": (60, 0), "you idiot": (40, 0), "agree": (-10, 50)})
DULL = "the train to the coast leaves at nine."


@pytest.mark.parametrize(
    ("subject", "sentences", "opened"),
    [
        ("", (), []),
        ("hello", (DULL,), []),
        ("hello", ("an idiot, an idiot.",), []),
        ("hello", ("you idiot!",), ["language"]),
        ("hello", ("you", "idiot"), []),
        ("you idiot", (), ["language"]),
        ("hello", ("we agree on that.",), ["commitment"]),
        ("hello", ("you idiot.", "we agree."), ["commitment"]),
        ("hello", ("you idiotic man.",), []),
        ("hello", ("you \u00efdiot", "\ud800 idiot \U0001f600"), []),
    ],
)
def test_words_and_pairs_open_a_window(subject: str, sentences: tuple[str, ...], opened: list[str]) -> None:
    """Each counts once; a pair stands in one sentence; of a long word the beginning counts."""
    found = GATE.open_windows(Written(subject, sentences))
    assert [rule for rule, windows in found.items() if windows] == opened
    assert list(found) == ["language", "commitment"]


@pytest.mark.parametrize("at", [0, 3, 50, 99])
def test_one_window_of_a_long_text_is_open(at: int) -> None:
    """The one with the words, or two where windows overlap; each can be read at once."""
    sentences = [DULL] * 100
    sentences[at] = "you idiot."
    opened = GATE.open_windows(Written("hello", tuple(sentences)))["language"]
    assert 1 <= len(opened) <= 2
    assert all(one.first <= at < one.end for one in opened)
    assert all(sum(map(likely_tokens, sentences[one.first : one.end])) < TOKENS for one in opened)


def test_a_subject_counts_in_every_window() -> None:
    text = Written("you idiot", (DULL,) * 100)
    windows = GATE.open_windows(text)["language"]
    assert (windows[0].first, windows[-1].end) == (0, 100)


def test_a_gate_of_no_rule_has_no_windows() -> None:
    assert Gate({}, {}).open_windows(Written("you idiot", ())) == {}


def test_long_words_are_cut() -> None:
    assert marks("insulting everybody, 2000 times") == {
        *("insult", "everyb", "2000", "times"),
        *("insul every", "every 2000", "2000 times"),
    }


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("language", "shut your mouth you stupid old cow, nobody wants your sort here."),
        ("commitment", "we accept your offer of 4,000 pounds and agree to the terms."),
        ("broadcast", "has anybody lost a set of keys? they are with my lunch in the kitchen."),
        ("confidential", "keep this between us, the salaries of all staff are in the list below."),
        ("payment_change", "please note our new bank account and pay all invoices to it from now on."),
    ],
)
def test_the_shipped_gate(rule: str, text: str) -> None:
    """It opens for what is plain, and neither for a patch nor for nothing."""
    gate = read_gate()
    assert gate.open_windows(Written("hello", (text,)))[rule] == [Window(0, 1)]
    patch = gate.open_windows(Written("re: patch", ("the patch applies, and the tests pass on linux now.",)))
    assert [rule for rule, windows in patch.items() if windows] == ["payment_change"]
    assert not any(gate.open_windows(Written("", ("...",))).values())
