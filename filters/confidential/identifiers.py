"""Identifiers of people in a text: payment cards, national numbers, bank accounts, passports, dates of birth.

A number counts if its check digits are right, or if a word beside it says what it is. No number is shown whole. The
search is linear: a number begins at a group of digits and has few groups.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from stdnum import luhn
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs, upn, utr
from stdnum.ie import pps
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel

from filters.confidential.limits import Limits
from filters.confidential.passages import is_below
from filters.confidential.plain_text import says, small
from filters.confidential.quotes import masked
from gateway.contract import Evidence
from gateway.matching import IBAN_CHARACTERS, is_iban
from gateway.message import Passage

CARD: Final = "payment card"
ACCOUNT: Final = "bank account"
BIRTH: Final = "date of birth"

#: Identifiers of one message that are kept: more change nothing.
MAX_FOUND = 500
#: Groups of digits of one text, and numbers of neighbouring groups, that are looked at.
MAX_GROUPS = 20_000
#: Different numbers of one kind in a text whose check digits are worked out; a text of more is no list of people.
MAX_CANDIDATES = 500
#: Groups of digits that one number has at most, when it is written in groups: a card has five.
MAX_IN_NUMBER = 8
#: Characters between two groups of a number.
MAX_JOINT = 3
#: Characters on either side of a number in which a word says what it is.
NEAR = 60
#: Characters behind a word for passports in which their numbers stand: a list of travellers.
NEAR_LIST = 400
#: Digits of a payment card.
CARD_DIGITS = (13, 19)

#: Numbers that every programmer's test has; they are no card where the text says that its data were made up.
TEST_CARDS = frozenset(
    {"4111111111111111", "4242424242424242", "5555555555554444", "5105105105105100", "378282246310005"}
)

#: Signs between the groups of a number, and those that are enough near a word for cards.
_JOINTS = frozenset({" ", "-", "."})
_WIDE_JOINT = re.compile(r"[\s_/.,\u00b7-]+")
_DIGIT = re.compile(r"\d")
#: Digits of which a text must have some before patterns of six digits and more are searched.
_SIX_DIGITS = re.compile(r"\d(?:[ -]?\d){5}")
_GROUP = re.compile(r"(?<![^\W_])\d{1,30}(?![^\W_])")
_NINO = re.compile(
    r"(?<![^\W_])(?!BG|GB|NK|KN|TN|NT|ZZ)([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])[ -]?(\d\d)[ -]?(\d\d)[ -]?(\d\d)[ -]?"
    r"([A-D])(?![^\W_])"
)
_NINO_WORD = re.compile(r"\b(?:ni|nino|n\.i\.|national insurance)\b", re.IGNORECASE)
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11,30}(?![^\W_])")
_SORT_CODE = re.compile(r"(?<![\w\-/.])(\d\d)([- ])(\d\d)\2(\d\d)(?![\w\-/.])")
_ACCOUNT_NUMBER = re.compile(r"(?<![\w\-/.])(\d{8}|\d{4} \d{4})(?![\w\-/])")
#: Characters between a sort code and its account number.
_BETWEEN = 30
_LETTERED = re.compile(r"(?<![^\W_])(?=[A-Z0-9]*\d)[A-Z0-9]{8,18}(?![^\W_])")
_SPANISH = re.compile(r"(?<![^\W_])[XYZ]?\d{7,8}[- ]?[A-Z](?![^\W_])")
_ITALIAN = re.compile(r"[A-Z]{6}[0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]")
_PAN = re.compile(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]")
_LICENCE = re.compile(r"(?<![^\W_])[A-Z9]{5}[ ]?\d{6}[ ]?[A-Z9]{2}[ ]?\d[A-Z]{2}(?![^\W_])")
_PASSPORT = re.compile(r"(?<![^\W_])(?:[A-Z]{1,3} ?\d{6,8}|\d{9}|[A-Z]\d[A-Z0-9]{7}|\d{2}[A-Z]{2}\d{5})(?![^\W_])")
_PASSPORT_WORD = re.compile(
    r"\b(?:passports?|pp|passport no|reisep[a\u00e4]sse?|reisepass(?:nr|nummer)?|passeports?|pasaportes?|passaport[oi]|"
    r"paspoort(?:en|nummer)?|paszport\w{0,3})\b",
    re.IGNORECASE,
)
_BIRTH_WORD = re.compile(
    r"\b(?=[dbgnfu])(?:d\.?\s?o\.?\s?b\.?|dates? of birth|born(?: on)?|birthdays?|birth ?dates?|geb\.|"
    r"geboren(?: am| op)?|geburtsdatum|n\u00e9e?(?: le)?|date de naissance|nacid[oa](?: el)?|"
    r"fecha de nacimiento|nat[oa](?: il)?|"
    r"data di nascita|geboortedatum|ur\.|urodzon[ya]|data urodzenia|(?<=[\s,(])b\.)"
    r"[\s:=()]{0,4}(?:is |was )?(\d{1,2}(?:st|nd|rd|th)?[ ./-](?:\d{1,2}|[^\W\d_]{3,10})[ ./-]\d{2,4}|\d{4}-\d\d-\d\d)",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(
    r"\b(?:cards?|visa|master ?card|amex|american express|maestro|cvv2?|cvc2?|exp(?:iry|ires)?|kreditkarte\w*|carte|"
    r"tarjeta|carta|creditcard|karty?|kart\u0105)\b",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"\b(?:our|unsere?|notre|nuestra|nostro|onze|nasz\w{0,2}) (?:bank|account|iban|konto|bankverbindung|compte|cuenta|"
    r"conto|rekening)\b|\b(?:pay|remit|transfer) (?:it |this |them |the \w{1,20} )?(?:in)?to\b|\bpayable to\b|"
    r"\binvoice\b|\brechnung\b|\bfacture\b|\bfactura\b|\bfattura\b|\bfactuur\b|\bfaktur",
    re.IGNORECASE,
)
#: Name -> stems of the words (`says`), and the words.
_WORDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "nhs": (("nhs",), re.compile(r"\bnhs\b", re.IGNORECASE)),
    "utr": (
        ("utr", "unique taxpayer", "self assessment"),
        re.compile(r"\b(?:utr|unique taxpayer|self assessment)\b", re.IGNORECASE),
    ),
    "idnr": (("steuer", "idnr"), re.compile(r"steuer-?\s?(?:id|identifikation)|\bidnr\b", re.IGNORECASE)),
    "bsn": (
        ("bsn", "burgerservicenummer", "sofinummer"),
        re.compile(r"\b(?:bsn|burgerservicenummer|sofinummer)\b", re.IGNORECASE),
    ),
    "pesel": (("pesel",), re.compile(r"\bpesel\b", re.IGNORECASE)),
    "aadhaar": (("aadhaar", "adhar"), re.compile(r"\baadhaar\b|\badhar\b", re.IGNORECASE)),
    "upn": (("upn",), re.compile(r"\bupns?\b", re.IGNORECASE)),
    "pps": (("pps",), re.compile(r"\bppsn?\b", re.IGNORECASE)),
    "pan": (("pan",), re.compile(r"\bpan\b", re.IGNORECASE)),
    "ssn": (("ssn", "social security"), re.compile(r"\b(?:ssn|social security)\b", re.IGNORECASE)),
    "nir": (
        ("secu", "s\u00e9cu", "nir", "insee"),
        re.compile(r"s[e\u00e9]cu(?:rit[e\u00e9])?\b|\bnir\b|\binsee\b", re.IGNORECASE),
    ),
}
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a person; its number is for comparison alone."""

    kind: str
    number: str
    part: str

    @property
    def evidence(self) -> Evidence:
        """Evidence that shows its kind and its last characters."""
        shown = "" if self.kind == BIRTH else f" {masked(self.number, 4 if self.kind == CARD else 2)}"
        return Evidence("identifier", f"{self.kind}{shown}", self.part)


