"""Account identifiers: IBAN, UK or US account, BIC, wallet; checked by their check digits.

Pure. The text must be nothing but an identifier: the code that reads a running text must find the identifiers in it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

Kind = Literal["iban", "uk", "us", "bic", "wallet", "other"]

#: Characters of an identifier. A wallet's address is the longest, 90 characters (BIP 173); with blanks, twice that.
ACCOUNT_CHARACTERS = 180

#: ISO 13616, the IBAN registry: the form behind the check digits, in lengths of digits (n), letters (a) and either (c),
#: and the countries that have it.
_NATIONAL_NUMBERS = {
    "11n": "NO",
    "12n": "BE",
    "14n": "DK FI FO GL SD",
    "2a12n": "FK",
    "3n10c2n": "MK",
    "15n": "SI",
    "16n": "AT BA EE LT MN XK",
    "3n13c": "KZ LU",
    "4a10n": "NL",
    "5n12c": "CH LI",
    "17n": "HR",
    "4a13c": "LV",
    "4a6n8c": "BG",
    "4a14c": "BH",
    "18n": "CR DE ME RS VA",
    "4a14n": "GB IE",
    "2a16n": "GE",
    "19n": "AE IL SO TL",
    "4a15c": "GI",
    "4a15n": "IQ",
    "3n16c": "OM",
    "8n12c": "AD",
    "20n": "CZ ES SE SK TN",
    "20c": "MD",
    "4a16c": "PK RO",
    "2n18c": "SA",
    "4a16n": "VG",
    "21n": "LY PT ST",
    "22n": "IS",
    "6n16c": "TR",
    "23n": "BI DJ MR",
    "10n11c2n": "FR MC",
    "7n16c": "GR",
    "1a10n12c": "IT SM",
    "8n16c": "AL CY",
    "4a20c": "AZ",
    "4c4n16c": "BY",
    "4c20n": "DO",
    "24c": "GT",
    "4a20n": "HN NI SV",
    "24n": "HU PL",
    "4n20c": "LB",
    "23n1a1c": "BR",
    "25n": "EG",
    "4a21c": "PS QA",
    "6n19c": "UA",
    "4a4n18c": "JO YE",
    "4a22c": "KW",
    "4a19n3a": "MU",
    "4a5n18c": "MT",
    "4a20n3a": "SC",
    "4a24c": "LC",
    "14n15c": "RU",
}
_CHARACTERS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_STRETCH = re.compile(r"(\d+)([nac])")
_NATIONAL_NUMBER_OF = {code: form for form, codes in _NATIONAL_NUMBERS.items() for code in codes.split()}
#: The country's code -> characters of its IBANs.
IBAN_CHARACTERS = {
    code: 4 + sum(int(count) for count, _ in _STRETCH.findall(form)) for code, form in _NATIONAL_NUMBER_OF.items()
}
_IBAN_OF = {
    code: re.compile(
        rf"{code}\d\d{''.join(f'{_CHARACTERS[kind]}{{{count}}}' for count, kind in _STRETCH.findall(form))}", re.ASCII
    )
    for code, form in _NATIONAL_NUMBER_OF.items()
}
#: Countries whose banks have a BIC and no IBAN (ISO 3166), the larger ones.
_OTHER_COUNTRIES = (
    "AR AU BD BM BO BS CA CL CN CO EC GG HK ID IM IN JE JM JP KE KH KR KY LK MA MX MY NG NZ PA PE PH PY SG TH TW TZ UG "
    "US UY VE VN ZA"
)
_BIC_COUNTRIES = frozenset(IBAN_CHARACTERS) | frozenset(_OTHER_COUNTRIES.split())

_BLANKS_AND_DASHES = re.compile(r"[\s\u00ad\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff-]+")
_DASH = r"[\s\u2010-\u2015\u2212-]*"
_UK = re.compile(rf"(\d\d){_DASH}(\d\d){_DASH}(\d\d)[\s/,;|:-]*(\d{{4}})\s?(\d{{4}})", re.ASCII)
_US = re.compile(r"(\d{9})[\s/,;|:-]+(\d[\d -]{2,20}\d)", re.ASCII)
_BIC = re.compile(r"[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_HEX_WALLET = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_BECH32 = re.compile(r"(bc|ltc)1([02-9ac-hj-np-z]{11,87})", re.ASCII)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{26,35}", re.ASCII)

_BASE58_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32_DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANTS = (1, 0x2BC830A3)  # BIP 173, BIP 350
#: Octets of an address in base 58: its version, a digest of 20, and 4 to check them.
_BASE58_BYTES = 25


def recognise(text: str) -> tuple[Kind, str] | None:
    """Return the kind and the number, in upper case without blanks and dashes; None for any other text.

    A UK account is sort code and account number. A US account is routing number and account number, with a separator
    between them.
    """
    if len(text) > ACCOUNT_CHARACTERS:
        return None
    plain = unicodedata.normalize("NFKC", text).strip()
    return next(_readings(plain), None)


def _readings(plain: str) -> Iterator[tuple[Kind, str]]:
    close = _BLANKS_AND_DASHES.sub("", plain)
    upper = close.upper()
    if is_iban(bare := upper.removeprefix("IBAN").lstrip(":")):
        yield "iban", bare
    if uk := _UK.fullmatch(plain):
        yield "uk", "".join(uk.groups())
    if (us := _US.fullmatch(plain)) and is_routing_number(us[1]):
        yield "us", us[1] + re.sub(r"\D", "", us[2])
    if is_wallet(close):
        yield "wallet", upper
    if is_bic(upper):
        yield "bic", upper


def is_iban(number: str) -> bool:
    """Return whether a number is built as its country's are, and leaves 1 when divided by 97 (ISO 13616, ISO 7064)."""
    form = _IBAN_OF.get(number[:2])
    if not form or not form.fullmatch(number):
        return False
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def is_routing_number(digits: str) -> bool:
    """Return whether nine digits have the American Bankers Association's checksum; all zeros is no such number."""
    if not re.fullmatch(r"\d{9}", digits, re.ASCII) or not int(digits):
        return False
    return sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def is_bic(number: str) -> bool:
    """Return whether a number has eight or eleven characters with a country in the middle (ISO 9362).

    A BIC has no checksum.
    """
    found = _BIC.fullmatch(number)
    return found is not None and found[1] in _BIC_COUNTRIES


def is_wallet(number: str) -> bool:
    """Return whether a number is a wallet: Bitcoin, Litecoin and Tron by their checksums, Ethereum by its form.

    Few write Ethereum's checksum.
    """
    if _HEX_WALLET.fullmatch(number):
        return True
    lower = number.lower() if number in (number.lower(), number.upper()) else ""
    if bech32 := _BECH32.fullmatch(lower):
        return _bech32_checksum(bech32[1], bech32[2]) in _BECH32_CONSTANTS
    return bool(_BASE58.fullmatch(number)) and _base58_is_whole(number)


def _base58_is_whole(number: str) -> bool:
    value = 0
    for character in number:
        value = value * 58 + _BASE58_DIGITS.index(character)
    if value >= 1 << 8 * _BASE58_BYTES:
        return False
    octets = value.to_bytes(_BASE58_BYTES, "big")
    return hashlib.sha256(hashlib.sha256(octets[:-4]).digest()).digest()[:4] == octets[-4:]


def _bech32_checksum(network: str, data: str) -> int:
    values = [ord(c) >> 5 for c in network] + [0] + [ord(c) & 31 for c in network]
    check = 1
    for value in [*values, *map(_BECH32_DIGITS.index, data)]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check
