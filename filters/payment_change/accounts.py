"""Account identifiers in a text: IBAN, UK and US numbers, BIC and wallets, with where they stand. Pure.

A number counts only if its check digits are right or words beside it say what it is: an order number is no account.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.contract import IBAN_CHARACTERS, Account, AccountKind, is_iban, is_routing_number, is_wallet

#: Characters of a passage that are searched: no letter is longer, and each pattern runs over all of them.
MAX_CHARACTERS = 1_000_000
#: Accounts of one passage that are looked at: a statement with more is a list of customers.
MAX_ACCOUNTS = 200
#: Characters between a sort code and its account number, or a number and the word that says what it is.
NEAR = 60

#: Kinds that name one place where money goes; a BIC names a bank, a bare number may be a customer's.
PLACES: frozenset[AccountKind] = frozenset({"iban", "uk", "us", "wallet"})

_DIGIT = re.compile(r"\d")
_STRANGE = re.compile(r"[^\x00-\x7f]+")
#: Categories of characters that nobody sees.
_MARKS = ("Cf", "Mn", "Me")
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2}[0-9]{2}(?:[ .\-\u2013]?[A-Za-z0-9]){11,30})(?![A-Za-z0-9])")
_DASH = "-\u2010-\u2015\u2212"
#: Not in a row of pairs: that is a dump of octets.
_SORT = re.compile(
    rf"(?<![0-9{_DASH}/])(?<![0-9][0-9a-f] )[0-9]{{2}}([{_DASH}. ]{{1,3}})[0-9]{{2}}\1[0-9]{{2}}"
    rf"(?![0-9{_DASH}/]| (?:[0-9][0-9a-f]|[a-f][0-9])\b)"
)
_SORT_NAMED = re.compile(r"(?i)\bs(?:ort|/)[ ]?-?c(?:ode)?[^0-9\n]{0,12}([0-9]{6})(?![0-9])")
#: Six digits and eight, with a little word between at most.
_SORT_BARE = re.compile(r"(?<![0-9A-Za-z\-./#])([0-9]{6})(?=(?:[ ,/&-]| and){1,3}[0-9]{8}(?![0-9]))")
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z\-./#])([0-9]{8}|[0-9]{4} [0-9]{4}|[0-9]{7}"
    r"|(?<![0-9a-f]{2} )[0-9]{2}(?: [0-9]{2}){3}(?! (?:[0-9][0-9a-f]|[a-f][0-9])\b))(?![0-9]|[./\-][0-9])"
)
_ROUTING = re.compile(r"(?<![0-9])([0-9]{9})(?![0-9])")
_ROUTING_WORD = re.compile(r"(?i)\b(?:routing|aba|rtn|ach|wire|fedwire|transit)\b")
_US_NUMBER = re.compile(
    r"(?i)\b(?:account|acct|a/c|dda|checking|savings)\b[^0-9\n]{0,30}"
    r"([0-9]{4,17}|[0-9]{3,6}(?:[ -][0-9]{3,6}){1,3})(?![0-9])"
)
_BIC = re.compile(
    r"\b(?i:bic|swift)\b[^A-Za-z0-9]{0,4}(?:(?i:code|bic|swift)\b[^A-Za-z0-9]{0,4})?"
    r"([A-Za-z]{4}[A-Za-z]{2}[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?)(?![A-Za-z0-9])"
)
_ETHER = re.compile(r"(?<![A-Za-z0-9])(0[xX][0-9A-Fa-f]{40})(?![A-Za-z0-9])")
_BASE58 = re.compile(r"(?<![A-Za-z0-9])([13LMDTt][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])")
_BECH32 = re.compile(
    r"(?<![A-Za-z0-9])((?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,87}|(?:BC|TB|LTC)1[02-9AC-HJ-NP-Z]{11,87})(?![A-Za-z0-9])"
)
_NAMED = re.compile(
    r"(?i)\b(?:(?:bank|giro)\s+)?(?:account|acct?|a/c|konto|compte|cuenta|conto|rekening|konta|rachun[a-z]+)\b\.?"
    r"\s*(?:no|nr|n|num|number|nummer|numero|num\u00e9ro|n\u00famero|numer)?\b[.:#\u00b0\u00ba]*\s*(?:is|:|=)?\s*"
    r"([0-9]{7,17})(?![0-9]|[./\-][0-9])"
)
#: Between a sort code and its account number these say that they don't belong together.
_APART = re.compile(r"(?i)\b(?:order|ref|reference|po|invoice|inv|tel|phone|vat|date|dated|due|on)\b|\n\s*\n")
_MASKED = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9])[*x\u2022\u00b7#.]{2,16}[ -]?[0-9]{2,6}(?![0-9A-Za-z])"
    r"|\bending(?:\s+(?:in|with))?\s*[:#]?\s*[*x.]{0,4}[0-9]{2,6}(?![0-9])|\b0x[0-9a-f]{2,8}(?:\.{2,}|\u2026)[0-9a-f]{0,8})"
)


@dataclass(frozen=True, slots=True)
class Found:
    """One identifier in a text; `account` is None where digits are masked (`****1234`)."""

    account: Account | None
    start: int
    end: int


def accounts_in(text: str) -> list[Found]:
    """All in order of their places, none inside another. The text as it stands; marks in it don't hide a number."""
    plain, places = _without_marks(text[:MAX_CHARACTERS])
    if not _DIGIT.search(plain):
        return []
    taken: list[Found] = []
    for found in _all(plain):
        if all(found.end <= one.start or found.start >= one.end for one in taken):
            taken.append(found)
        if len(taken) >= MAX_ACCOUNTS:
            break
    taken.sort(key=lambda found: found.start)
    return [Found(f.account, places[f.start], places[f.end - 1] + 1) for f in taken] if places else taken