class _Number(NamedTuple):
    """Neighbouring groups of digits as one number; `is_close`: single blanks, dashes or dots join them."""

    digits: str
    lengths: tuple[int, ...]
    start: int
    end: int
    is_close: bool


def identifiers(
    passages: Sequence[Passage], limits: Limits, own_accounts: Collection[str] = (), *, made_up: bool = False
) -> list[Identifier]:
    """Return the different identifiers in the passages.

    `made_up`: the message says that its data are no people's, so that well-known test cards are none.
    """
    found: dict[tuple[str, str], Identifier] = {}
    for passage in passages:
        for kind, number in _in_text(passage.text, limits, is_letter=not is_below(passage)):
            if len(found) >= MAX_FOUND:
                return list(found.values())
            if number not in own_accounts and not (made_up and number in TEST_CARDS):
                found.setdefault((kind, number), Identifier(kind, number, passage.part))
    return list(found.values())


def _in_text(text: str, limits: Limits, *, is_letter: bool) -> Iterator[tuple[str, str]]:
    if not _DIGIT.search(text):
        return
    upper = text.upper() if len(text.upper()) == len(text) else text
    in_small = small(text)
    words = {name for name, (stems, pattern) in _WORDS.items() if says(in_small, *stems) and pattern.search(text)}
    has_six_digits = _SIX_DIGITS.search(text) is not None
    yield from _numbers(text, words, limits)
    if has_six_digits:
        yield from (("National Insurance number", "".join(one.groups())) for one in _ninos(text, upper))
    yield from _accounts(text, upper, limits, is_letter=is_letter)
    yield from _lettered(upper, words, limits)
    if has_six_digits:
        yield from _numbers_with_letters(upper, limits)
    yield from _passports(text)
    yield from ((BIRTH, " ".join(one[1].split())) for one in _BIRTH_WORD.finditer(text))
    if "ssn" in words:
        yield from (("Social Security number", one[0]) for one in _SSN.finditer(text))


