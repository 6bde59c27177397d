"""The network in its windows: what is read, what a sentence adds, and files that are no language model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from gateway.language_model.encoder import FIRST_WINDOWS, LAST_WINDOWS, Encoder, Unusable
from tests.support.builders.weights import TOKENS, TRAINED, WORDS, write_weights

NO, YES = -5.0, 5.0
DULL = "The train to the coast leaves at nine."


@pytest.fixture(scope="module")
def encoder(weights: Path) -> Encoder:
    return Encoder(weights)


def found(encoder: Encoder, *sentences: str, subject: str = "Hello") -> list[float]:
    """Return the highest log-odds of each head."""
    return [max(head) for head in zip(*encoder.log_odds(subject, sentences), strict=True)]


def test_metadata(encoder: Encoder) -> None:
    """Heads in their order, and the line about the training."""
    assert [head["rule"] for head in encoder.heads] == list(WORDS)
    assert encoder.trained == TRAINED


def test_nobody_is_told_of_what_is_read(encoder: Encoder) -> None:
    """The runtime reports its use to its maker, unless these are set before it is loaded."""
    assert encoder.heads
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


@pytest.mark.parametrize(
    ("sentences", "subject", "wanted"),
    [
        ((), "", [NO, NO]),
        ((), "You idiot", [YES, NO]),
        ((DULL,), "Hello", [NO, NO]),
        ((DULL, "You idiot!", "We agree to that."), "Hello", [YES, YES]),
        (("\ud800 you IDIOT \udfff",), "\udc00", [YES, NO]),
        (("idiot " * 100_000,), "Hello", [YES, NO]),
        (tuple("Yes." for _ in range(10_000)), "Hello", [NO, NO]),
    ],
)
def test_a_message_is_read(encoder: Encoder, sentences: tuple[str, ...], subject: str, wanted: list[float]) -> None:
    assert found(encoder, *sentences, subject=subject) == wanted


@pytest.mark.parametrize("before", [0, 1, 5, 12])
@pytest.mark.parametrize("after", [0, 3, 12])
def test_padding_hides_nothing(encoder: Encoder, before: int, after: int) -> None:
    """A bad sentence among harmless ones stands in a window, wherever it is."""
    assert found(encoder, *[DULL] * before, "You are an idiot, Bob.", *[DULL] * after) == [YES, NO]


def test_a_long_sentence_is_read_to_its_end(encoder: Encoder) -> None:
    """It makes several windows."""
    assert found(encoder, "and so on " * 40 + "you idiot") == [YES, NO]


def test_a_long_subject_leaves_half_of_a_window(encoder: Encoder) -> None:
    assert found(encoder, DULL, "You idiot.", subject="about " * 300) == [YES, NO]


def test_of_a_long_message_beginning_and_end_are_read(encoder: Encoder) -> None:
    """Eight windows at most; what lies between is not read, which docs/language-model.md says."""
    dull, bad = [DULL] * 100, ["You idiot."]
    assert len(encoder.log_odds("Hello", dull)) == FIRST_WINDOWS + LAST_WINDOWS
    assert found(encoder, *bad, *dull) == found(encoder, *dull, *bad) == [YES, NO]
    assert found(encoder, *dull[:50], *bad, *dull[:50]) == [NO, NO]


def test_runs_of_sentences_are_read_alone(encoder: Encoder) -> None:
    """Each makes windows of its own, with the subject; contributions are those of their sentences."""
    sentences = [DULL, "You idiot.", *[DULL] * 100, "We agree."]
    assert encoder.log_odds("Hello", sentences, [(0, 1), (1, 2), (102, 103)]) == [[NO, NO], [YES, NO], [NO, YES]]
    assert encoder.log_odds("You idiot", sentences, [(0, 1)]) == [[YES, NO]]
    assert encoder.log_odds("Hello", [], [(0, 0)]) == [[NO, NO]]
    assert encoder.contributions("Hello", sentences, 0, [(0, 2), (2, 4)]) == [(-1, 0.0), (0, 0.0), (1, YES - NO)]
    assert len(encoder.log_odds("Hello", sentences, [(0, 103)] * 3)) == FIRST_WINDOWS + LAST_WINDOWS


def test_every_script_is_read(encoder: Encoder) -> None:
    """Nothing in Unicode stops it."""
    for start in range(0, sys.maxunicode, 0x8000):
        text = "".join(map(chr, range(start, min(start + 0x8000, sys.maxunicode), 7)))
        assert encoder.log_odds(text[:300], [text])


def test_contributions_name_the_sentence(encoder: Encoder) -> None:
    """Each has what is lost without it; 0 for the others, and for the subject (-1)."""
    found = dict(encoder.contributions("Hello", [DULL, "You idiot.", "We agree."], 0))
    assert found == {-1: 0.0, 0: 0.0, 1: YES - NO, 2: 0.0}
    assert dict(encoder.contributions("You idiot", [DULL], 0)) == {-1: YES - NO, 0: 0.0}
    assert encoder.contributions("", [], 0) == []


def test_contributions_are_of_few_sentences(encoder: Encoder) -> None:
    """In a window with many, the longest are left out one by one."""
    sentences = [*["Yes"] * 14, "You complete idiot"]
    found = dict(encoder.contributions("Hello", sentences, 0))
    assert len(found) == 13
    assert found[14] == YES - NO


def test_a_message_is_read_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its sentences the network reads it without each of them, for another head nothing; until another comes.

    An equal text of another message is read anew.
    """
    session = Mock(wraps=encoder._session)
    monkeypatch.setattr(encoder, "_session", session)
    text = ("Hello", [DULL, "You idiot."])
    encoder.turn_to(1)
    runs = []
    for ask in (
        lambda: encoder.log_odds(*text),
        lambda: encoder.contributions(*text, 0),
        lambda: encoder.contributions(*text, 1),
        lambda: encoder.log_odds("", ["You idiot."]),
        lambda: encoder.turn_to(2),
        lambda: encoder.contributions(*text, 0),
    ):
        session.reset_mock()
        ask()
        runs.append(session.run.call_count)
    assert runs == [1, 3, 0, 1, 0, 4]


@pytest.mark.parametrize("left_out", ["tokenizer", "heads", "tokens", "trained"])
def test_metadata_must_be_there(tmp_path: Path, left_out: str) -> None:
    with pytest.raises(Unusable, match=f"lack '{left_out}'"):
        Encoder(write_weights(tmp_path / "weights.onnx", leave_out=left_out))


def test_outputs_and_heads_must_agree(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="2 outputs and names 1 heads"):
        Encoder(write_weights(tmp_path / "weights.onnx", heads='[{"rule": "language", "points": 1, "bias": 0}]'))


def test_windows_are_full(encoder: Encoder) -> None:
    """The small model has windows of a few words, so that these tests are about windows."""
    assert len(encoder.log_odds("Hello", [DULL] * 4)) > 1
    assert TOKENS < 50
