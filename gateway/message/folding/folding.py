"""Text made ready for matching: texts that look the same to a person are the same. Pure, linear in the length.

The passes, in this order: right-to-left overrides are undone, characters made plain, look-alikes in words made Latin,
letters in numbers made digits, letter case folded, disguised words put right, and all white space made one blank, or
one line break between paragraphs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.characters.latin import LATIN
from gateway.message.folding.characters import CONTROLS, foreign_in, has_controls, lengthened, plain
from gateway.message.folding.disguises import has_slips, slips, spelt_by_digits, with_digits
from gateway.message.folding.layers import Folded, Layered
from gateway.message.folding.letters_apart import has_letters_apart, joined, plain_words

__all__ = ["Folded", "fold"]

_OVERRIDE = re.compile("[\u202d\u202e]")
#: Text shown from right to left: up to the end of the override, or of its paragraph (UAX 9, X7 and P1).
_REVERSED = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n\r\u2029]++)\u202c?+")
_FOREIGN_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]*+[^\W\d_\x00-\x7f]\w*+")
_LATIN_LETTER = re.compile(r"[A-Za-z]")
#: A capital i among small letters, which is an l; in McIntyre and MacIver it isn't.
_CAPITAL_I = re.compile(r"I(?<=[a-z]I)I{0,2}(?=[a-z]|\b)")
_SCOTTISH = re.compile(r"\bMa?c$")
#: All white space except a blank, or a line feed, that stands alone.
_WIDE = re.compile(r"\s(?:(?<=[\t\r\f\v])|(?=\s))\s*+")
_LINE_BREAK = re.compile(r"\r\n?|[\n\f\v]")

#: Replacement for a break between paragraphs until single line breaks are blanks.
_PARAGRAPH = "\r"


def fold(text: str) -> Folded:
    """Return the text for matching; never raises."""
    layered = Layered(text)
    if not text.isascii():
        _plain(layered)
    if has_controls(layered.text):
        layered.change((one.start(), one.end(), "") for one in CONTROLS.finditer(layered.text))
    layered.replace(lambda text: _CAPITAL_I.sub(_inner_l, text))
    layered.replace(with_digits)
    cased = layered.text
    layered.replace(str.casefold)
    layered.change(spelt_by_digits(layered.text, cased))
    words = plain_words(layered.text)
    if has_letters_apart(words):
        layered.change(joined(layered.text))
        words = plain_words(layered.text)
    if has_slips(words):
        layered.change(slips(layered.text))
    _narrow(layered)
    return Folded(layered.text, tuple(layered.layers))


def _plain(layered: Layered) -> None:
    if _OVERRIDE.search(layered.text):
        layered.change((one.start(), one.end(), one[1][::-1]) for one in _REVERSED.finditer(layered.text))
    foreign = foreign_in(layered.text)
    layered.translate(lambda text: plain(text, foreign), lengthened(layered.text, foreign))
    if any(map(str.isalpha, foreign_in(layered.text))):
        layered.replace(lambda text: _FOREIGN_WORD.sub(lambda word: _latin(word[0]), text))


@lru_cache(maxsize=4096)
def _latin(word: str) -> str:
    """Return a word in Latin letters, if it has some already, or has nothing but look-alikes of them."""
    read = "".join(LATIN.get(one, one) for one in word)
    return read if read.isascii() or _LATIN_LETTER.search(word) else word


def _inner_l(capital: re.Match[str]) -> str:
    before = capital.string[max(0, capital.start() - 4) : capital.start()]
    return capital[0] if _SCOTTISH.search(before) else "l" * len(capital[0])


def _narrow(layered: Layered) -> None:
    """Put one blank for all white space, and one line break between paragraphs."""
    layered.change((one.start(), one.end(), _blank(one[0])) for one in _WIDE.finditer(layered.text))
    if "\n" in layered.text:
        layered.replace(lambda text: text.replace("\n", " "))
    layered.replace(lambda text: text.replace(_PARAGRAPH, "\n"))


@lru_cache(maxsize=256)  # most texts have the same few runs
def _blank(run: str) -> str:
    return _PARAGRAPH if len(_LINE_BREAK.findall(run)) > 1 else " "
