"""Masking in notices: possible account and telephone numbers are removed, and text that people need stays."""

from __future__ import annotations

import time

import pytest

from gateway.act.notices.masking import DIGITS, LEFT_OUT, WALLET_CHARACTERS, masked

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
        "Invoice 12 for May 202",
        "Invoices and CUSTOMERS of Oman",
        "Our bic pens are blue",
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


@pytest.mark.parametrize("gap", [1, 3, 4, 40])
def test_how_close_groups_stand(gap: int) -> None:
    """Further apart they are two numbers, and left out all the same: together they say six digits."""
    shown = masked("123" + " " * gap + "456")
    assert shown == (LEFT_OUT if gap <= 3 else f"{LEFT_OUT}{' ' * gap}{LEFT_OUT}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 0770 or 0900 or 1234", f"call {LEFT_OUT} or {LEFT_OUT} or {LEFT_OUT}"),
        ("Sort 20-00 and 415 then 7819", f"Sort {LEFT_OUT} and {LEFT_OUT} then {LEFT_OUT}"),
        ("(020) -- 7946 -- 0000 ---- 1", f"({LEFT_OUT}) -- {LEFT_OUT} -- {LEFT_OUT} ---- 1"),
        ("+44 (0)20 - call - 7946", f"+{LEFT_OUT} - call - {LEFT_OUT}"),
        ("O2O 7946 OOOO", LEFT_OUT),
        ("oh2 O7946 1 l23", LEFT_OUT),
        ("1 and 2 and 3 and 4 and 5 and 6", " and ".join([LEFT_OUT] * 6)),
        ("Invoice 12 for March 2026", f"Invoice {LEFT_OUT} for March {LEFT_OUT}"),
        ("Invoice 1 for March 2026, page 7", f"Invoice 1 for March {LEFT_OUT}, page 7"),
    ],
)
def test_numbers_that_words_cut_up_are_left_out(text: str, shown: str) -> None:
    """Every word with two digits or more, once the text has six; and letters that stand for digits among them."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("BIC COBADEFFXXX", f"BIC {LEFT_OUT}"),
        ("NWBKGB2L", LEFT_OUT),
        ("our swift code: cobadeff.", f"our swift code: {LEFT_OUT}."),
        ("SWIFT/BIC DeutDeFF500", f"SWIFT/BIC {LEFT_OUT}"),
        ("New IBAN gb29 nwbk 6016 1331 9268 19", f"New IBAN {LEFT_OUT}"),
        ("New IBAN gb29-nwbk ... 60161331", f"New IBAN {LEFT_OUT} ... {LEFT_OUT}"),
        ("gb29 nwbk", LEFT_OUT),
        ("GB 29 NWBK 6016", f"GB {LEFT_OUT}"),
        ("NWBK\u200bGB2L", LEFT_OUT),
        ("gb29 nw\u2060bk 12", f"{LEFT_OUT} 12"),
    ],
)
def test_the_name_of_a_bank_is_left_out(text: str, shown: str) -> None:
    """A BIC, and the letters at the head of an IBAN: they say half of the account."""
    assert masked(text) == shown


def test_it_takes_linear_time() -> None:
    """On whatever a subject holds."""
    began = time.process_time()
    spaced = ("1 " * 25_000, "A " * 25_000, " " * 50_000, "bic " * 12_500)
    for text in (*spaced, "1a" * 25_000, "1" * 25_000 + "a", "gb29" * 12_500):
        masked(text)
    assert time.process_time() - began < 2