def _places(pattern: re.Pattern[str], text: str) -> list[int]:
    return [one.start() for one in pattern.finditer(text)]


# --- numbers of digits -----------------------------------------------------------------------------------------------


def _numbers(text: str, words: Collection[str], limits: Limits) -> Iterator[tuple[str, str]]:
    cards: Sequence[int] | None = None
    ungrouped: dict[str, None] = {}
    checked = _Checked(luhn.is_valid, limits)
    said = [
        (kind, _Checked(is_valid, limits), length)
        for name, (kind, is_valid, length) in _NATIONAL.items()
        if name in words
    ]
    least = min([CARD_DIGITS[0], *(length for _, _, length in said)])
    for number in limits.first(_grouped(text, least, limits), MAX_GROUPS):
        if _looks_like_card(number.digits) and checked.is_valid(number.digits):
            cards = _places(_CARD_WORD, text) if cards is None else cards
            if len(number.lengths) > 1:
                if number.lengths in _CARD_GROUPS and (number.is_close or _is_near(cards, number)):
                    yield CARD, number.digits
            elif _is_near(cards, number):
                yield CARD, number.digits
            else:
                ungrouped[number.digits] = None
        for kind, national, length in said:
            if number.is_close and len(number.digits) == length and national.is_valid(number.digits):
                yield kind, number.digits
    if len(ungrouped) >= LISTED_CARDS:
        yield from ((CARD, one) for one in ungrouped)


#: Different cards without a word beside them from which on they are a list of cards, and no chance.
LISTED_CARDS = 3
_CARD_GROUPS = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)})
_NATIONAL: dict[str, tuple[str, Callable[[str], bool], int]] = {
    "nhs": ("NHS number", nhs.is_valid, 10),
    "utr": ("Unique Taxpayer Reference", utr.is_valid, 10),
    "idnr": ("German tax number", idnr.is_valid, 11),
    "bsn": ("Dutch citizen number", bsn.is_valid, 9),
    "pesel": ("Polish PESEL", pesel.is_valid, 11),
    "aadhaar": ("Indian Aadhaar", aadhaar.is_valid, 12),
    "nir": ("French social security number", nir.is_valid, 15),
}


def _grouped(text: str, least: int, limits: Limits) -> Iterator[_Number]:
    """Yield the numbers of `least` digits and more: groups of digits, alone or joined by a few blanks and signs."""
    groups = [(group.start(), group.end()) for group in limits.first(_GROUP.finditer(text), MAX_GROUPS)]
    for first, (start, end) in enumerate(groups):
        length, number, last, is_close = end - start, first, end, True
        while True:
            if length > CARD_DIGITS[1]:
                break
            if length >= least:
                within = groups[first : number + 1]
                digits = "".join([text[begins:ends] for begins, ends in within])
                yield _Number(digits, tuple([ends - begins for begins, ends in within]), start, last, is_close)
            number += 1
            if number == len(groups) or number - first == MAX_IN_NUMBER:
                break
            begins, ends = groups[number]
            if begins - last > MAX_JOINT:
                break
            joint = text[last:begins]
            is_close = is_close and joint in _JOINTS
            if not is_close and not _WIDE_JOINT.fullmatch(joint):
                break
            length, last = length + ends - begins, ends


class _Checked:
    """The check digits of numbers of one kind: each number is worked out once, and only so many are."""

    def __init__(self, is_valid: Callable[[str], bool], limits: Limits) -> None:
        self._is_valid = is_valid
        self._limits = limits
        self._known: dict[str, bool] = {}

    def is_valid(self, digits: str) -> bool:
        known = self._known.get(digits)
        if known is not None:
            return known
        if len(self._known) == MAX_CANDIDATES:
            self._limits.reached = True
            return False
        self._known[digits] = self._is_valid(digits)
        return self._known[digits]


