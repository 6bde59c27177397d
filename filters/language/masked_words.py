"""Rude words of which a writer masks letters (`f**k`, `b@stard`, `sh1t`), written out again.

A word keeps its length, so that each place in the text stays where it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

#: A word with a mark or a digit in place of a letter.
_MASKED = re.compile(r"(?<![\w@/.&=#*$!-])[a-z$@]?[a-z]*[*@#$!0-9][\w*@#$!]*(?![\w@*])", re.IGNORECASE)
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
#: Letters from which on a word may be masked by `*`: a shorter one is a footnote's mark.
_LEAST = 4
#: Characters of a masked word that is looked up; no rude word is longer.
_LONGEST = 20


class MaskedWords:
    """The words that may be masked."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in words:
            self._by_length[len(word)].append(word)

    def written_out(self, text: str) -> str:
        """Return the text, as long as it was, with the masked words written out."""
        return _MASKED.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        masked = found[0].rstrip("!#")
        rest = found[0][len(masked) :]
        if not 2 < len(masked) <= _LONGEST or masked.isalpha() or masked.isdigit():
            return found[0]
        small = masked.lower()
        fits = (word for word in self._by_length[len(masked)] if _is_masked(word, small))
        return next(fits, masked) + rest


def _is_masked(word: str, masked: str) -> bool:
    starred = any(one in _ANY for one in masked)
    if starred and (len(word) < _LEAST or masked[0] in _ANY):
        return False
    return all(
        one == letter or one in _ANY or letter in _RESEMBLED.get(one, "")
        for letter, one in zip(word, masked, strict=True)
    )
