"""Account identifiers in a text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filters.payment_change.accounts_in_text as module
from filters.payment_change.accounts_in_text import MAX_ACCOUNTS, accounts_in
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
    """Check digits or words beside a number identify it; marks inside it hide nothing."""
    assert kinds(text) == ([(kind, number)] if kind else [])


def test_where_they_stand() -> None:
    """The places are those in the text as it is, invisible characters included."""
    text = "put it in 2\u200b0-30-40 12345678, Tom"
    (one,) = accounts_in(text)
    assert text[one.start : one.end] == "2\u200b0-30-40 12345678"
    assert one.account == Account("uk", "20304012345678")


def test_two_suppliers() -> None:
    """Each sort code has its own number."""
    assert kinds("20-30-40 12345678 or 11-22-33 87654321") == [("uk", "20304012345678"), ("uk", "11223387654321")]


IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    "text",
    [
        "DE89/3704/0044/0532/0130/00",
        "DE89 3704 0044\n0532 0130 00",
        "DE89\t3704\t0044\t0532\t0130\t00",
        "DE89  3704  0044  0532  0130  00",
        "DE89\u20143704\u20140044\u20140532\u20140130\u201400",
        "DE89_3704_0044_0532_0130_00",
        "DE89, 3704, 0044, 0532, 0130, 00",
        "DE89 \u00b7 3704 \u00b7 0044 \u00b7 0532 \u00b7 0130 \u00b7 00",
        "DE 89 3704 0044 0532 0130 00",
        "IBANDE89370400440532013000",
        "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
        "DE89 37O4 OO44 O532 O13O OO",
        "DE" + "89370400440532013000".translate({48 + digit: 0x660 + digit for digit in range(10)}),
        "DE89 3704 0044 0532 0130 \u24ff\u24ff",
    ],
)
def test_an_iban_however_it_is_written(text: str) -> None:
    """Its check digits tell it, whatever parts its groups and whosever digits they are."""
    assert kinds(f"please pay {text} soon") == [("iban", IBAN)]


@pytest.mark.parametrize(
    "text",
    ["invoice NO 12 34567 8901 2345", "SE10 9XX, 12345678901234567890", "in 20 days 1234 5678 9012 3456 7890 12"],
)
def test_words_that_begin_like_an_iban(text: str) -> None:
    """A number, a postcode, a preposition."""
    assert not [kind for kind, _ in kinds(text) if kind == "iban"]


def test_one_iban_behind_the_other() -> None:
    """None of them is taken for the end of the one before."""
    several = "DE89 3704 0044 0532 0130 00, GB29 NWBK 6016 1331 9268 19 FR14 2004 1010 0505 0001 3M02 606"
    assert [kind for kind, _ in kinds(several)] == ["iban"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "Sort Code 11-22-33\nAccount Holder Supplier Ltd\nInvoice reference 12\nAccount No 87654321",
        "Account Number: 87654321\nReference: INV-12\nSort Code: 11-22-33",
        "Sort code: 11-22-33\nAccount name: Supplier Ltd, client account\nReference: 12\nAccount number: 87654321",
        "Sort code: 11-22-33\n\nAccount number: 87654321",
        "Sort code 11-22-33 (ref 4711) account 87654321",
        "sort code 11-22-33, account #87654321",
        "sort code 11/22/33 a/c 8765-4321",
        "sort code 11-22 33 account 876 543 21",
        "sort code 1 1 2 2 3 3 account no 8 7 6 5 4 3 2 1",
        "Sort code\nAccount number\n11-22-33\n87654321",
    ],
)
def test_a_sort_code_and_its_account(text: str) -> None:
    """Other lines of a form may stand between the two if each is called by its name."""
    assert kinds(text) == [("uk", "11223387654321")]


def test_named_halves_of_two_accounts() -> None:
    """A sort code doesn't reach beyond the next one."""
    text = "Sort code 20-30-40, closed.\nSort code 11-22-33\nReference 12\nAccount number 87654321"
    assert kinds(text) == [("uk", "11223387654321")]


@pytest.mark.parametrize(
    ("count", "expected"), [(MAX_ACCOUNTS - 1, MAX_ACCOUNTS - 1), (MAX_ACCOUNTS + 5, MAX_ACCOUNTS)]
)
def test_no_more_than_a_statement_has(count: int, expected: int) -> None:
    """A list of customers is cut off."""
    text = "\n".join(f"20-30-40 1234{n:04}" for n in range(count))
    assert len(accounts_in(text)) == expected


def test_one_account_over_and_over_hides_no_other() -> None:
    """Different ones are counted."""
    text = f"{IBAN} " * (2 * MAX_ACCOUNTS) + "and 11-22-33 87654321"
    assert {number for _, number in kinds(text)} == {IBAN, "11223387654321"}


@pytest.mark.parametrize(
    "piece",
    [
        "20-30-40 ",
        "GB29 ",
        "de12 ",
        "d e 1 2 ",
        "12345678 ",
        "account ",
        "sort code 11-22-33 ",
        "aba 021000021 account 12345 ",
        "1" * 50,
        "0x41",
        " ",
        "\n",
        "-",
    ],
)
def test_linear_time(piece: str) -> None:
    """Whatever is repeated, behind a word that a number may follow."""

    def seconds(times: int) -> float:
        began = time.process_time()
        accounts_in(f"pay to account{piece * times}x 1")
        return time.process_time() - began

    small, large = min(seconds(500) for _ in range(3)), min(seconds(8_000) for _ in range(2))
    assert large < 16 * 5 * max(small, 0.002)


FRAGMENTS = (
    "GB29 NWBK 6016 1331 9268 19", "gb29nwbk60161331926819", "DE 89 3704 0044 0532 0130 00",
    "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", "20-30-40", " 12345678", "sort code ", "s/c ", "203040", " and ",
    "account ", "a/c ", "021000021", " routing ", "BIC DEUTDEFF", "swift code: DEUTDEFF500 ", "0x52908400098527886E0F",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "****1234", "xx 12",
    "ending in 4321", "0x12ab...", "konto 12345678", " ", "-", ".", "\n", "IBAN", "O", "12", "a", "é", "•• 1234",
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join))
def test_a_pattern_that_is_not_searched_would_find_nothing(text: str) -> None:
    """Each match of a pattern has what a text must have before the pattern is searched in it."""
    for pattern, head in (
        (module._IBAN, module._IBAN_HEAD),
        (module._IBAN_SPELT, module._IBAN_SPELT_HEAD),
        (module._NAMED, module._LONG_NUMBER),
    ):
        assert not pattern.search(text) or head.search(text)
    for pattern, words in (
        (module._BIC, module._BIC_WORDS),
        (module._SORT_NAMED, module._SORT_WORDS),
        (module._BECH32, module._BECH32_WORDS),
    ):
        assert not pattern.search(text) or module._has(text.lower(), words)
    masked = module._has(text.lower(), module._MASKED_WORDS) or module._MASKED_DIGIT.search(text)
    assert masked or not module._MASKED.search(text)
