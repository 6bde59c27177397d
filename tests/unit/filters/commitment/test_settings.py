"""Settings of `commitment`: limits that are amounts, patterns of counterparties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from filters.commitment.settings import Signatory


@pytest.mark.parametrize(
    ("up_to", "limits"),
    [
        ("10000 GBP", {"GBP": Decimal(10_000)}),
        (["10,000 GBP", "\u20ac12k"], {"GBP": Decimal(10_000), "EUR": Decimal(12_000)}),
        ((), {}),
    ],
)
def test_limits(up_to: Any, limits: dict[str, Decimal]) -> None:
    assert Signatory(group="buyers", up_to=up_to).limits == limits


@pytest.mark.parametrize("up_to", ["10000", "a lot", "10000 GBP or 12000 EUR", ["10000 GBP", "12000"], 10000, [10000]])
def test_a_limit_needs_one_amount_with_a_currency(up_to: Any) -> None:
    with pytest.raises(ValidationError, match="is no amount: write for example 10000 GBP"):
        Signatory(group="buyers", up_to=up_to)


def test_a_currency_has_one_limit() -> None:
    with pytest.raises(ValidationError, match="GBP stands twice"):
        Signatory(group="buyers", up_to=("10000 GBP", "\u00a312k"))


def test_counterparties_are_patterns_of_addresses() -> None:
    assert Signatory(group="buyers", counterparties=(" *@Supplier.EXAMPLE ",)).counterparties == ("*@supplier.example",)
