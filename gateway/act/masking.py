"""Numbers left out of a text that our own people are sent: a notice must not carry the account that it warns of.

Nor a telephone number. It knows no formats: whatever could be such a number is left out, a date and a time too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LEFT_OUT = "[…]"
#: A sort code has so many; telephone and account numbers have more.
DIGITS = 6
#: A wallet's address may have few digits, but no word that holds one is as long.
WALLET_CHARACTERS = 20
#: Groups of letters in an IBAN; longer words are words.
_LETTERS = 4
_WORD = re.compile(r"[^\W_]+")
_GAP_CHARACTERS = 3

Span = tuple[int, int]


def masked(text: str) -> str:
    """The text with each run of groups that together have six digits or more, or that is a wallet, left out."""
    shown, at = [], 0
    for start, end in _numbers(text):
        shown += [text[at:start], LEFT_OUT]
        at = end
    return "".join(shown) + text[at:]


def _numbers(text: str) -> Iterator[Span]:
    for run in _runs(text):
        words = [text[start:end] for start, end in run]
        long = any(len(w) >= WALLET_CHARACTERS and _digits(w) for w in words)
        if long or sum(map(_digits, words)) >= DIGITS:
            yield run[0][0], run[-1][1]


def _runs(text: str) -> Iterator[list[Span]]:
    """Groups that stand close together, or in one word, from the first with a digit to the last with one."""
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
    """Of every script, superscripts and circled ones too."""
    return sum(c.isnumeric() for c in word)
