"""The second opinion of `payment_change`: concepts, features, and what they add to the sum."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from filters.payment_change.opinion import MOST_AGAINST, MOST_FOR, Concepts, Opinion, features, scaled
from filters.payment_change.settings import PaymentChangeSettings

SHIPPED = Path(__file__).resolve().parents[4] / "config/payment_change_opinion.json"
LISTS = {"bank": ["bank", "*bank", "building society"], "change": ["chang*"], "pay": ["pay"]}
CONCEPTS = Concepts(LISTS)


def line(text: str) -> list[tuple[str, str]]:
    return [("new", f"\n {text} \n ")]


def model(weights: dict[str, float], bias: float = 0.0) -> Opinion:
    return Opinion.read(json.dumps({"bias": bias, "points": 2, "weights": weights, "concepts": LISTS}))


@pytest.mark.parametrize(
    ("text", "place", "meant"),
    [
        ("our bank", 1, {"bank"}),
        ("our volksbank", 1, {"bank"}),
        ("building society", 0, {"bank"}),
        ("building site", 0, set()),
        ("changing", 0, {"change"}),
        ("exchange", 0, set()),
        ("@account", 0, {"@account"}),
    ],
)
def test_concepts(text: str, place: int, meant: set[str]) -> None:
    """A word, an end, a phrase as a whole, a beginning, a mark."""
    assert CONCEPTS.at(text.split(), place) == meant


def test_features_are_words_concepts_pairs_and_signals() -> None:
    """Pairs are in order, and not over the end of a sentence."""
    found = features(line("changed bank \n pay"), ["chaser"], CONCEPTS)
    assert found.keys() == {
        *("signal:chaser", "word:change", "word:bank", "word:pay"),
        *("concept:change", "concept:bank", "concept:pay", "pair:change>bank"),
    }


def test_a_signature_is_apart() -> None:
    """A standing text below a mail is no news; the sender's name doesn't count."""
    assert "concept:~bank" in features([("signature", "\n bank \n ")], [], CONCEPTS)
    assert not features([("sender", "\n bank \n ")], [], CONCEPTS)


def test_many_of_a_kind_weigh_less_each() -> None:
    """A long message has no more to say than a short one."""
    few, many = ({f"word:{n}": 1.0 for n in range(count)} for count in (4, 400))
    assert scaled(few, few)["word:1"] == pytest.approx(10 * scaled(many, many)["word:1"])
    assert scaled(few, {"word:1"}).keys() == {"word:1"}


def test_it_lifts_and_lowers_within_bounds() -> None:
    """Its weight is the log-odds in points of the sum, and no model holds or clears a message by itself for ever."""
    assert model({"concept:bank": 1.5}).signal(line("bank"), []).weight == 3
    assert model({"concept:bank": -1.5}).signal(line("bank"), []).weight == -3
    assert model({"concept:bank": 99}).signal(line("bank"), []).weight == MOST_FOR
    assert model({}, bias=-99).signal(line("bank"), []).weight == -MOST_AGAINST


def test_it_names_its_top_features() -> None:
    """Evidence has what weighed most in its direction, first."""
    signal = model({"concept:bank": 1, "concept:pay": 3, "concept:change": -1}).signal(line("changed bank pay"), [])
    (evidence,) = signal.evidence
    assert evidence.quote == "concept:pay +6.0, concept:bank +2.0"


def test_the_shipped_model_tells_a_change_from_an_invoice() -> None:
    """Off as shipped, it is there to be named."""
    opinion = Opinion.read(SHIPPED.read_text("utf-8"))
    change = line("please pay my brother instead of me from now on , i will text you his account number")
    invoice = line("invoice 12 is attached , payable within 30 days")
    assert opinion.signal(change, []).weight > opinion.signal(invoice, []).weight


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"bias": 0}'])
def test_another_file_is_no_model(text: str, payment_rules: object) -> None:
    """A mistake in the settings, not in the first message."""
    with pytest.raises(ValidationError, match="no trained model"):
        PaymentChangeSettings.model_validate({"rules": payment_rules, "second_opinion": text})


@pytest.fixture(scope="module")
def payment_rules() -> object:
    return {"words": {}, "contexts": {}, "signals": {}}
