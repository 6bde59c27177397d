"""Meanings: signals made of concepts alone, and of two concepts one after the other in a sentence. Pure.

`new > account` is a word for something new and, at most so many words later, one for an account. They know nothing of
negation or tense; that they outweigh each other (`not > change` against `change > account`) is what makes them useful.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from filters.payment_change.concepts import WINDOW

#: Between the two concepts of a pair.
THEN = ">"


class Meaning(Protocol):
    """What a meaning is made of, as the rules say it."""

    @property
    def when(self) -> str: ...


def concepts_of(when: str) -> tuple[str, ...]:
    """`new > account` -> (new, account)."""
    return tuple(one.strip() for one in when.split(THEN))


class Meanings:
    """Finds the meanings of the rules, each in one pass over a sentence."""

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._alone: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, one in meanings.items():
            *before, last = concepts_of(one.when)
            if before:
                self._after[last].append((before[0], name))
            else:
                self._alone[last].append(name)
        self._of_interest = frozenset(self._alone) | frozenset(self._after)
        self._of_interest |= {first for pairs in self._after.values() for first, _ in pairs}

    def of(self, meant: Sequence[Collection[str]]) -> set[str]:
        """Those of a sentence, by their names."""
        found: set[str] = set()
        last: dict[str, int] = {}
        for place, here in enumerate(meant):
            if not here:
                continue
            known = [concept for concept in here if concept in self._of_interest]
            for concept in known:
                found.update(self._alone.get(concept, ()))
                for first, name in self._after.get(concept, ()):
                    if place - last.get(first, -WINDOW) < WINDOW:
                        found.add(name)
            last.update(dict.fromkeys(known, place))
        return found


def all_of(meant: Sequence[Collection[str]]) -> set[str]:
    """Every concept and pair of a sentence, as `when` writes it: for who looks for new meanings."""
    found: set[str] = set()
    last: dict[str, int] = {}
    for place, here in enumerate(meant):
        for concept in here:
            found.add(concept)
            found.update(
                f"{one} {THEN} {concept}" for one, at in last.items() if place - at < WINDOW and one != concept
            )
        last.update(dict.fromkeys(here, place))
    return found
