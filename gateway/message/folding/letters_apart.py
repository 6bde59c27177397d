"""Words whose letters stand apart: `b a n k`, `b.a.n.k`, `b-a-n-k`. The text must be in small letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from gateway.message.folding.layers import Change
from gateway.message.folding.vocabulary import WORDS

#: A table that makes blanks of all but small letters and digits, for a first look at the speed of C.
_PLAIN = bytes(one if chr(one).isascii() and (chr(one).islower() or chr(one).isdigit()) else 32 for one in range(256))
_APART = re.compile(rb" [a-z] {1,5}[a-z] {1,5}[a-z] ")

#: Letters from which on a run without divisions is searched for words, and the share that known words must cover.
MIN_DIVIDED = 6
_COVERED = 0.75

#: Letters of one text that are searched so, about a microsecond each: those of ten pages.
MAX_DIVIDED = 100_000

_LONGEST = max(map(len, WORDS))
#: Letters of an average word, with room: more of them between two gaps are several words.
_USUAL_LETTERS = 9

_BETWEEN = r"[ \t\n\r.\-_*\xb7|/~,:;'\"+=\\]{1,5}"
_SPACED = re.compile(rf"(?<![a-z0-9@])[a-z](?:{_BETWEEN}[a-z](?![a-z0-9@])){{2,}}+")
_GAP = re.compile(_BETWEEN)
_BLANKS = " \t\n\r"


def joined(text: str) -> Iterator[Change]:
    """Yield the words of `b a n k`, `b.a.n.k` and `b-a-n-k`, divided at wider gaps, or else into known words.

    Initials and abbreviations stay apart: the result must hold a known word, or four letters must stand equally far
    apart.
    """
    left = MAX_DIVIDED
    for run in _SPACED.finditer(text):
        left -= len(run[0]) // 2
        gaps = _GAP.findall(run[0])
        narrow = Counter(gaps).most_common(1)[0][0]
        words, signs = _words(run[0], narrow)
        is_divided = len(words) > 1 and (len(gaps) + 1) / len(words) < _USUAL_LETTERS  # by its gaps
        if left > 0:
            words = [word if is_divided and len(word[0]) <= _LONGEST else _divided(word[0]) for word in words]
        known = any(len(one) > 2 and one in WORDS for word in words for one in word)
        if known or (len(set(gaps)) == 1 and len(gaps) > 2):
            yield (
                run.start(),
                run.end(),
                "".join(f"{sign}{' '.join(word)}" for sign, word in zip(signs, words, strict=True)),
            )


def _words(run: str, narrow: str) -> tuple[list[list[str]], list[str]]:
    """Return the words between the wider gaps, and the rest of each gap: its signs and a blank."""
    words, signs = [[run[0]]], [""]
    for gap in _GAP.finditer(run):
        letter = run[gap.end()]
        if gap[0] == narrow:
            words[-1].append(letter)
        else:
            words.append([letter])
            signs.append("".join(one for one in gap[0] if one not in _BLANKS and one not in narrow) + " ")
    return [["".join(word)] for word in words], signs


def _divided(run: str) -> list[str]:
    """Divide the run into known words, if they cover most of it; longer words are preferred."""
    if len(run) < MIN_DIVIDED or run in WORDS:
        return [run]
    best, last = [0] * (len(run) + 1), [1] * (len(run) + 1)
    for end in range(1, len(run) + 1):
        best[end] = best[end - 1]
        for start in range(max(0, end - _LONGEST), end - 1):
            score = best[start] + (end - start) ** 2
            if score > best[end] and run[start:end] in WORDS:
                best[end], last[end] = score, end - start
    pieces = []
    end = len(run)
    while end:
        pieces.append(run[end - last[end] : end])
        end -= last[end]
    pieces.reverse()
    known = sum(len(piece) for piece in pieces if len(piece) > 1)
    return _merged(pieces) if known >= _COVERED * len(run) else [run]


def _merged(pieces: list[str]) -> list[str]:
    """Join letters of no known word that stand side by side into one word."""
    words: list[str] = []
    for is_letter, group in groupby(pieces, lambda piece: len(piece) == 1):
        together = list(group)
        words += ["".join(together)] if is_letter else together
    return words


def plain_words(text: str) -> bytes:
    """Return a text of small letters as Latin-1, with a blank for each character that is no letter or digit.

    A blank stands at both ends too, so that each word stands between two.
    """
    return b" " + text.encode("latin-1", "replace").translate(_PLAIN) + b" "


def has_letters_apart(words: bytes) -> bool:
    return _APART.search(words) is not None
