"""Account identifiers in a text."""

from __future__ import annotations

import time

import pytest

from filters.payment_change.accounts import MAX_ACCOUNTS, accounts_in
from gateway.contract import Account


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.account.kind, one.account.number) if one.account else ("masked", "") for one in accounts_in(text)]


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("pay GB29 NWBK 6016 1331 9268 19 please", "iban", "GB29NWBK60161331926819"),
        ("pay de89370400440532013000.", "iban", "DE89370400440532013000"),
        ("NO15 9204 0666 317", "iban", "NO1592040666317"),
        ("GB30 NWBK 6016 1331 9268 19", "", ""),  # its check digits are wrong
        ("sort 20-30-40, account 12345678", "uk", "20304012345678"),
        ("a/c 12345678, sort code 20-30-40", "uk", "20304012345678"),
        ("20 30 40 - 12345678", "uk", "20304012345678"),
        ("20\u201330\u201340 / 1234 5678", "uk", "20304012345678"),
        ("203040 and 12345678", "uk", "20304012345678"),
        ("sort code 203040 account 1234567", "uk", "20304001234567"),
        ("2\u200b0-30-40 123\u200b45678", "uk", "20304012345678"),
        ("\uff12\uff10-30-40 12345678", "uk", "20304012345678"),
        ("dated 12-10-24, order 12345678", "", ""),
        ("20-30-40", "", ""),
        ("ABA 021000021, account 123456789", "us", "021000021123456789"),
        ("routing 021000022, account 123456789", "other", "123456789"),  # its check digit is wrong
        ("0x52908400527886E0F7030069857D2E4169EE8617", "wallet", "0X52908400527886E0F7030069857D2E4169EE8617"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet", "1A1ZP1EP5QGEFI2DMPTFTL5SLMV7DIVFNA"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "", ""),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "wallet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
        ("BIC: NWBKGB2L", "bic", "NWBKGB2L"),
        ("account number 12345678", "other", "12345678"),
        ("your account ending 071", "masked", ""),
        ("card ****1234", "masked", ""),
        ("the 0x41.. wallet", "masked", ""),
        ("invoice 12345678 of 01/02/2024", "", ""),
    ],
)
def test_identifiers(text: str, kind: str, number: str) -> None:
    """By check digits, or by the words beside them; marks inside them hide nothing."""
    assert kinds(text) == ([(kind, number)] if kind else [])


def test_where_they_stand() -> None:
    """In the text as it is, invisible characters included."""
    text = "put it in 2\u200b0-30-40 12345678, Tom"
    (one,) = accounts_in(text)
    assert text[one.start : one.end] == "2\u200b0-30-40 12345678"
    assert one.account == Account("uk", "20304012345678")


def test_two_suppliers() -> None:
    """Each sort code has its own number."""
    assert kinds("20-30-40 12345678 or 11-22-33 87654321") == [("uk", "20304012345678"), ("uk", "11223387654321")]


def test_no_more_than_a_statement_has() -> None:
    """A list of customers is cut off."""
    text = "\n".join(f"20-30-{n:02} 123456{n:02}" for n in range(10, 99)) * 4
    assert len(accounts_in(text)) == MAX_ACCOUNTS


@pytest.mark.parametrize("piece", ["20-30-40 ", "GB29 ", "12345678 ", "account ", "1" * 50, "0x41"])
def test_linear_time(piece: str) -> None:
    """Whatever is repeated."""

    def seconds(times: int) -> float:
        began = time.process_time()
        accounts_in(piece * times)
        return time.process_time() - began

    small, large = min(seconds(500) for _ in range(3)), min(seconds(8_000) for _ in range(2))
    assert large < 16 * 5 * max(small, 0.002)
