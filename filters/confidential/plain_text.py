"""Texts in plain characters and in small letters, as numbers and secrets are looked for. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from gateway.message import Passage, fold


def plainly(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages with plain characters; their folded texts stay."""
    return [one if one.text.isascii() else replace(one, text=plain(one.text)) for one in passages]


class _PlainCharacters(dict[int, str]):
    """Code point -> its plain character, worked out when first asked for; bounded by the number of code points."""

    def __missing__(self, code: int) -> str:
        known = self[code] = _plain(chr(code))
        return known


def _plain(one: str) -> str:
    category = unicodedata.category(one)
    if category == "Nd":
        return str(unicodedata.digit(one))
    if category == "Pd" or one == "\u2212":
        return "-"
    if category == "Cf" or one in _INVISIBLE:
        return ""
    if category == "Zs" or one == "\u2800":
        return " "
    is_styled = (
        "\u2460" <= one <= "\u2473"
        or "\ufe50" <= one <= "\ufe6b"
        or "\uff01" <= one <= "\uff5e"
        or "\U0001d400" <= one <= "\U0001d7ff"
    )
    return unicodedata.normalize("NFKC", one) if is_styled else one


_PLAIN: Final = _PlainCharacters()
#: Invisible characters that aren't format controls.
_INVISIBLE = frozenset("\u20e3\u034f\u115f\u1160\u3164\uffa0\ufe0e\ufe0f")
#: Words of Latin letters with some of another script among them.
_MIXED_WORD = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]{0,40}[A-Za-z])[^\W\d_]{0,40}[\u0370-\u1dff][^\W\d_]{0,40}")


def plain(text: str) -> str:
    """Return a text with plain blanks, dashes, digits and letters, and without invisible characters.

    Accents and the letters' case stay. Words with letters of several scripts become Latin.
    """
    if text.isascii():
        return text
    return _MIXED_WORD.sub(lambda word: _latin(word[0]), text.translate(_PLAIN))


@lru_cache(maxsize=4096)
def _latin(word: str) -> str:
    return fold(word).text


def small(text: str) -> str:
    """Return a text in small letters: it has every word that a pattern of small letters finds in any case."""
    return text.lower() if text.isascii() else text.casefold().replace("\u0307", "").replace("\u0131", "i")


def says(text: str, *stems: str) -> bool:
    """Return whether a text in small letters has one of the stems; without one, no pattern of their words is searched.

    A stem is found in a fraction of the time of a pattern.
    """
    return any(stem in text for stem in stems)


def stems_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return words in small letters, without those that hold another one of them."""
    stems = sorted({small(one) for one in words}, key=len)
    return tuple(one for at, one in enumerate(stems) if not says(one, *stems[:at]))
