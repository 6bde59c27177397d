"""Amounts of money in a text: digits as several countries write them, thousands and millions, English number words.

An amount has a currency, and nothing is converted. A large number alone is an amount in an unknown currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

#: Words of a spelt number, at most: "one hundred and twenty five thousand four hundred and fifty".
MAX_SPELT_WORDS = 12

#: Sign or name of a currency -> its code in ISO 4217. `KR` are the crowns of several countries.
_NAMES = {
    **dict.fromkeys(("\u00a3", "pound", "pounds", "quid", "sterling", "pfund", "livres", "libras", "sterline"), "GBP"),
    **dict.fromkeys(("pond", "funtow", "funt\u00f3w"), "GBP"),
    **dict.fromkeys(("\u20ac", "euro", "euros", "eur"), "EUR"),
    **dict.fromkeys(("$", "us$", "dollar", "dollars", "dolar", "dolares", "dollari"), "USD"),
    **dict.fromkeys(("z\u0142", "zl", "zloty", "zlotys", "zlotych", "z\u0142oty", "z\u0142otych"), "PLN"),
    **{"\u00a5": "JPY", "yen": "JPY", "\u20b9": "INR", "rupees": "INR", "rs": "INR", "franken": "CHF", "sfr": "CHF"},
    **dict.fromkeys(("kr", "kronor", "kroner", "kronen", "crowns"), "KR"),
    **{"ca$": "CAD", "cad$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "hk$": "HKD", "nz$": "NZD", "s$": "SGD"},
    **{"sg$": "SGD", "nt$": "TWD", "r$": "BRL", "mx$": "MXN", "rmb": "CNY", "yuan": "CNY", "rand": "ZAR", "lei": "RON"},
    **{"\u20bd": "RUB", "roubles": "RUB", "rubles": "RUB", "\u20ba": "TRY", "lira": "TRY", "\u20b4": "UAH"},
    **{"\u20a9": "KRW", "\u20a6": "NGN", "\u0e3f": "THB", "\u20aa": "ILS", "dirhams": "AED", "forint": "HUF"},
}
_CODES = (
    *("GBP", "EUR", "USD", "CHF", "PLN", "CZK", "HUF", "SEK", "DKK", "NOK", "RON", "BGN", "AUD", "CAD", "NZD"),
    *("JPY", "CNY", "INR", "ZAR", "AED", "SGD", "HKD", "ILS", "MXN", "BRL", "KRW"),
    *("RUB", "UAH", "TWD", "THB", "MYR", "IDR", "VND", "SAR", "QAR", "KWD", "BHD", "OMR", "JOD", "EGP", "NGN", "KES"),
    *("GHS", "TND", "ARS", "CLP", "UYU", "ISK", "RSD", "KZT", "PKR", "LKR", "BDT"),
)
#: Codes that are words too: beside a small number they are none ("5 pen", "PHP 8.1").
_WORD_CODES = ("TRY", "PHP", "COP", "PEN", "MAD", "GEL")
_CURRENCIES = {**_NAMES, **{code.lower(): code for code in (*_CODES, *_WORD_CODES)}}
#: The code of an unknown currency in ISO 4217, and the value from which on a number alone is an amount.
UNKNOWN = "XXX"
LEAST_ALONE = 1_000
#: Words behind a number that say that it counts something else than money.
_COUNTED = (
    *("units", "unit", "pieces", "pcs", "items", "copies", "sheets", "pages", "words", "people", "users", "hours"),
    *("kg", "g", "km", "m", "mm", "m2", "m3", "miles", "litres", "liters", "tonnes", "tons", "kwh", "mwh", "sq", "ft"),
    *("rpm", "steps", "shares", "seats", "licences", "licenses", "st\u00fcck", "stueck", "stuck", "stuks", "sztuk"),
)
_FRACTIONS = {"\u00bc": "25", "\u00bd": "5", "\u00be": "75", "\u2153": "33", "\u2154": "67"}
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
_SCALES = {"thousand": 1_000, "grand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25")}
#: Multiplying words that stand behind a number without a currency; others, such as "m", may be metres.
_TIMES_ALONE = (
    *("k", "thousand", "grand", "tausend", "tsd", "mn", "mio", "million", "millions", "millionen", "millones"),
    *("milioni", "miljoen", "mln", "bn", "billion", "mrd", "lakh", "lakhs", "crore", "crores"),
)


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(one) + (r"(?![^\W\d_])" if one[-1].isalpha() else "") for one in longest_first)


_FRACTION = re.compile(rf"(?:(?P<whole>[0-9]{{1,15}}) ?)?(?P<sign>[{''.join(_FRACTIONS)}])")
_SPACE = " \u00a0\u2007\u2009\u202f"
_SEPARATORS = rf"'\u2019\u00b7_{_SPACE}"  # between thousands, whatever the decimal sign
_GROUPS = rf"[0-9]{{1,3}}(?:[.,{_SEPARATORS}][0-9]{{2,3}}(?![0-9])){{1,5}}(?:[.,][0-9]{{1,2}}(?![0-9]))?"
_NUMBER = rf"{_GROUPS}|[0-9]{{1,15}}(?:[.,][0-9]{{1,4}})?"
_CURRENCY = _any_of(_CURRENCIES)
_TIMES_WORD = rf"(?P<half{{0}}> and a half)?(?:[{_SPACE}]?(?P<times{{0}}>{_any_of(_TIMES)})\.?)?"
_GAP = rf"[{_SPACE}]?(?:[:=.()][{_SPACE}]?){{0,3}}"
_BEFORE = rf"(?<![^\W_])(?P<currency0>{_CURRENCY}){_GAP}(?P<number0>{_NUMBER}){_TIMES_WORD.format(0)}"
_BEHIND = (
    rf"(?<![\w.,])(?P<number1>{_NUMBER}){_TIMES_WORD.format(1)}"
    rf"(?:[.,]?-{{1,2}}|,\u2014)?[{_SPACE}]?\(?(?:d['\u2019]|de |of |di )?(?P<currency1>{_CURRENCY})"
)
_AMOUNT = re.compile(f"{_BEFORE}|{_BEHIND}")
_WORD = r"(?:" + "|".join((*_SPELT, *_SCALES, *_PARTS, "hundred")) + r")"
_NOT_BEHIND = r"(?<![^\W_])(?<![0-9] )(?<![0-9] and )"
_SPELT_NUMBER = rf"{_WORD}(?:(?:[ -]| and | of ){_WORD}){{0,{MAX_SPELT_WORDS - 1}}}"
_SPELT_OUT = re.compile(rf"{_NOT_BEHIND}(?P<number>{_SPELT_NUMBER}) (?:of )?(?P<currency>{_CURRENCY})")
_COUNT = rf"(?![{_SPACE}]?(?:{_any_of(_COUNTED)}))"
_ALONE = re.compile(
    rf"(?<![\w.,/#+-])(?:(?P<number1>[1-9][0-9]{{0,2}}(?:(?P<mark>[.,'\u2019\u00b7_])[0-9]{{3}})"
    rf"(?:(?P=mark)[0-9]{{3}}){{0,3}}(?:[.,][0-9]{{1,2}})?)(?![\w/]|[.,'\u2019\u00b7_-][0-9]){_COUNT}"
    rf"|(?P<number2>[0-9]{{1,6}}(?:[.,][0-9]{{1,3}})?)(?P<half2> and a half)?"
    rf"[{_SPACE}]?(?P<times2>{_any_of(_TIMES_ALONE)}){_COUNT})"
)
_SPELT_ALONE = re.compile(
    rf"{_NOT_BEHIND}(?P<number>{_SPELT_NUMBER})(?<=thousand|.million|.billion|...grand)(?![^\W_]){_COUNT}"
)


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """An amount in a currency, by its code in ISO 4217."""

    currency: str
    value: Decimal

    def __str__(self) -> str:
        value = f"{self.value:,.2f}".removesuffix(".00")
        return f"{value}, of a currency that isn't named" if self.currency == UNKNOWN else f"{value} {self.currency}"


def amounts_in(text: str) -> Iterator[Amount]:
    """Yield the amounts in a text that have a currency, whatever its case."""
    return (one for _, one in _amounts(_small(text)))


def all_amounts(text: str) -> Iterator[Amount]:
    """Yield the amounts in a text that have a currency, then the large numbers that don't count something else."""
    small = _small(text)
    known = bytearray(len(small))
    for (start, end), one in _amounts(small):
        known[start:end] = b"\1" * (end - start)
        yield one
    yield from _amounts_alone(small, known)


