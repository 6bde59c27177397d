"""Words that are written so that only a person reads them: letters for digits, digits for letters, slips of the pen.

Numbers stay as they are, and so do words that hold one for a reason (an IBAN, a BIC, `3rd`). The text must be in small
letters, except for numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from gateway.message.folding.layers import Change
from gateway.message.folding.vocabulary import KEYS, WORDS

#: Characters of a word that may be disguised.
MAX_WORD = 40

# --- letters for digits ---

#: A number, some of whose digits may be letters of their shape, with separators of its groups: `64,0OO`, `25.OOO`,
#: `1O OOO`, `11-22-3O`.
_DIGITS = r"[0-9OoIl]"
_MIXED_NUMBER = re.compile(
    rf"(?:(?<![^\W_])|(?<=\b[A-Z]{{3}}))[OIl]{{0,3}}+[0-9]{_DIGITS}{{0,15}}+"
    rf"(?:[.,'\u2019_\-](?:O{{2,3}}|o{{3}}|(?=[OoIl]{{0,2}}[0-9]){_DIGITS}{{2,4}})(?!{_DIGITS})"
    r"|[ \u00a0\u2009\u202f](?:OOO|(?=[OI]{0,2}[0-9])[0-9OI]{3})(?![^\W_]))*+(?=[kKmM]?(?![^\W_]))"
)
#: Places where a letter stands beside a digit, perhaps with a separator between them.
_LETTER_AT_DIGIT = re.compile(
    r"[0-9](?:(?<=[OIl].)|(?<=[OIl][.,'\u2019_\-].)|[.,'\u2019_\-]?[OoIl]|[ \u00a0\u2009\u202f]OO)"
)
#: A number of litres or the like, a word such as `4ll`, a name such as `O2`, and letters with a digit behind them.
_NO_NUMBER = re.compile(r"[0-9]{1,6}[ol]|[0-9]l+|.{1,2}|[OIl]{2,}[0-9]")
_DIGIT_BY_LETTER = str.maketrans("OoIl", "0011")


def with_digits(text: str) -> str:
    """Return the text, as long as it was, with digits in place of letters that stand for them in a number."""
    return _MIXED_NUMBER.sub(_digits, text) if _LETTER_AT_DIGIT.search(text) else text


def _digits(number: re.Match[str]) -> str:
    return number[0] if _NO_NUMBER.fullmatch(number[0]) else number[0].translate(_DIGIT_BY_LETTER)


# --- digits and signs for letters ------------------------------------------------------------------------------------

_NEAR_LETTER = re.compile(r"[0-9@$|!](?:(?=[a-z])|(?<=[a-z][0-9@$]))")
_TOKEN = re.compile(r"(?<![\w@$/.])(?=[0-9@$|!]{0,8}[a-z])[\w@$]++(?:[|!][\w@$]++)*+")
_INSIDE = re.compile(r"[a-z]+(?:[013457]{1,2}[a-z]+)+")
_BIC = re.compile(r"[a-z]{6}[a-z0-9]{2}(?:[a-z0-9]{3})?")
_MAX_INSIDE = 16
#: Ordinals, amounts and times: `4th`, `100k`, `13am`.
_NUMBER = re.compile(r"\d*(?:1st|2nd|3rd|[04-9]th)|[$@|!]?\d{2,}(?:[a-z]{1,2}|eur|gbp|usd|chf|pln|min|mph)")
#: Words that are surely disguised, from which on the text counts as full of them.
_FULL = 4
#: Words that count as disguised only beside others: `1a` and `n073` are mostly no disguise.
_UNSURE = re.compile(r".{1,3}|[a-z]{1,3}\d{2,}|[$@|!]?\d{2,}[a-z]{1,4}")
#: Words that are no code in a text full of disguised words: few digits, all of them like letters, and two letters or
#: more.
_FORCED = re.compile(r"(?!\d+[a-z]{1,4}\Z)(?=\d*[a-z]+\d*[a-z])(?:[a-z]|[013457]{1,2}(?!\d)){4,16}")

_LETTERS_BY_DIGIT = str.maketrans("03457", "oeast")
_SHAPES = str.maketrans("i1|!034@5$7+8962", "lllloeaassttbggz")


def _shape(word: str) -> str:
    """Return a form that is the same for all words that look alike in Latin letters, digits and signs."""
    return word.translate(_SHAPES).replace("rn", "m").replace("vv", "w")


_BY_SHAPE: Final = {_shape(word): word for word in sorted(WORDS) if len(word) > 1}


def spelt_by_digits(text: str, cased: str) -> Iterator[Change]:
    """Yield the words behind `b4nk`, `acc0unt`, `d3t41l5`; `cased` is the same text before its case was folded."""
    found = [(*token.span(), _spelt(token[0], cased[token.start() : token.end()])) for token in _tokens(text)]
    sure = [word is not None and not _UNSURE.fullmatch(text, start, end) for start, end, word in found]
    known = sum(sure)
    for (start, end, word), is_sure in zip(found, sure, strict=True):
        if word is None and known >= _FULL:
            word = _by_force(text[start:end], cased[start:end])  # noqa: PLW2901
        if word is not None and (is_sure or known > 1):
            yield start, end, word


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the words around digits and signs that stand beside a letter."""
    done = 0
    for sign in _NEAR_LETTER.finditer(text):
        start = sign.start()
        if start < done:
            continue
        first = max(done, start - MAX_WORD)
        while start > first and (text[start - 1].isalnum() or text[start - 1] in "_@$|!"):
            start -= 1
        token = _TOKEN.match(text, start)
        done = token.end() if token else sign.end()
        if token:
            yield token


