"""Amounts of money in texts: how several countries write them, and what is none."""

from __future__ import annotations

from decimal import Decimal
from time import process_time

import pytest

from filters.commitment.amounts import MAX_SPELT_WORDS, UNKNOWN, Amount, all_amounts, amounts_in, largest

WRITTEN = {
    "\u00a31,234.50": "1,234.50 GBP",
    "1.234,50 EUR": "1,234.50 EUR",
    "EUR 1.234,50": "1,234.50 EUR",
    "\u20ac 37.500 per jaar": "37,500 EUR",
    "37.500 \u20ac": "37,500 EUR",
    "1 140 \u20ac le m3": "1,140 EUR",
    "1\u202f140\u00a0\u20ac": "1,140 EUR",
    "12'000.- CHF": "12,000 CHF",
    "CHF 12'000.-": "12,000 CHF",
    "12.000,- \u20ac": "12,000 EUR",
    "\u00a3318 a cube": "318 GBP",
    "24,18 euro": "24.18 EUR",
    "1 420 z\u0142": "1,420 PLN",
    "\u00a312k": "12,000 GBP",
    "GBP250k": "250,000 GBP",
    "$240K": "240,000 USD",
    "US$ 5,000": "5,000 USD",
    "EUR 3 million": "3,000,000 EUR",
    "3 million euros": "3,000,000 EUR",
    "\u00a31.25m": "1,250,000 GBP",
    "2,5 Mio. Euro": "2,500,000 EUR",
    "1 Mrd. EUR": "1,000,000,000 EUR",
    "180 tys. z\u0142": "180,000 PLN",
    "INR 2,40,000 per month": "240,000 INR",
    "3 lakh rupees": "300,000 INR",
    "1800 quid": "1,800 GBP",
    "500 kr": "500 KR",
    "\u00a313,205,000.00.": "13,205,000 GBP",
    "10.000.000,50 z\u0142": "10,000,000.50 PLN",
    "twelve thousand pounds": "12,000 GBP",
    "two hundred and fifty dollars": "250 USD",
    "one hundred and twenty-five thousand four hundred and fifty pounds": "125,450 GBP",
    "a million euros": "1,000,000 EUR",
    "Forty Euros": "40 EUR",
    "Total (GBP) 500,000": "500,000 GBP",
    "GBP: 500,000": "500,000 GBP",
    "500,000 (GBP)": "500,000 GBP",
    "EUR. 50,000": "50,000 EUR",
    "CA$500,000": "500,000 CAD",
    "A$500,000": "500,000 AUD",
    "C$500,000": "500,000 CAD",
    "HK$500,000": "500,000 HKD",
    "NZ$500,000": "500,000 NZD",
    "500,000 TRY": "500,000 TRY",
    "500,000 RUB": "500,000 RUB",
    "Rs. 50,000": "50,000 INR",
    "kr. 500.000": "500,000 KR",
    "2 Millionen Euro": "2,000,000 EUR",
    "1 million d'euros": "1,000,000 EUR",
    "\u00a3500\u00b7000": "500,000 GBP",
    "\u00a350_000": "50,000 GBP",
    "\u00a31\u00bdm": "1,500,000 GBP",
    "\u00bdm euros": "500,000 EUR",
    "half a million pounds": "500,000 GBP",
    "one and a half million pounds": "1,500,000 GBP",
    "a million and a half pounds": "1,500,000 GBP",
    "three quarters of a million dollars": "750,000 USD",
    "38 and a half grand \u00a3": "38,500 GBP",
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items(), ids=WRITTEN)
def test_an_amount(text: str, expected: str) -> None:
    assert [str(one) for one in amounts_in(f"It costs {text}")] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        *("24.9p a unit", "38 and a half grand", "12,000", "0123 456789", "no euros", "7.5% off", "W1 4EU", "mars"),
        *("PHP 8.1", "5 pen", "we had 50 try it"),
    ],
)
def test_no_amount(text: str) -> None:
    """A number without a currency is none."""
    assert list(amounts_in(text)) == []


@pytest.mark.parametrize(
    ("text", "value"),
    {
        "I agree to 500,000.": 500_000,
        "500.000,-": 500_000,
        "500'000.-": 500_000,
        "fifty grand": 50_000,
        "half a million": 500_000,
        "five hundred thousand": 500_000,
        "1,5 Mio.": 1_500_000,
        "500k": 500_000,
        "1,234,567.00": 1_234_567,
    }.items(),
)
def test_a_large_number_alone(text: str, value: int) -> None:
    assert list(all_amounts(text)) == [Amount(UNKNOWN, Decimal(value))]


@pytest.mark.parametrize(
    "text",
    [
        *("900", "in 2026", "2m", "0123 456789", "10,000 units", "twenty thousand copies", "thanks a million"),
        *("the grand opening", "v1.000", "12.345.678-9", "\u00a35,000", "5,000 EUR", "a thousand thanks", "half"),
    ],
)
def test_a_number_that_is_no_amount(text: str) -> None:
    """It is small, counts something else, is a name, or has a currency."""
    assert all(one.currency != UNKNOWN for one in all_amounts(text))


def test_several_amounts_and_the_largest_of_each_currency() -> None:
    found = largest(amounts_in("\u00a39,000 or \u00a310k, 12 EUR; later 11,50 EUR and $7"))
    assert found == {
        "GBP": Amount("GBP", Decimal(10_000)),
        "EUR": Amount("EUR", Decimal(12)),
        "USD": Amount("USD", Decimal(7)),
    }


def test_a_spelt_number_has_an_end() -> None:
    """Words beyond the limit begin another number."""
    words = " ".join(["one"] * (MAX_SPELT_WORDS + 1))
    assert [str(one) for one in amounts_in(f"{words} pounds")] == [f"{MAX_SPELT_WORDS} GBP"]


@pytest.mark.parametrize(
    "unit", ["1,234.", "one hundred and ", "\u00a3", "1 234 ", "9" * 20, "eur.=(", "half a ", "1\u00bd"]
)
def test_linear_time(unit: str) -> None:
    """No text makes the search slow."""

    def seconds(times: int) -> float:
        text, began = unit * times, process_time()
        for search in (amounts_in, all_amounts):
            list(search(text))
        return process_time() - began

    small, large = min(seconds(400) for _ in range(3)), min(seconds(6_400) for _ in range(2))
    assert large < 16 * 5 * max(small, 0.002)
