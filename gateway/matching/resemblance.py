"""Whom a strange sender could be taken for: our people, our domains, or those whom we write to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from gateway.matching.lookalike import Forms, kept_forms, organisation, words_of
from gateway.message.sender import possible_addresses

#: Words of a name that is compared: half the world is called Ann.
MIN_WORDS = 2

#: Shown between the words of a name or around it: the fillers of Hangul are blanks, and brackets may hold all of it.
_BESIDE_WORDS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0[]{}"), " ")


@dataclass(frozen=True, slots=True)
class Likeness:
    """One reason why a sender could be taken for somebody else, and for whom."""

    what: str
    whom: str


class Ours:
    """Our people and domains, ready to be compared with."""

    def __init__(self, person: Callable[[frozenset[str]], str], domains: Sequence[str]) -> None:
        """`person`: the name of one of ours by its words, "" for nobody's (`Directory.named`)."""
        self._person = person
        self._domains = [domain.removeprefix(".") for domain in domains]
        self._organisations = {organisation(domain) for domain in self._domains}
        self._forms = {form: domain for domain in self._organisations for form in kept_forms(domain)}

    def named(self, name: str, is_ours: Callable[[str], bool]) -> Iterator[Likeness]:
        """By the name beside a strange address: one of our people's, or an address of ours."""
        readings = dict.fromkeys(words_of(one) for one in (name, name.translate(_BESIDE_WORDS)))
        people = (self._person(words) for words in readings if len(words) >= MIN_WORDS)
        if person := next(filter(None, people), ""):
            yield Likeness("name of one of our people", person)
        yield from (Likeness("our address in the name", one) for one in possible_addresses(name) if is_ours(one))

    def resembled(self, domain: str, forms: Forms) -> list[Likeness]:
        """By a strange domain."""
        if organisation(domain) in self._organisations:
            return []
        found = [ours for ours in self._domains if _leads(ours, domain)]
        weak = (*([forms.same] if forms.same in self._forms else forms.strong), *forms.weak)
        found += [self._forms[form] for form in weak if form in self._forms]
        return [Likeness("resembles our domain", one) for one in dict.fromkeys(found)]


def _leads(ours: str, domain: str) -> bool:
    """`example.co.uk.attacker.example` and `example-co-uk.attacker.example`: whoever reads the beginning sees us."""
    return domain.startswith(f"{ours}.") or f".{ours}." in domain or ours.replace(".", "-") in domain.split(".")


def counterparts(domain: str, forms: Forms, stored: Collection[str], *, known: bool) -> list[Likeness]:
    """By a strange domain: whether it could be taken for one that we write to; which one, only its hash would know.

    `stored`: which of its forms are forms of a domain that we write to. A shared name is less than a likeness to the
    eye, since firms have domains in several countries: it counts until the domain is `known`, by having written once.
    """
    strong = forms.same not in stored and not forms.strong.isdisjoint(stored)
    weak = not known and not forms.weak.isdisjoint(stored)
    return [Likeness("resembles a domain that we write to", domain)] if strong or weak else []
