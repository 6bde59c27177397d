"""Private accounts of our people among outside addresses, by the directory, by history and by name.

Names are compared as words without accents. An address proves nothing: every match by name is a guess, and findings
call it one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.contract import Correspondence, Directory, Person
from gateway.matching import domain_of, organisation, words_of
from gateway.message import address_key, fold

_WORD = re.compile(r"[^\W\d_]+")
#: Letters that a name needs before it counts inside an address.
MIN_NAME = 3
#: Messages with an address that only one of our people writes to, from which on the address is likely to be that
#: person's.
STEADY = 3
#: Words that are no part of a name.
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme"})


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, in their order, without initials and titles."""
    words = _WORD.findall(fold(name).text)
    return tuple(word for word in words if len(word) > 1 and word not in _TITLES)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The likeness of an address to a name."""

    whole: bool = False  # first and last name
    partly: bool = False  # one of them, or initials with the last one

    def __or__(self, other: Likeness) -> Likeness:
        return Likeness(self.whole or other.whole, self.partly or other.partly)


def likeness(name: str, address: str) -> Likeness:
    """Return how an address fits a name: `Ann Archer` is wholly `archer.ann71`, and partly `a.archer` or `annhome`.

    `me@archers` is partly hers, too: her last name is in the domain.
    """
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
    """Return whether an address, or the display name beside it, contains a person's last name."""
    words = name_words(name)
    if len(words) < 2 or len(words[-1]) < MIN_NAME:
        return False
    return words[-1] in name_words(shown) or words[-1] in "".join(_WORD.findall(fold(address.rpartition("@")[0]).text))


class Accounts:
    """Private accounts of our people, as far as they are known or can be guessed."""

    def __init__(self, directory: Directory, consumer: Iterable[str]) -> None:
        self._directory = directory
        self._consumer = frozenset(domain.casefold() for domain in consumer)

    def is_consumer(self, address: str) -> bool:
        """Return whether the address's domain is one where anybody can have an address."""
        return organisation(domain_of(address)) in self._consumer

    def is_own(self, person: Person, address: str, shown: str, *, self_forward: bool) -> bool:
        """Return whether an outside address is likely to be the person's own; `shown` is the display name beside it.

        People send mail without new words to themselves: with `self_forward` a part of the name is enough.
        """
        if address_key(address) in map(address_key, person.private_addresses):
            return True
        if not self.is_consumer(address):
            return False
        like = likeness(person.name, address)
        same = bool(shown) and set(name_words(shown)) == set(name_words(person.name))
        return like.whole or (like.partly and (same or self_forward))

    def is_likely(self, person: Person, address: str) -> bool:
        """Return whether history could show that the address is the person's own.

        It must be at a domain where anybody can have an address, and contain a part of the person's name.
        """
        return self.is_consumer(address) and likeness(person.name, address).partly

    def owner(self, address: str, shown: str) -> str:
        """Return the name of the person among ours whose private account the address is, "" if it is nobody's.

        The directory's private addresses count, or name and address together.
        """
        if person := self._directory.private_owner(address):
            return person.name
        if not shown or not self.is_consumer(address):
            return ""
        name = self._directory.named(words_of(shown))
        return name if name and likeness(name, address).whole else ""


def only_ours(known: Correspondence | None, anyone: Correspondence | None) -> bool:
    """Return whether one person exchanged all our mail with an address, and at least `STEADY` messages."""
    if known is None or anyone is None:
        return False
    return known.sent + known.received >= STEADY and (known.sent, known.received) == (anyone.sent, anyone.received)
