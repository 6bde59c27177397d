"""What a notice leaves out: whatever could be an account or a telephone number, and nothing that people need to see."""

from __future__ import annotations

import time

import pytest

from gateway.act.masking import DIGITS, LEFT_OUT, WALLET_CHARACTERS, masked

#: Digits as wide as Chinese characters.
WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("New account GB29 NWBK 6016 1331 9268 19 from now", f"New account {LEFT_OUT} from now"),
        ("IBAN: DE89370400440532013000.", f"IBAN: {LEFT_OUT}."),
        ("60-16-13 / 31926819", LEFT_OUT),
        ("sort code 60-16-13, account 31926819", f"sort code {LEFT_OUT}, account {LEFT_OUT}"),
        ("Call +44 (0)20 7946 0000 now", f"Call +{LEFT_OUT} now"),
        ("3 1 9 2 6 8 1 9", LEFT_OUT),
        ("3.1.9.2.6.8.1.9", LEFT_OUT),
        ("3?1?9?2?6?8?1?9", LEFT_OUT),
        ("60161331926819".translate(WIDE), LEFT_OUT),
        ("٣١٩٢٦٨١٩", LEFT_OUT),
        ("①②③④⑤⑥⑦", LEFT_OUT),
        ("send to 0x9aF3c27bE5D01c44e8820B6f1d7A9E3c55D2b610", f"send to {LEFT_OUT}"),
        ("bc1qabcdefghjkmnpqrstuvwx", LEFT_OUT),
        ("0000:a:00", LEFT_OUT),
        ("no. 12.of.34----56", f"no. {LEFT_OUT}"),
        ("two: 12345678 and 87654321", f"two: {LEFT_OUT} and {LEFT_OUT}"),
    ],
)
def test_numbers_are_left_out(text: str, shown: str) -> None:
    """However they are spaced, in digits of every script."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Invoice 4711",
        "Change of bank details for 2026",
        "Order 123-45",
        "URGENT: NEW BANK ACCOUNT",
        "Für Grüße von 12 Leuten",
        "Donaudampfschifffahrtsgesellschaft",
        "eve@outside.example",
    ],
)
def test_words_and_short_numbers_stay(text: str) -> None:
    """A person must know the message again."""
    assert masked(text) == text


@pytest.mark.parametrize(("count", "left_out"), [(DIGITS - 1, False), (DIGITS, True), (DIGITS + 1, True)])
def test_how_many_digits_are_a_number(count: int, left_out: bool) -> None:
    """Together, in groups that stand close."""
    assert (LEFT_OUT in masked("1" * count)) is left_out
    assert (LEFT_OUT in masked(" ".join("1" * count))) is left_out


@pytest.mark.parametrize(
    ("count", "left_out"), [(WALLET_CHARACTERS - 1, False), (WALLET_CHARACTERS, True), (WALLET_CHARACTERS + 1, True)]
)
def test_how_long_a_wallet_is(count: int, left_out: bool) -> None:
    """One digit in it is enough."""
    assert (LEFT_OUT in masked("1" + "a" * (count - 1))) is left_out


@pytest.mark.parametrize(("gap", "left_out"), [(1, True), (3, True), (4, False)])
def test_how_close_groups_stand(gap: int, left_out: bool) -> None:
    """Further apart they are two numbers."""
    assert (LEFT_OUT in masked("123" + " " * gap + "456")) is left_out


def test_it_takes_linear_time() -> None:
    """On whatever a subject holds."""
    began = time.process_time()
    for text in ("1 " * 100_000, "A " * 100_000, "1a" * 100_000, " " * 200_000):
        masked(text)
    assert time.process_time() - began < 5
