"""Resemblance of domains and names: the same to the eye, one letter off, a word added, another ending.

Two domains are compared by forms of their main label, so that strangers' forms can be kept as hashes. Pure.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from publicsuffixlist import PublicSuffixList

from gateway.message.folding.folding import fold
from gateway.message.header.addresses import domain_key, shown_label

#: Characters of a main label from which on it can be taken for another: shorter ones (bt, hp) resemble too many.
MIN_LABEL = 4
#: Characters from which on one letter more, less or other makes a resemblance: five letters off by one are another
#: word.
MIN_MISSPELT = 6
#: Characters up to which misspellings are looked for: each letter is a look-up.
MAX_MISSPELT = 40

#: Mailbox providers and shops with a domain in every country: for them another ending is no disguise.
EVERYWHERE = frozenset(
    [
        "amazon",
        "aol",
        "apple",
        "ebay",
        "facebook",
        "gmail",
        "gmx",
        "google",
        "googlemail",
        "hotmail",
        "icloud",
        "live",
        "linkedin",
        "mail",
        "microsoft",
        "outlook",
        "paypal",
        "proton",
        "protonmail",
        "web",
        "yahoo",
        "yandex",
    ]
)

#: Words that make another domain of a name, as shipped: `example-invoices.com`.
ADDED_WORDS = (
    *("account", "accounts", "alert", "billing", "corp", "customer", "finance", "group", "help", "hr", "inc"),
    *("info", "invoice", "invoices", "limited", "login", "ltd", "mail", "office", "online", "pay", "payment"),
    *("payments", "plc", "portal", "secure", "security", "service", "services", "support", "team", "uk", "verify"),
)

#: Characters that the eye takes for a Latin letter, beyond Unicode's compatibility forms and bare letters (Unicode
#: Technical Standard 39), and Latin letters that it takes for each other.
_SHAPES = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u0432\u044c\u03b2",
    "c": "\u0441\u03f2",
    "d": "\u0501\u0111",
    "e": "\u0435\u0454\u03b5",
    "g": "\u0261",
    "h": "\u043d\u04bb\u0127",
    "j": "\u0458",
    "k": "\u043a\u03ba\u0138",
    "l": "il1|!\u0456\u03b9\u0269\u0131\u0142\u04cf",
    "m": "\u043c",
    "n": "\u043f\u03b7",
    "o": "0\u043e\u03bf\u00f8",
    "p": "\u0440\u03c1",
    "q": "\u051b",
    "r": "\u0433",
    "s": "5$\u0455",
    "t": "\u0442\u03c4\u0167",
    "u": "\u0438\u03c5",
    "v": "\u03bd",
    "w": "\u051d\u03c9",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u028f",
}
_ALIKE = str.maketrans({shape: letter for letter, shapes in _SHAPES.items() for shape in shapes})
_PAIRS = (("rn", "m"), ("vv", "w"))
_WORD = re.compile(r"[^\W_]+")
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "sir"))
_IN_BRACKETS = re.compile(r"\([^()]{0,200}\)|\[[^\[\]]{0,200}\]")


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def warm() -> None:
    """Read the public suffix list, which takes a tenth of a second, before the first message."""
    _suffixes()


def domain_of(address: str) -> str:
    """Return an address's domain in lower case, an internationalised one in its ASCII form; "" where there is none."""
    return domain_key(address.rpartition("@")[2]).strip(".")


@functools.lru_cache(4096)
def organisation(domain: str) -> str:
    """Return the registered domain, by the public suffix list; a public suffix is its own."""
    return _suffixes().privatesuffix(domain) or domain


def is_public_suffix(domain: str) -> bool:
    """Return whether anybody can register domains right under this one, such as `co.uk`."""
    return _suffixes().privatesuffix(domain) is None


def skeleton(text: str) -> str:
    """Return the text as the eye sees it: look-alikes become the same."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    for two, one in _PAIRS:
        bare = bare.replace(two, one)
    return bare.translate(_ALIKE)


@functools.lru_cache(256)  # two filters compare each name of a message
def words_of(name: str, besides: Collection[str] = ()) -> frozenset[str]:
    """Return a person's name for comparison: its words in any order, without titles and remarks in brackets.

    `besides` are other words, folded, that are left out; hashable.
    """
    words = _WORD.findall(_IN_BRACKETS.sub(" ", fold(name).text))
    return frozenset(skeleton(word) for word in words if word not in _TITLES and word not in besides)


# --- domains ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainForms:
    """The forms of a strange domain: if one of them is a form of another domain, it resembles that one."""

    same: str  # its label is the other's label, and only the ending differs
    strong: frozenset[str]  # the same to the eye, or a letter off, without being the same
    weak: frozenset[str]  # the other's label with a word added; where another ending counts, the same label too

    @property
    def all(self) -> frozenset[str]:
        return self.strong | self.weak | ({self.same} if self.same else set())


def kept_forms(domain: str) -> frozenset[str]:
    """Return the forms of a domain that other domains may resemble; none where its label is too short."""
    label = _label(domain)
    if len(label) < MIN_LABEL:
        return frozenset()
    shape = skeleton(label)
    return frozenset({f"={label}", f"~{shape}", *(f"-{short}" for short in _shortened(shape))})


@functools.lru_cache(4096)
def compared_forms(domain: str, added_words: tuple[str, ...]) -> DomainForms:
    """Return the forms of a domain that may resemble others; `added_words` must be in lower case."""
    label = _label(domain)
    if len(label) < MIN_LABEL:
        return DomainForms("", frozenset(), frozenset())
    shape = skeleton(label)
    short = set(_shortened(shape))
    long_enough = {f"~{one}" for one in short if len(one) >= MIN_MISSPELT}
    strong = {f"~{shape}", *(f"-{one}" for one in short), *long_enough}
    if len(shape) >= MIN_MISSPELT - 1:
        strong.add(f"-{shape}")  # a letter less than the other
    weak = {f"={one}" for one in (label, *_without_added(label, added_words)) if one not in EVERYWHERE}
    return DomainForms(f"={label}", frozenset(strong), frozenset(weak))


def _label(domain: str) -> str:
    """Return the main label as it is shown."""
    return shown_label(organisation(domain).partition(".")[0])


def _shortened(shape: str) -> Iterator[str]:
    """Yield the label with each letter left out: misspellings by one letter have one of these in common."""
    if MIN_MISSPELT <= len(shape) <= MAX_MISSPELT:
        for at in range(len(shape)):
            yield shape[:at] + shape[at + 1 :]


def _without_added(label: str, added_words: Collection[str]) -> Iterator[str]:
    """Yield `acme` for `acme-invoices`, `secure-acme` and `acmegroup`."""
    pieces = label.split("-")
    rest = [piece for piece in pieces if piece not in added_words]
    if len(rest) < len(pieces) and len("-".join(rest)) >= MIN_LABEL:
        yield "-".join(rest)
    for word in added_words:
        for one in (label.removesuffix(word), label.removeprefix(word)):
            if one != label and len(one := one.strip("-")) >= MIN_LABEL:
                yield one