def _amounts_alone(small: str, known: bytearray) -> Iterator[Amount]:
    """Yield the amounts without a currency; `known`: the places of those that have one."""
    for match in _ALONE.finditer(small):
        if not any(known[match.start() : match.end()]):
            which = "1" if match["number1"] else "2"
            value = _value(match[f"number{which}"])
            if which == "2":
                value = _times(value, match["half2"], match["times2"])
            if value >= LEAST_ALONE:
                yield Amount(UNKNOWN, value)
    for match in _SPELT_ALONE.finditer(small):
        words = match["number"].replace("-", " ").removeprefix("a ").split()
        if len(words) > 1 and not any(known[match.start() : match.end()]):
            yield Amount(UNKNOWN, _spelt(match["number"]))


def with_decimals(text: str) -> str:
    """Return the text with decimals in place of signs for fractions: folding would write `1½` as `11/2`."""
    return _FRACTION.sub(_decimal, text)


def _decimal(found: re.Match[str]) -> str:
    return f"{found['whole'] or 0}.{_FRACTIONS[found['sign']]}"


def _small(text: str) -> str:
    return with_decimals(text).casefold()


def _amounts(small: str) -> Iterator[tuple[tuple[int, int], Amount]]:
    """Yield the places of the amounts in a text, and the amounts."""
    ends = set()
    for match in _AMOUNT.finditer(small):
        ends.add(match.end())
        which = "0" if match["currency0"] else "1"
        code = _CURRENCIES[match[f"currency{which}"]]
        value = _times(_value(match[f"number{which}"]), match[f"half{which}"], match[f"times{which}"])
        if code not in _WORD_CODES or value >= LEAST_ALONE:
            yield match.span(), Amount(code, value)
    for match in _SPELT_OUT.finditer(small):
        if match.end() in ends:  # the end of a number in digits, such as "38 and a half grand"
            continue
        yield match.span(), Amount(_CURRENCIES[match["currency"]], _spelt(match["number"]))


