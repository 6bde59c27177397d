"""Rude words of which a writer masks letters (`f**k`, `b@stard`, `sh1t`), written out again.

A word keeps its length, so that each place in the text stays where it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

#: A word with a mark or a digit in place of a letter.
_MASKED = re.compile(r"(?<![\w@/.&=#*$!-])[a-z$@]?[a-z]*+[*@#$!0-9][\w*@#$!]*(?![\w@*])", re.IGNORECASE)
#: Marks that stand for letters which they resemble; `*` and `#` stand for any letter.
_RESEMBLED: Mapping[str, str] = {
    "@": "ao",
    "$": "s",
    "!": "il",
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
}
_ANY = "*#"
#: Letter -> the marks that stand for it.
_LIKE: Mapping[str, str] = {
    letter: "".join(mark for mark, letters in _RESEMBLED.items() if letter in letters)
    for letter in set("".join(_RESEMBLED.values()))
}
#: Letters from which on a word may be masked by `*`: a shorter one is a footnote's mark.
_LEAST = 4
#: Characters of a masked word that is looked up; no rude word is longer.
_LONGEST = 20


class MaskedWords:
    """The words that may be masked."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_letter: dict[tuple[int, int, str], list[str]] = defaultdict(list)  # by length, place and letter
        for word in words:
            for place, letter in enumerate(word):
                for one in (letter, *_LIKE.get(letter, "")):
                    self._by_letter[len(word), place, one].append(word)
        self._hidden = lru_cache(maxsize=4096)(self._look_up)

    def written_out(self, text: str) -> str:
        """Return the text, as long as it was, with the masked words written out."""
        return _MASKED.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        masked = found[0].rstrip("!#")
        rest = found[0][len(masked) :]
        if not 2 < len(masked) <= _LONGEST or masked.isalpha() or masked.isdigit():
            return found[0]
        return (self._hidden(masked.lower()) or masked) + rest

    def _look_up(self, masked: str) -> str:
        """Return the word that is masked; "" if there is none."""
        place = next((place for place, one in enumerate(masked) if one not in _ANY), None)
        fits = self._by_letter.get((len(masked), place, masked[place]), ()) if place is not None else ()
        return next((word for word in fits if _is_masked(word, masked)), "")


def _is_masked(word: str, masked: str) -> bool:
    starred = any(one in _ANY for one in masked)
    if starred and (len(word) < _LEAST or masked[0] in _ANY):
        return False
    return all(
        one == letter or one in _ANY or letter in _RESEMBLED.get(one, "")
        for letter, one in zip(word, masked, strict=True)
    )
