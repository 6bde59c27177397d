"""Resemblance of a strange sender to our people, to our domains, or to domains that we write to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.matching.lookalike import DomainForms, compared_forms, kept_forms, organisation, words_of
from gateway.message.sender import possible_addresses

#: Words of a name that is compared: one word, such as Ann, is the name of too many people.
MIN_WORDS = 2

#: Characters that programs show between the words of a name or around it, or by which two words are one to a program:
#: the fillers of Hangul are blanks, brackets may hold the whole name, and a soft hyphen is not seen.
_BESIDE_WORDS = dict.fromkeys(
    map(ord, "\u115f\u1160\u3164\uffa0[]{}\u00ad\u200b\u200c\u200d\u2060\ufeff\u2122\u2120\u00ae\u00a9"), " "
)
#: The place between two words in one, as in `AnnArcher`, and numbers, as in `Ann Archer 1`.
_BETWEEN_WORDS = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z\u00c0-\u00de])|(?<!\w)\d+(?!\w)")
#: Letters that people write as two, and two that may stand for such a letter.
_IN_TWO = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa"})
_TWO = re.compile(r"(?<=[aou])e|(?<=a)a")
#: Marks between a name and a department, a firm or the like; and words behind which only a service is named.
_MARKS = re.compile(r"\s[-\u2013\u2014~@]+\s|[|/:;\u00b7\u2022\u00bb]")
_SERVICE = re.compile(
    r"(?i)\s(?:via|through|from|at|c/o|bei|\u00fcber|chez|presso|przez|sent|has|shared|invited|invites|wants|needs|wrote)\s"
)
#: Pieces of one name that are compared.
MAX_PIECES = 6
#: Words, folded, for what somebody is in a firm, and other words that may stand beside a name and are no part of it.
_NO_NAMES = frozenset(
    """
    from of the s on behalf private personal privat home mobile new obe mbe cbe kc jp von im auftrag
    ceo cfo coo cto cio ciso cmo cpo chro md gm vp svp evp mba phd msc bsc llb acca fcca cpa esq hr it pa
    chief executive officer managing director president vice chair chairman chairwoman head manager partner
    finance financial accounts accounting payroll office secretary treasurer bursar headteacher principal
    geschaftsfuhrer geschaftsfuhrerin geschaftsfuhrung geschaftsleitung vorstand leiter leiterin leitung prokurist
    buchhaltung finanzen personal direktor direktorin
    directeur directrice direction general generale comptabilite finances president presidente gerant gerante
    gerente director directora contabilidad finanzas administracion presidencia
    amministratore amministratrice delegato delegata direttore direttrice direzione contabilita finanza presidenza
    directie bestuurder boekhouding financien hoofd
    prezes zarzad dyrektor ksiegowosc finanse kierownik
    """.split()  # noqa: SIM905 - a list of words
)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """One reason why a sender could be taken for somebody else, and the person or domain that the sender resembles."""

    what: str
    whom: str
    close: bool = True  # False: it only shares a name, or adds a word to one


class Exchanged(Protocol):
    """The record of the mail that was exchanged with a domain."""

    @property
    def sent(self) -> int:
        """The number of messages that we sent there."""


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
        readings = dict.fromkeys(words_of(one, besides) for one in _readings(name) for besides in ((), _NO_NAMES))
        shorter = [frozenset(_TWO.sub("", word) for word in words) for words in readings]  # Muller for Mueller
        people = (self._person(words) for words in dict.fromkeys((*readings, *shorter)) if len(words) >= MIN_WORDS)
        if person := next(filter(None, people), ""):
            yield Resemblance("name of one of our people", person)
        yield from (Resemblance("our address in the name", one) for one in possible_addresses(name) if is_ours(one))

    def resembled(self, domain: str, forms: DomainForms) -> list[Resemblance]:
        """Return the likenesses of a strange domain to our domains."""
        if organisation(domain) in self._organisations:
            return []
        close = [ours for ours in self._domains if _leads(ours, domain)]
        if forms.same not in self._forms:
            close += self._with(forms.strong)
        shared = self._with((forms.same, *forms.weak))
        return [Resemblance("resembles our domain", one, one in close) for one in dict.fromkeys((*close, *shared))]

    def _with(self, forms: Iterable[str]) -> list[str]:
        return [self._forms[form] for form in forms if form in self._forms]


def _readings(name: str) -> Iterator[str]:
    """Yield a name as a whole, and its pieces that may be a person's name, as in "Ann Archer - Finance"."""
    yield from (name, _BETWEEN_WORDS.sub(" ", name.translate(_BESIDE_WORDS)), name.casefold().translate(_IN_TWO))
    pieces = _MARKS.split(name, MAX_PIECES)
    yield from (*pieces[:MAX_PIECES], _SERVICE.split(name, 1)[0])
    for piece in pieces[:MAX_PIECES]:
        words = piece.split(",", 2)
        yield from (words[0], ",".join(words[:2]))  # "Archer, Ann, Finance"


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
    return [Resemblance("resembles a domain that we write to", domain, strong)] if strong or weak else []


class StrangeDomains:
    """Strange domains beside ours and those that we write to, by what the memory of correspondents knows."""

    def __init__(self, ours: OwnNames, added_words: Iterable[str]) -> None:
        """`added_words` are words that make another domain of a name."""
        self._ours = ours
        self._added = tuple(word.casefold() for word in added_words)

    def asked(self, domain: str) -> Iterator[str]:
        """Yield the keys by which the memory is asked about a domain, and about those that it may resemble."""
        own = organisation(domain)
        yield f"@{own}"
        yield from compared_forms(own, self._added).all

    def resembled(self, domain: str, record: Callable[[str], Exchanged | None]) -> list[Resemblance]:
        """Return the likenesses of a domain to ours, else to one that we write to; `record` answers for the keys.

        A domain that we have written to resembles no other correspondent's.
        """
        own = organisation(domain)
        forms = compared_forms(own, self._added)
        itself = record(f"@{own}")
        if (likenesses := self._ours.resembled(domain, forms)) or (itself and itself.sent):
            return likenesses
        stored = {form for form in forms.all if record(form)}
        return counterparts(domain, forms, stored, known=itself is not None)