def _spelt(token: str, cased: str) -> str | None:
    if len(token) > MAX_WORD or _NUMBER.fullmatch(token):
        return None
    word = _BY_SHAPE.get(_shape(token)) or _by_rule(token, cased)
    return word if word != token else None


def _by_force(token: str, cased: str) -> str | None:
    if cased.isupper() or _BIC.fullmatch(token) or not _FORCED.fullmatch(token):
        return None
    return _letters_of(token)


def _by_rule(token: str, cased: str) -> str | None:
    """Read a word outside the vocabulary: digits inside it, among many more letters; a code in capitals is none."""
    if len(token) > _MAX_INSIDE or cased.isupper() or not _INSIDE.fullmatch(token) or _BIC.fullmatch(token):
        return None
    digits = sum(map(str.isdigit, token))
    return _letters_of(token) if len(token) - digits >= max(3, 2 * digits) else None


def _letters_of(token: str) -> str:
    read = token.translate(_LETTERS_BY_DIGIT)
    while (at := read.find("1")) >= 0:
        read = f"{read[:at]}{'l' if at and read[at - 1] in 'aeiouy' else 'i'}{read[at + 1 :]}"
    return read


# --- slips and look-alikes of our own letters ------------------------------------------------------------------------

_LETTERS = re.compile(r"[a-z]{3,}")


def has_slips(words: bytes) -> bool:
    return not _SLIPS.isdisjoint(words.split())


def _slips(word: str) -> Iterator[str]:
    """Yield other spellings of a word: `detalls`, `detials`, `accuont`, `acount`, `paymment`."""
    yield word.replace("w", "vv")
    places = [at for at, one in enumerate(word) if one in "il"]
    if len(places) <= 4:
        for letters in product("il", repeat=len(places)):
            other = list(word)
            for at, letter in zip(places, letters, strict=True):
                other[at] = letter
            yield "".join(other)
    for at in range(1, len(word) - 2):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, len(word) - 1):
        if word[at] == word[at + 1]:
            yield word[:at] + word[at + 1 :]
        else:
            yield word[: at + 1] + word[at:]


_SHORT_SLIPS = {"banck": "bank", "bannk": "bank", "bnak": "bank", "bankk": "bank"}


def _table() -> dict[str, str]:
    found = {word.replace("m", "rn"): word for word in sorted(WORDS) if "m" in word and len(word) > 3}
    found |= {f"i{word[1:]}": word for word in sorted(WORDS) if word[0] == "l" and f"i{word[1:]}" not in WORDS}
    found |= {slip: word for word in sorted(KEYS) for slip in _slips(word) if slip not in WORDS}
    return _SHORT_SLIPS | {slip: word for slip, word in found.items() if slip not in _OWN_WORDS}


#: Slips that are words of their own.
_OWN_WORDS = frozenset({
    *("fried", "latter", "diner", "casual", "dessert", "planed", "wired", "bared"),
    *("ist", "iot", "ian", "ice", "ion", "ill", "ios", "ien", "ies", "ied", "iso", "isa", "ida", "ire", "iva"),
})  # fmt: skip

SLIPS: Final = _table()
_SLIPS: Final = frozenset(slip.encode("ascii") for slip in SLIPS)


def slips(text: str) -> Iterator[Change]:
    """Yield the words that are a known one except for a slip."""
    for word in _LETTERS.finditer(text):
        if word[0] in SLIPS:
            yield word.start(), word.end(), SLIPS[word[0]]
