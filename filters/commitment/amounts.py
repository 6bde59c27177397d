"""Amounts of money in a text: digits as several countries write them, thousands and millions, English number words.

An amount has a currency: a number alone is none. Nothing is converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

#: Characters of a text that are searched: as many as the text rules read.
MAX_CHARACTERS = 60_000
#: Words of a spelt number, at most: "one hundred and twenty five thousand four hundred and fifty".
MAX_SPELT_WORDS = 12

#: Sign or name of a currency -> its code in ISO 4217. `KR` are the crowns of several countries.
_NAMES = {
    **dict.fromkeys(("\u00a3", "pound", "pounds", "quid", "sterling", "pfund", "livres", "libras", "sterline"), "GBP"),
    **dict.fromkeys(("pond", "funtow", "funt\u00f3w"), "GBP"),
    **dict.fromkeys(("\u20ac", "euro", "euros", "eur"), "EUR"),
    **dict.fromkeys(("$", "us$", "dollar", "dollars", "dolar", "dolares", "dollari"), "USD"),
    **dict.fromkeys(("z\u0142", "zl", "zloty", "zlotys", "zlotych", "z\u0142oty", "z\u0142otych"), "PLN"),
    **{"\u00a5": "JPY", "yen": "JPY", "\u20b9": "INR", "rupees": "INR", "franken": "CHF", "sfr": "CHF", "kr": "KR"},
}
_CODES = (
    *("GBP", "EUR", "USD", "CHF", "PLN", "CZK", "HUF", "SEK", "DKK", "NOK", "RON", "BGN", "AUD", "CAD", "NZD"),
    *("JPY", "CNY", "INR", "ZAR", "AED", "SGD", "HKD", "ILS", "MXN", "BRL", "KRW"),
)
_CURRENCIES = {**_NAMES, **{code.lower(): code for code in _CODES}}
#: Words behind a number that multiply it.
_TIMES = {
    **dict.fromkeys(("k", "thousand", "grand", "tausend", "tsd", "mille", "mil", "mila", "duizend", "tys"), 1_000),
    **dict.fromkeys(("tysiecy", "tysi\u0119cy"), 1_000),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions", "millionen", "millones", "milioni"), 1_000_000),
    **dict.fromkeys(("miljoen", "mln", "milion", "milionow", "milion\u00f3w"), 1_000_000),
    **dict.fromkeys(("bn", "billion", "billions", "mrd", "milliarden", "milliards"), 1_000_000_000),
    **{"lakh": 100_000, "lakhs": 100_000, "crore": 10_000_000, "crores": 10_000_000},
}
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SPELT = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    "a": 1,
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(one) + (r"(?![^\W\d_])" if one[-1].isalpha() else "") for one in longest_first)


_GROUPS = r"[0-9]{1,3}(?:[., '\u2019\u00a0\u202f][0-9]{2,3}(?![0-9])){1,5}(?:[.,][0-9]{1,2}(?![0-9]))?"
_NUMBER = rf"{_GROUPS}|[0-9]{{1,15}}(?:[.,][0-9]{{1,4}})?"
_CURRENCY = _any_of(_CURRENCIES)
_TIMES_WORD = rf"(?:[ \u00a0]?(?P<times{{0}}>{_any_of(_TIMES)})\.?)?"
_BEFORE = rf"(?<![^\W_])(?P<currency0>{_CURRENCY})[ \u00a0]?(?P<number0>{_NUMBER}){_TIMES_WORD.format(0)}"
_BEHIND = (
    rf"(?<![\w.,])(?P<number1>{_NUMBER}){_TIMES_WORD.format(1)}"
    rf"(?:[.,]?-{{1,2}}|,\u2014)?[ \u00a0]?(?P<currency1>{_CURRENCY})"
)
_AMOUNT = re.compile(f"{_BEFORE}|{_BEHIND}")
_WORD = r"(?:" + "|".join((*_SPELT, *_SCALES)) + r")"
_SPELT_NUMBER = rf"{_WORD}(?:(?:[ -]| and ){_WORD}){{0,{MAX_SPELT_WORDS - 1}}}"
_SPELT_OUT = re.compile(rf"(?<![^\W_])(?<![0-9] )(?P<number>{_SPELT_NUMBER}) (?:of )?(?P<currency>{_CURRENCY})")


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """An amount in a currency, by its code in ISO 4217."""

    currency: str
    value: Decimal

    def __str__(self) -> str:
        value = f"{self.value:,.2f}".removesuffix(".00")
        return f"{value} {self.currency}"


def amounts_in(text: str) -> Iterator[Amount]:
    """Yield the amounts in a text, whatever its case."""
    small = text[:MAX_CHARACTERS].casefold()
    for match in _AMOUNT.finditer(small):
        which = "0" if match["currency0"] else "1"
        times = _TIMES.get(match[f"times{which}"] or "", 1)
        yield Amount(_CURRENCIES[match[f"currency{which}"]], _value(match[f"number{which}"]) * times)
    for match in _SPELT_OUT.finditer(small):
        yield Amount(_CURRENCIES[match["currency"]], Decimal(_spelt(match["number"])))


def largest(amounts: Iterable[Amount]) -> dict[str, Amount]:
    """Return the largest amount in each currency."""
    found: dict[str, Amount] = {}
    for one in amounts:
        if one.currency not in found or one.value > found[one.currency].value:
            found[one.currency] = one
    return found


def _value(number: str) -> Decimal:
    """Return the value of digits with their separators.

    The last of two kinds of separators is the decimal one; so is a single separator, unless three digits follow it.
    """
    bare = re.sub(r"[ '\u2019\u00a0\u202f]", "", number)
    kinds = {one for one in bare if one in ".,"}
    last = max(bare.rfind("."), bare.rfind(","))
    behind = len(bare) - last - 1
    if last >= 0 and behind != 3 and (len(kinds) == 2 or bare.count(bare[last]) == 1):
        whole, fraction = bare[:last], bare[last + 1 :]
    else:
        whole, fraction = bare, ""
    return Decimal(re.sub("[.,]", "", whole) + (f".{fraction}" if fraction else ""))


def _spelt(words: str) -> int:
    """Return the value of an English number in words."""
    total = part = 0
    for word in words.replace("-", " ").split():
        if word in _SPELT:
            part += _SPELT[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total += max(part, 1) * _SCALES[word]
            part = 0
    return total + part
