"""Corrections of misspelt words: every string that is one letter off from a listed word, for look-up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import ascii_lowercase

#: Letters of a word from which on any single slip is corrected. Too many words are one letter off from a shorter word
#: (`bank`).
MIN_ANY_SLIP = 6


def corrections(words: Collection[str], right: Collection[str]) -> Mapping[str, str]:
    """Return misspelling -> word, without misspellings that are words themselves, by `words` and `right`."""
    known = {word.casefold() for word in (*words, *right)}
    return {slip: word for word in words for slip in _slips(word.casefold()) if slip not in known}


def _slips(word: str) -> Iterator[str]:
    """Yield a word with a letter doubled or two exchanged; for a longer word, one left out, added or replaced too."""
    for at in range(len(word)):
        yield word[:at] + word[at] + word[at:]
        if at:
            yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if len(word) < MIN_ANY_SLIP:
        return
    for at in range(len(word) + 1):
        yield word[:at] + word[at + 1 :]
        for letter in ascii_lowercase:
            yield word[:at] + letter + word[at:]
            yield word[:at] + letter + word[at + 1 :]
