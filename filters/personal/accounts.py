"""Whose an address outside is: a private account of one of our people, by what is known of them and by its name.

Names are compared as words without accents; an address proves nothing, so that all this is a guess, and is called one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.contract import Correspondence, Directory, Person
from gateway.matching import domain_of, organisation, words_of
from gateway.message import address_key, fold

_WORD = re.compile(r"[^\W\d_]+")
#: Letters of a name from which on it says something inside of an address.
MIN_NAME = 3
#: Messages with an address that only one of ours writes to, from which on it is likely to be that person's.
STEADY = 3
#: Words that are no part of a name.
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme"})


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, folded, in their order; initials and titles aren't among them."""
    words = _WORD.findall(fold(name).text)
    return tuple(word for word in words if len(word) > 1 and word not in _TITLES)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How an address fits a name."""

    whole: bool = False  # first and last name
    partly: bool = False  # one of them, or initials with the last one

    def __or__(self, other: Likeness) -> Likeness:
        return Likeness(self.whole or other.whole, self.partly or other.partly)


def likeness(name: str, address: str) -> Likeness:
    """`Ann Archer` is wholly `archer.ann71`, and partly `a.archer`, `annhome` or `me@archers`."""
    words = name_words(name)
    if len(words) < 2:
        return Likeness()
    first, last = words[0], words[-1]
    local, domain = (
        "".join(_WORD.findall(fold(part).text)) for part in (address.rpartition("@")[0], domain_of(address))
    )
    whole = local in (first + last, last + first) or (len(first + last) > 7 and (first + last) in local)
    known = [word for word in (first, last) if len(word) >= MIN_NAME]
    partly = local in (first[0] + last, last + first[0]) or any(word in local for word in known)
    return Likeness(whole, whole or partly or (len(last) > MIN_NAME and last in domain))


def family_name(name: str, address: str, shown: str) -> bool:
    """Whether an address, or the name beside it, has somebody's last name."""
    words = name_words(name)
    if len(words) < 2 or len(words[-1]) < MIN_NAME:
        return False
    return words[-1] in name_words(shown) or words[-1] in "".join(_WORD.findall(fold(address.rpartition("@")[0]).text))


class Accounts:
    """The private accounts of our people, as far as they are known or can be guessed."""

    def __init__(self, directory: Directory, consumer: Iterable[str]) -> None:
        self._directory = directory
        self._consumer = frozenset(domain.casefold() for domain in consumer)

    def is_consumer(self, address: str) -> bool:
        """Whether anybody can have an address there."""
        return organisation(domain_of(address)) in self._consumer

    def is_own(self, person: Person, address: str, shown: str, *, self_forward: bool) -> bool:
        """Whether an outside address is likely to be the person's own; `shown` is the name beside it.

        A mail without words of its own is what one sends oneself: then a part of the name is enough.
        """
        if address_key(address) in map(address_key, person.private_addresses):
            return True
        if not self.is_consumer(address):
            return False
        like = likeness(person.name, address)
        same = bool(shown) and set(name_words(shown)) == set(name_words(person.name))
        return like.whole or (like.partly and (same or self_forward))

    def is_likely(self, person: Person, address: str) -> bool:
        """Whether history could make it the person's: it has a part of the name, where anybody can have an address."""
        return self.is_consumer(address) and likeness(person.name, address).partly

    def owner(self, address: str, shown: str) -> str:
        """The name of the one of ours whose private account sent it, by the address, or by name and address together.

        "" = nobody's.
        """
        if person := self._directory.private_owner(address):
            return person.name
        if not shown or not self.is_consumer(address):
            return ""
        name = self._directory.named(words_of(shown))
        return name if name and likeness(name, address).whole else ""


def only_ours(known: Correspondence | None, anyone: Correspondence | None) -> bool:
    """Whether all that we exchanged with an address was this one person's, and more than a mail or two."""
    if known is None or anyone is None:
        return False
    return known.sent + known.received >= STEADY and (known.sent, known.received) == (anyone.sent, anyone.received)
