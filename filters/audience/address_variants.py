"""Addresses that a given address is a near miss of. Pure.

The variants are: one slip of the hand in either half, the parts in another order, and another ending or a firm's usual
addition in the domain. Each address has at most as many as are looked up at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_lowercase, digits

from gateway.matching import organisation
from gateway.message import address_key

#: Variants of one address that are looked up; two halves of fifteen letters have as many.
MAX_VARIANTS = 2_500

#: Letters that a word of the local part needs for near misses. MIN_OTHER_LETTER is for another letter (`john` and
#: `joan` are two people), MIN_SLIP for a letter that is left out, doubled or exchanged with its neighbour. Shorter
#: words are initials.
MIN_OTHER_LETTER = 5
MIN_SLIP = 4
#: Letters that a domain's main label needs: `bt`, `hp` and `ibm` are near to too many others.
MIN_LABEL = 4
#: Letters of either half above which no slips are looked for.
MAX_LABEL = 30

#: Endings that people type instead of one another: the commonest ones, and slips of `com`.
ENDINGS = (
    *("com", "co.uk", "org", "net", "co", "uk", "org.uk", "eu", "info", "biz", "io", "de", "fr", "es", "it", "nl"),
    *("pl", "be", "ch", "at", "ie", "se", "dk", "no", "pt", "us", "ca", "com.au", "example", "test"),
)
#: Words that firms add to their names.
ADDITIONS = ("ltd", "limited", "plc", "inc", "corp", "co", "group", "uk", "gmbh", "online", "mail", "llp", "company")

#: Characters typed in the place of a letter. Only digits that look like a letter count, unless the word has digits.
_LETTERS = ascii_lowercase + "01"
_SEPARATORS = ".-_"
_PIECE = re.compile(r"[^.\-_+]+")


def variants(address: str) -> list[str]:
    """Return variants of an address, the likelier first, without the address itself."""
    local, _, domain = address_key(address).rpartition("@")
    found: dict[str, None] = {}
    for one in _both(local, domain):
        if len(found) >= MAX_VARIANTS:
            break
        found[one] = None
    found.pop(f"{local}@{domain}", None)
    return list(found)


def _both(local: str, domain: str) -> Iterator[str]:
    """Yield variants of one half at a time: two slips at once make another address."""
    yield from (f"{one}@{domain}" for one in _orders(local))
    yield from (f"{local}@{one}" for one in _domains(domain))
    yield from (f"{one}@{domain}" for one in _local_slips(local))


def _orders(local: str) -> Iterator[str]:
    """Yield other orders: `smith.john` for `john.smith`, with another separator or none, or one where none was."""
    pieces = _PIECE.findall(local)
    if len(pieces) == 1 and len(local) <= MAX_LABEL:
        yield from (f"{local[:at]}{mark}{local[at:]}" for at in range(1, len(local)) for mark in _SEPARATORS)
    if len(pieces) == 1 or "+" in local:
        return
    for ordered in (pieces, pieces[::-1]):
        yield from (mark.join(ordered) for mark in (*_SEPARATORS, ""))


def _local_slips(local: str) -> Iterator[str]:
    if len(local) > MAX_LABEL:
        return
    for match in _PIECE.finditer(local):
        word = match[0]
        if len(word) >= MIN_SLIP:
            for slip in _slips(word, other_letters=len(word) >= MIN_OTHER_LETTER):
                yield local[: match.start()] + slip + local[match.end() :]


def _domains(domain: str) -> Iterator[str]:
    registered = organisation(domain)
    label, _, ending = registered.partition(".")
    if registered != domain:
        yield registered
    before = domain.removesuffix(registered)
    if len(label) < MIN_LABEL or len(label) > MAX_LABEL:
        return
    yield from (f"{before}{label}.{one}" for one in ENDINGS)
    yield from (f"{before}{one}.{ending}" for one in _names(label))
    yield from (f"{before}{one}.{ending}" for one in _slips(label, other_letters=True))


def _names(label: str) -> Iterator[str]:
    """Yield a label with or without a firm's addition, and with or without hyphens."""
    yield label.replace("-", "")
    for word in ADDITIONS:
        for mark in ("-", ""):
            yield f"{label}{mark}{word}"
            if len(rest := label.removesuffix(f"{mark}{word}")) >= MIN_LABEL:
                yield rest
    yield from (f"{label[:at]}-{label[at:]}" for at in range(1, len(label)))


def _slips(word: str, *, other_letters: bool) -> Iterator[str]:
    """Yield a word with two letters exchanged, and with one letter left out, doubled, replaced or added."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
    if not other_letters:
        return
    letters = ascii_lowercase + digits if any(map(str.isdigit, word)) else _LETTERS
    for at in range(len(word)):
        yield from (word[:at] + letter + word[at + 1 :] for letter in letters)
    for at in range(len(word) + 1):
        yield from (word[:at] + letter + word[at:] for letter in letters)
