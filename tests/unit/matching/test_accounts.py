"""One account identifier: what kind it is, how it is normalised, and which slip of a digit is noticed."""

from __future__ import annotations

import pytest

from gateway.matching.accounts import ACCOUNT_CHARACTERS, IBAN_CHARACTERS, is_iban, recognise


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("GB29 NWBK 6016 1331 9268 19", "iban", "GB29NWBK60161331926819"),
        ("iban: de89-3704-0044-0532-0130-00", "iban", "DE89370400440532013000"),
        ("\uff24\uff25" + "89370400440532013000", "iban", "DE89370400440532013000"),
        ("NO93\u00a086011117947", "iban", "NO9386011117947"),
        ("MT84\u200bMALT011000012345MTLCAST001S", "iban", "MT84MALT011000012345MTLCAST001S"),
        ("60-16-13 31926819", "uk", "60161331926819"),
        ("60 16 13 / 3192 6819", "uk", "60161331926819"),
        ("60161331926819", "uk", "60161331926819"),
        ("60\u201316\u201313, 31926819", "uk", "60161331926819"),
        ("021000021 123456789", "us", "021000021123456789"),
        ("021000021/1234-5678", "us", "02100002112345678"),
        ("deutdeff", "bic", "DEUTDEFF"),
        ("NWBK GB 2L XXX", "bic", "NWBKGB2LXXX"),
        ("0x9aF3c27bE5D01c44e8820B6f1d7A9E3c55D2b610", "wallet", "0X9AF3C27BE5D01C44E8820B6F1D7A9E3C55D2B610"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet", "1A1ZP1EP5QGEFI2DMPTFTL5SLMV7DIVFNA"),
        (
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "wallet",
            "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ",
        ),
        (
            "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ",
            "wallet",
            "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ",
        ),
    ],
)
def test_what_is_recognised(text: str, kind: str, number: str) -> None:
    """However it is written, the same account is the same number."""
    assert recognise(text) == (kind, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GB29 NWBK 6016 1331 9268 18",  # a digit is wrong
        "GB29 NWBK 6016 1331 9286 19",  # two changed places
        "GB29NWBK6016133192681",  # too short for the country
        "ZZ29NWBK60161331926819",  # no such country
        "60-16-13 3192681",  # seven digits
        "60-16-13 319268190",
        "021000022 123456789",  # the routing number's checksum
        "000000000 123456789",
        "021000021123456789",  # nothing between: fifteen to twenty-six digits may be anything
        "12345678",
        "INVOICES",
        "0x9aF3c27bE5D01c44e8820B6f1d7A9E3c55D2b61",  # 39 digits
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
        "bc1qAR0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",  # mixed case is no bech32
        "z" * 35,
        "\u0666\u0660-16-13 31926819",  # digits of another script that NFKC leaves alone
        "please pay GB29 NWBK 6016 1331 9268 19",
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    """A slip of a digit, a length that no country has, or running text."""
    assert recognise(text) is None


@pytest.mark.parametrize(("blanks", "found"), [(-1, True), (0, True), (1, False)])
def test_the_longest_text_that_is_looked_at(blanks: int, found: bool) -> None:
    """One character more and it isn't read at all."""
    number = "DE89370400440532013000"
    text = number + " " * (ACCOUNT_CHARACTERS - len(number) + blanks)
    assert (recognise(text) is not None) is found


@pytest.mark.parametrize("number", ["DE00370400440532013000", "DE89370400440532013000"])
def test_the_check_digits_of_an_iban(number: str) -> None:
    """98 minus the rest: 00 is never right."""
    assert is_iban(number) is number.startswith("DE89")


def test_every_country_has_one_length() -> None:
    """Two letters, and between the shortest and the longest that ISO 13616 has."""
    assert all(len(code) == 2 and 15 <= length <= 33 for code, length in IBAN_CHARACTERS.items())
    assert len(IBAN_CHARACTERS) > 80