def _times(value: Decimal, half: str | None, times: str | None) -> Decimal:
    return (value + (_PARTS["half"] if half else 0)) * _TIMES.get(times or "", 1)


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
    if number.isdecimal():
        return Decimal(number)
    bare = re.sub(rf"[{_SEPARATORS}]", "", number)
    kinds = {one for one in bare if one in ".,"}
    last = max(bare.rfind("."), bare.rfind(","))
    behind = len(bare) - last - 1
    if last >= 0 and behind != 3 and (len(kinds) == 2 or bare.count(bare[last]) == 1):
        whole, fraction = bare[:last], bare[last + 1 :]
    else:
        whole, fraction = bare, ""
    return Decimal(re.sub("[.,]", "", whole) + (f".{fraction}" if fraction else ""))


def _spelt(words: str) -> Decimal:
    """Return the value of an English number in words."""
    total, part, scale, before = Decimal(0), Decimal(0), 1, ""
    for word in words.replace("-", " ").split():
        if word in _PARTS:
            share = _PARTS[word]
            if before == "a":
                part = part - 1 + share
            elif before in _SPELT:
                part *= share
            else:
                part += share
            if scale > 1 and part == share:
                total, part = total + share * scale, Decimal(0)
        elif word == "a" and (before in _PARTS or before == "of"):
            pass
        elif word in _SPELT:
            part += _SPELT[word]
        elif word == "hundred":
            part = (part or Decimal(1)) * 100
        elif word in _SCALES:
            scale = _SCALES[word]
            total += (part or Decimal(1)) * scale
            part = Decimal(0)
        before = word
    return total + part
