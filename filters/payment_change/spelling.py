"""Misspelt words put right: every word that is one letter off from one of a list, for looking up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import ascii_lowercase

#: Letters from which on any single slip is put right; of a shorter word (`bank`) too many words are one letter off.
MIN_ANY_SLIP = 6


def corrections(words: Collection[str], right: Collection[str]) -> Mapping[str, str]:
    """Misspelling -> word; without what is a word itself, by `words` and `right`."""
    known = {word.casefold() for word in (*words, *right)}
    return {slip: word for word in words for slip in _slips(word.casefold()) if slip not in known}


def _slips(word: str) -> Iterator[str]:
    """A letter doubled, two changed places; of a longer word one left out, added or another too."""
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
