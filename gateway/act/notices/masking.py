"""Removal of numbers from a text for our own people: a notice must not carry the account that it warns of.

A telephone number and the name of a bank are left out too. The module knows few formats: whatever could be such a
number is left out, a date and a time too, and letters that the eye takes for digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from gateway.matching.accounts import IBAN_CHARACTERS, is_bic

LEFT_OUT = "[…]"
#: The least number of digits in a run that is left out. A sort code has six; telephone and account numbers have more.
DIGITS = 6
#: The least number of digits in a run that is left out where the whole text has six or more: words between the runs
#: don't hide a number.
DIGITS_OF_A_PIECE = 2
#: The least length of a word with a digit that is taken for a wallet's address. Such an address may have few digits,
#: but no other word with a digit is as long.
WALLET_CHARACTERS = 20
#: The most letters in a group of an IBAN; a longer group is an ordinary word.
_LETTERS = 4
_WORD = re.compile(r"[^\W_]+")
_GAP_CHARACTERS = 3
#: Letters that look like noughts and ones. In a word without a digit only noughts count: `Ill` is an ordinary word.
_NOUGHTS, _LIKE_DIGITS = frozenset("Oo"), frozenset("OoIl")
#: The head of an IBAN: country, check digits and the bank's four letters, where it has any: `gb29 nwbk`.
_HEAD = re.compile(r"(?<![^\W_])([A-Za-z]{2})[0-9]{2}[\W_]{0,3}[A-Za-z]{4}(?![^\W\d_])")
_UNSEEN = "Cf"
_BIC_WORDS = frozenset({"bic", "swift"})
_BETWEEN = frozenset({"code", "is", "no", "nr", "number"})

Span = tuple[int, int]


def masked(text: str) -> str:
    """Return the text without each run of groups that together have six digits or more, or that is a wallet.

    Where the text has six digits in all, each run of two digits or more is left out; runs of single digits are left out
    once they have six together. BICs and the heads of IBANs are left out too, and so are invisible characters, which
    cut words up.
    """
    text = "".join(c for c in text if unicodedata.category(c) != _UNSEEN)
    shown, at = [], 0
    for start, end in _merged(text, [*_numbers(text), *_banks(text)]):
        shown += [text[at:start], LEFT_OUT]
        at = end
    return "".join(shown) + text[at:]


def _numbers(text: str) -> Iterator[Span]:
    runs = [[(span, text[slice(*span)]) for span in run] for run in _runs(text)]
    counts = [sum(_digits(word) for _, word in run) for run in runs]
    least = DIGITS if sum(counts) < DIGITS else DIGITS_OF_A_PIECE
    if sum(count for count in counts if count < least) >= DIGITS:
        least = 1
    for run, count in zip(runs, counts, strict=True):
        if count >= least or any(len(word) >= WALLET_CHARACTERS for _, word in run if _digits(word)):
            yield run[0][0][0], run[-1][0][1]


def _banks(text: str) -> Iterator[Span]:
    """Yield BICs, in upper case or in any case behind a word that announces one, and the heads of IBANs."""
    named = False
    for match in _WORD.finditer(text):
        word = match[0]
        if is_bic(word.upper()) and (named or word.isupper()):
            yield match.span()
        named = word.lower() in _BIC_WORDS or (named and word.lower() in _BETWEEN)
    yield from (match.span() for match in _HEAD.finditer(text) if match[1].upper() in IBAN_CHARACTERS)


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order; spans that overlap or stand close together become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        before = merged[-1] if merged else (0, -1)
        between = text[before[1] : start]
        if merged and len(between) <= _GAP_CHARACTERS and not _WORD.search(between):
            merged[-1] = before[0], max(before[1], end)
        else:
            merged.append((start, end))
    return merged


def _runs(text: str) -> Iterator[list[Span]]:
    """Yield groups that stand close together or in one word, from the first with a digit to the last with one."""
    run: list[Span] = []
    for word in _WORD.finditer(text):
        gap = text[run[-1][1] : word.start()] if run else ""
        joined = bool(run) and not any(map(str.isspace, gap))
        near = len(gap) <= _GAP_CHARACTERS and _may_belong(word[0])
        if run and not (joined or near):
            yield from _trimmed(text, run)
            run = []
        if joined or _may_belong(word[0]):
            run.append(word.span())
    yield from _trimmed(text, run)


def _trimmed(text: str, run: list[Span]) -> Iterator[list[Span]]:
    with_digits = [n for n, (start, end) in enumerate(run) if _digits(text[start:end])]
    if with_digits:
        yield run[with_digits[0] : with_digits[-1] + 1]


def _may_belong(word: str) -> bool:
    return _digits(word) > 0 or (len(word) <= _LETTERS and word.isupper())


def _digits(word: str) -> int:
    """Count the digits of every script, superscripts and circled digits too, and letters that look like digits."""
    count = sum(map(str.isnumeric, word))
    letters = {c for c in word if not c.isnumeric()}
    like_digits = letters <= _LIKE_DIGITS if count else len(word) > 1 and letters <= _NOUGHTS
    return len(word) if like_digits else count