def _looks_like_card(digits: str) -> bool:
    """Return whether a number is built as the cards of the larger networks are."""
    length = len(digits)
    if length < CARD_DIGITS[0] or not digits.isascii() or len(set(digits)) < 2:
        return False
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    return (
        (digits[0] == "4" and length in (13, 16, 19))
        or (length == 16 and (51 <= two <= 55 or 2221 <= four <= 2720))
        or (length == 15 and two in (34, 37))
        or (length == 16 and (four == 6011 or two == 65 or 644 <= three <= 649 or 3528 <= four <= 3589))
        or (length == 14 and (two in (36, 38) or 300 <= three <= 305))
    )


def _is_near(places: Sequence[int], number: _Number) -> bool:
    at = bisect_left(places, number.start - NEAR)
    return at < len(places) and places[at] <= number.end + NEAR


# --- numbers with letters --------------------------------------------------------------------------------------------


def _ninos(text: str, upper: str) -> Iterator[re.Match[str]]:
    """Yield National Insurance numbers: in capitals, or near the words in small letters."""
    found = list(_NINO.finditer(upper))
    said = bool(found) and _NINO_WORD.search(text) is not None
    yield from (one for one in found if said or text[one.start() : one.end()].isupper())


def _accounts(text: str, upper: str, limits: Limits, *, is_letter: bool) -> Iterator[tuple[str, str]]:
    """Yield bank accounts; one or two that the text asks to pay to, or below a letter, are a firm's own."""
    found: dict[str, None] = {}
    ibans = dict.fromkeys(one[0] for one in _IBAN.finditer(upper))
    for text_of_iban in limits.first(iter(ibans), MAX_CANDIDATES):
        if iban := _iban(text_of_iban):
            found[iban] = None
    for code in limits.first(_SORT_CODE.finditer(text), MAX_GROUPS // 4):
        rest = text[code.end() : code.end() + _BETWEEN]
        if number := _ACCOUNT_NUMBER.search(rest):
            found["".join((code[1], code[3], code[4], number[1].replace(" ", "")))] = None
    if found and (len(found) > ACCOUNTS_OF_ONE or (is_letter and not _PAID.search(text))):
        yield from ((ACCOUNT, one) for one in found)


#: Accounts that a firm's invoice or signature names at most.
ACCOUNTS_OF_ONE = 2


def _iban(text: str) -> str:
    """Return the IBAN at the beginning of a text, "" if there is none: words in capitals may follow it."""
    close = text.replace(" ", "").replace("-", "")
    number = close[: IBAN_CHARACTERS.get(close[:2], 0)]
    return number if number and is_iban(number) else ""


def _lettered(upper: str, words: Collection[str], limits: Limits) -> Iterator[tuple[str, str]]:
    italian, pupil, irish = (_Checked(one.is_valid, limits) for one in (codicefiscale, upn, pps))
    for one in _LETTERED.finditer(upper):
        number = one[0]
        if len(number) == 16 and _ITALIAN.fullmatch(number) and italian.is_valid(number):
            yield "Italian tax code", number
        elif "upn" in words and len(number) == 13 and pupil.is_valid(number):
            yield "Unique Pupil Number", number
        elif "pps" in words and len(number) in (8, 9) and irish.is_valid(number):
            yield "Irish PPS number", number
        elif "pan" in words and _PAN.fullmatch(number):
            yield "Indian PAN", number


def _numbers_with_letters(upper: str, limits: Limits) -> Iterator[tuple[str, str]]:
    spanish = _Checked(lambda number: dni.is_valid(number) or nie.is_valid(number), limits)
    for one in _SPANISH.finditer(upper):
        number = one[0].replace("-", "").replace(" ", "")
        if len(number) == 9 and spanish.is_valid(number):
            yield "Spanish identity number", number
    for one in _LICENCE.finditer(upper):
        yield "driving licence", one[0].replace(" ", "")


def _passports(text: str) -> Iterator[tuple[str, str]]:
    done = 0
    for word in _PASSPORT_WORD.finditer(text):
        start = max(word.end(), done)
        done = word.end() + NEAR_LIST
        if start < done:
            for one in _PASSPORT.finditer(text, start, done):
                yield "passport", one[0].replace(" ", "")
