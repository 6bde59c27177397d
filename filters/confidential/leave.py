"""Mail that may carry confidential content: agreed recipients, the person concerned. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase, translate

from filters.confidential.identifiers import CARD, Identifier
from filters.confidential.people import People, full_names
from filters.confidential.settings import Agreement
from gateway.matching import domain_of, organisation
from gateway.message import Passage, address_key, fold

#: Characters of a text in which people are looked for by name.
MAX_NAMED = 20_000
#: Letters of a last name: shorter ones stand in many words.
MIN_LAST_NAME = 4
#: Words of a domain that a service of artificial intelligence is named by.
_AI_WORDS = frozenset({"ai", "gpt", "chatgpt", "llm", "chatbot", "copilot"})
_NAME = re.compile(r"[^\W\d_]{3,}")
#: Words of addresses that are nobody's name.
_NOBODY = frozenset(
    """
    info office sales mail admin accounts hello contact enquiries support help team service orders bookings reception
    post kontakt buero contacto ufficio biuro home private the and mrs miss
    """.split()  # noqa: SIM905 - readable
)


class ListedAgreements:
    """The recipients who have agreed by the settings, and the services for which nobody can."""

    def __init__(self, agreed: Sequence[Agreement], ai_services: Collection[str]) -> None:
        self._dates = tuple((pattern, one.date) for one in agreed for pattern in one.recipients)
        self._any = re.compile("|".join(translate(pattern) for pattern, _ in self._dates)) if self._dates else None
        self._services = frozenset(one.casefold() for one in ai_services)

    def covering(self, address: str, today: date) -> str:
        """Return the pattern by which a recipient has agreed, on this day or before; "" where there is none."""
        key = address_key(address)
        if self._any is None or not self._any.match(key) or self.is_service(address):
            return ""
        return next((one for one, since in self._dates if since <= today and fnmatchcase(key, one)), "")

    def is_service(self, address: str) -> bool:
        """Return whether an address is at one of the listed services."""
        domain = domain_of(address)
        return domain in self._services or organisation(domain) in self._services


def is_named_like_ai(address: str) -> bool:
    """Return whether a domain has the name of a service of artificial intelligence: `ask-ai.example`."""
    label = organisation(domain_of(address)).partition(".")[0]
    return not _AI_WORDS.isdisjoint(re.split(r"[-_]", label)) or label.endswith("gpt")


def is_named_after(address: str, name: str) -> bool:
    """Return whether an address has a person's last name, and the first name or its initial before it."""
    names = [one for one in fold(name).text.replace("-", " ").split() if one.isalpha()]
    local = "".join(c for c in address_key(address).rpartition("@")[0] if c.isalpha())
    if len(names) < 2 or len(names[-1]) < MIN_LAST_NAME or names[-1] not in local:
        return False
    before, _, behind = local.partition(names[-1])
    return (before or behind).startswith(names[0][0])


@dataclass(frozen=True, slots=True)
class Named:
    """The words of a message, and the full names in it."""

    words: frozenset[str]
    names: frozenset[frozenset[str]]

    @classmethod
    def of(cls, texts: Sequence[Passage]) -> Named:
        """Return the words and names of passages."""
        read = [one.text[:MAX_NAMED] for one in texts]
        names = {text_words(name) for text in read for name in dict.fromkeys(full_names(text))}
        return cls(frozenset().union(*map(text_words, read)), frozenset(names))


def concerns_alone(address: str, shown_name: str, sender: str, named: Named, found: Sequence[Identifier]) -> bool:
    """Return whether identifiers are those of the recipient alone.

    They are where no kind occurs twice, the text has the recipient's name, and it names nobody else but the sender. The
    name is that of the address, or the one shown beside it. A payment card is never so: whoever is greeted by name may
    be asked to charge it.
    """
    kinds = [one.kind for one in found]
    if len(set(kinds)) < len(kinds) or CARD in kinds:
        return False
    words = name_words(address) | text_words(shown_name)
    if words.isdisjoint(named.words):
        return False
    known = words | text_words(sender)
    return not any(map(known.isdisjoint, named.names))


def is_only_about(address: str, shown_name: str, people: People) -> bool:
    """Return whether the people of a table are one person, who is the recipient."""
    names = {row.name for row in people.rows}
    words = name_words(address) | text_words(shown_name)
    return len(names) == 1 and not words.isdisjoint(text_words(next(iter(names))))


def text_words(text: str) -> frozenset[str]:
    """Return the words of a text that may be somebody's name, in small letters."""
    return frozenset(_NAME.findall(text.casefold())) - _NOBODY


def name_words(address: str) -> frozenset[str]:
    """Return the words of an address's local part that may be somebody's name, in small letters."""
    return text_words(address.rpartition("@")[0])