def _without_marks(text: str) -> tuple[str, Sequence[int]]:
    """Compatibility forms made plain, invisible characters left out; and where each stood (none if all still do)."""
    if text.isascii():
        return text, []
    plain: list[str] = []
    places = array("l")
    done = 0
    for match in _STRANGE.finditer(text):  # stretches, not characters: most of a text is plain
        plain.append(text[done : match.start()])
        places.extend(range(done, match.start()))
        for at, character in enumerate(match[0], match.start()):
            stands_for = _plain(character)
            plain.append(stands_for)
            places.extend([at] * len(stands_for))
        done = match.end()
    plain.append(text[done:])
    places.extend(range(done, len(text)))
    return "".join(plain), places


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    kept = (one for one in unicodedata.normalize("NFKC", character) if unicodedata.category(one) not in _MARKS)
    return "".join(" " if one.isspace() and one != "\n" else one for one in kept)


def _all(text: str) -> Iterator[Found]:
    """The surest first: what stands inside of one is not looked at again."""
    yield from _ibans(text)
    yield from _wallets(text)
    yield from _british(text)
    yield from _american(text)
    for match in _BIC.finditer(text):
        yield _found("bic", match, 1)
    for match in _NAMED.finditer(text):
        yield _found("other", match, 1)
    for match in _MASKED.finditer(text):
        yield Found(None, match.start(), match.end())


def _found(kind: AccountKind, match: re.Match[str], group: int = 0) -> Found:
    return Found(Account(kind, _bare(match[group])), match.start(group), match.end(group))


def _bare(number: str) -> str:
    return "".join(c for c in number if c.isalnum()).upper()


def _ibans(text: str) -> Iterator[Found]:
    """As long as its country has them: what follows may be the next word."""
    for match in _IBAN.finditer(text):
        length = IBAN_CHARACTERS.get(match[1][:2].upper())
        ends = [at for at, c in enumerate(match[1], match.start(1) + 1) if c.isalnum()]
        if not length or len(ends) < length:
            continue
        number = _bare(text[match.start(1) : ends[length - 1]])
        if is_iban(number):
            yield Found(Account("iban", number), match.start(1), ends[length - 1])


def _wallets(text: str) -> Iterator[Found]:
    for pattern in (_ETHER, _BASE58, _BECH32):
        yield from (_found("wallet", match, 1) for match in pattern.finditer(text) if is_wallet(match[1]))


def _british(text: str) -> Iterator[Found]:
    """A sort code with an account number beside it, whichever comes first. A date has no such neighbour."""
    sorts = [(m.start(), m.end(), _bare(m[0])) for m in _SORT.finditer(text)]
    sorts += [(m.start(1), m.end(1), m[1]) for m in (*_SORT_NAMED.finditer(text), *_SORT_BARE.finditer(text))]
    sorts.sort()
    numbers = [(m.start(1), m.end(1), _bare(m[1]).zfill(8)) for m in _NUMBER.finditer(text)] if sorts else []
    following = 0
    used: set[int] = set()
    for start, end, code in sorts:
        while following < len(numbers) and numbers[following][0] < end:
            following += 1
        for at in (following, following - 1):
            if 0 <= at < len(numbers) and at not in used and _belong(text, (start, end), numbers[at]):
                used.add(at)
                first, last = min(start, numbers[at][0]), max(end, numbers[at][1])
                yield Found(Account("uk", code + numbers[at][2]), first, last)
                break


def _belong(text: str, code: tuple[int, int], number: tuple[int, int, str]) -> bool:
    between = text[min(code[1], number[1]) : max(code[0], number[0])]
    return len(between) <= NEAR and not _APART.search(between)


def _gap(one: tuple[int, int], other: tuple[int, int, str]) -> int:
    return max(other[0] - one[1], one[0] - other[1])


def _american(text: str) -> Iterator[Found]:
    """A routing number by its check digit, with a word for it, and the account number that is called so."""
    if not _ROUTING_WORD.search(text):
        return
    numbers = [(m.start(1), m.end(1), _bare(m[1])) for m in _US_NUMBER.finditer(text)]
    for match in _ROUTING.finditer(text):
        if not is_routing_number(match[1]) or not _ROUTING_WORD.search(
            text, max(0, match.start() - NEAR), match.end() + NEAR
        ):
            continue
        span = match.span(1)
        near = [n for n in numbers if n[2] != match[1] and _gap(span, n) <= 2 * NEAR]
        if near:
            number = min(near, key=lambda n: _gap(span, n))
            yield Found(Account("us", match[1] + number[2]), min(span[0], number[0]), max(span[1], number[1]))
        else:
            yield Found(Account("other", match[1]), *span)
