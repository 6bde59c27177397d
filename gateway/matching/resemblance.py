"""Resemblance of a strange sender to our people, to our domains, or to domains that we write to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from gateway.matching.lookalike import DomainForms, kept_forms, organisation, words_of
from gateway.message.sender import possible_addresses

#: Words of a name that is compared: one word, such as Ann, is the name of too many people.
MIN_WORDS = 2

#: Characters that programs show between the words of a name or around it: the fillers of Hangul are blanks, and
#: brackets may hold the whole name.
_BESIDE_WORDS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0[]{}"), " ")


@dataclass(frozen=True, slots=True)
class Resemblance:
    """One reason why a sender could be taken for somebody else, and the person or domain that the sender resembles."""

    what: str
    whom: str


class OwnNames:
    """Our people and domains, ready for comparison."""

    def __init__(self, person: Callable[[frozenset[str]], str], domains: Sequence[str]) -> None:
        """Store the domains and their forms.

        `person` returns the name of one of our people by its words, "" for nobody's (`Directory.named`).
        """
        self._person = person
        self._domains = [domain.removeprefix(".") for domain in domains]
        self._organisations = {organisation(domain) for domain in self._domains}
        self._forms = {form: domain for domain in self._organisations for form in kept_forms(domain)}

    def named(self, name: str, is_ours: Callable[[str], bool]) -> Iterator[Resemblance]:
        """Yield likenesses of the name beside a strange address: one of our people's names, or an address of ours."""
        readings = dict.fromkeys(words_of(one) for one in (name, name.translate(_BESIDE_WORDS)))
        people = (self._person(words) for words in readings if len(words) >= MIN_WORDS)
        if person := next(filter(None, people), ""):
            yield Resemblance("name of one of our people", person)
        yield from (Resemblance("our address in the name", one) for one in possible_addresses(name) if is_ours(one))

    def resembled(self, domain: str, forms: DomainForms) -> list[Resemblance]:
        """Return the likenesses of a strange domain to our domains."""
        if organisation(domain) in self._organisations:
            return []
        found = [ours for ours in self._domains if _leads(ours, domain)]
        weak = (*([forms.same] if forms.same in self._forms else forms.strong), *forms.weak)
        found += [self._forms[form] for form in weak if form in self._forms]
        return [Resemblance("resembles our domain", one) for one in dict.fromkeys(found)]


def _leads(ours: str, domain: str) -> bool:
    """Return whether a domain holds ours in front of its ending, so that a reader of its beginning sees us.

    Such are `example.co.uk.attacker.example` and `example-co-uk.attacker.example`.
    """
    return domain.startswith(f"{ours}.") or f".{ours}." in domain or ours.replace(".", "-") in domain.split(".")


def counterparts(domain: str, forms: DomainForms, stored: Collection[str], *, known: bool) -> list[Resemblance]:
    """Return the likeness of a strange domain to one that we write to; only the latter's hash is known, not its name.

    `stored` are those of its forms that are forms of a domain that we write to. A shared name is less than a likeness
    to the eye, since firms have domains in several countries: it counts until the domain is `known`, by having written
    once.
    """
    strong = forms.same not in stored and not forms.strong.isdisjoint(stored)
    weak = not known and not forms.weak.isdisjoint(stored)
    return [Resemblance("resembles a domain that we write to", domain)] if strong or weak else []
