"""Signatories: the entry that decides for a sender and a recipient, and its limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from filters.commitment.amounts import UNKNOWN, Amount
from filters.commitment.settings import Signatory
from filters.commitment.signatories import Signatories, exceeding
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import mail

JOE, KIM = "joe@supplier.example", "kim@other.example"
DIRECTORY = ConfiguredDirectory(
    [], {"buyers": ["ann@example.co.uk"], "directors": ["md@example.co.uk", "ann@example.co.uk"]}, ["example.co.uk"]
)
ENTRIES = (
    Signatory(group="buyers", up_to=("10 GBP",), counterparties=("*@supplier.example",)),
    Signatory(group="directors"),
)


def limits(sender: str, author: str = "") -> dict[str, object]:
    raw = f"From: {author or sender}\r\nTo: joe@supplier.example\r\n\r\nHello\r\n".encode()
    about = mail(f"out:{JOE}", f"out:{KIM}", raw=raw, sender=sender)
    return dict(Signatories(ENTRIES, DIRECTORY).limits(about, (JOE, KIM)))


@pytest.mark.parametrize(
    ("sender", "author", "expected"),
    [
        ("ann@example.co.uk", "", {JOE: {"GBP": Decimal(10)}, KIM: {}}),
        ("md@example.co.uk", "", {JOE: {}, KIM: {}}),
        ("MD@example.co.uk", "", {JOE: {}, KIM: {}}),
        ("bob@example.co.uk", "", {JOE: None, KIM: None}),
        ("bob@example.co.uk", "md@example.co.uk", {JOE: None, KIM: None}),
        ("md@example.co.uk", "bob@example.co.uk", {JOE: None, KIM: None}),
        ("ann@example.co.uk", "md@example.co.uk", {JOE: {}, KIM: {}}),
    ],
)
def test_the_first_entry_that_fits_decides(sender: str, author: str, expected: dict[str, object]) -> None:
    """The reverse-path and the author must both be in the group."""
    assert limits(sender, author) == expected


def test_amounts_over_the_limits() -> None:
    """At the limit is not over it; an amount in another currency is."""
    at, above, other = Amount("GBP", Decimal(10)), Amount("GBP", Decimal("10.01")), Amount("EUR", Decimal(1))
    assert exceeding({"GBP": at}, {"GBP": Decimal(10)}) == []
    assert exceeding({"GBP": above, "EUR": other}, {"GBP": Decimal(10)}) == [above, other]


def test_an_amount_of_an_unknown_currency_has_the_lowest_limit() -> None:
    limits = {"GBP": Decimal(10), "EUR": Decimal(12)}
    high, low = Amount(UNKNOWN, Decimal(11)), Amount(UNKNOWN, Decimal(10))
    assert exceeding({UNKNOWN: high}, limits) == [high]
    assert exceeding({UNKNOWN: low}, limits) == []
