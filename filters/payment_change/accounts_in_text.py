"""Account identifiers in a text: IBAN, UK and US numbers, BIC and wallets, with their places. Pure.

A number counts only if its check digits are right or words beside it say what it is: an order number is no account.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from gateway.contract import Account, AccountKind
from gateway.matching import IBAN_CHARACTERS, is_iban, is_routing_number, is_wallet

#: Characters of a passage that are searched: no letter is longer, and each pattern runs over all of them.
MAX_CHARACTERS = 1_000_000
#: Different accounts of one passage that are returned: a statement with more is a list of customers.
MAX_ACCOUNTS = 1_000
#: Places of accounts in a passage that are returned, however often each account occurs.
MAX_PLACES = 10_000
#: Characters between a sort code and its account number, or between a number and the word that names it.
NEAR = 60
#: Characters between them if a word names each of the two: a form has other lines between them.
NEAR_NAMED = 300
#: Characters of an account number in the United States, including separators of its groups.
US_CHARACTERS = 27

#: Kinds that name one destination of money. A BIC names a bank, and a bare number may be a customer's.
PLACES: frozenset[AccountKind] = frozenset({"iban", "uk", "us", "wallet"})

_DIGIT = re.compile(r"\d")
# A pattern that begins with one of few characters is searched ten times as fast as one that looks back first, so that
# those below look back behind their first character; and a pattern that can begin anywhere is asked only where the text
# has what it needs.
#: Categories of invisible characters.
_MARKS = ("Cf", "Mn", "Me")
_DASH = r"\-\u2010-\u2015\u2212"
#: Separators between the groups of an IBAN; its check digits tell it from all other text.
_BETWEEN = rf"[\s{_DASH}.,:;/_\u00b7\u2022]{{0,3}}"
#: An IBAN. Its country and check digits stand together, or are in capitals: "NO 12" is the number twelve.
_IBAN = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=\b[Ii][Bb][Aa][Nn]))"
    rf"([A-Za-z]{{2}}[0-9O]{{2}}|(?!NO)[A-Z]{{2}}[ .{_DASH}][0-9]{{2}})"
    rf"((?:{_BETWEEN}[A-Za-z0-9]){{11,30}})(?![A-Za-z0-9])"
)
#: An IBAN in single characters, as in the boxes of a form.
_IBAN_SPELT = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z] [A-Za-z] [0-9] [0-9])((?: {1,3}[A-Za-z0-9]){11,30})(?![A-Za-z0-9])"
)
#: Heads of IBANs, searched from their digits.
_IBAN_HEAD = re.compile(rf"[0-9O](?:(?<=[A-Za-z]{{2}}.)[0-9O]|(?<=[A-Z]{{2}}[ .{_DASH}].)[0-9])")
_IBAN_SPELT_HEAD = re.compile(r"[0-9](?<=[A-Za-z] [A-Za-z] .) [0-9]")
_LOOKS_LIKE_DIGITS = str.maketrans("Oo", "00")
#: A sort code in pairs of digits, but not in a row of pairs, which is a dump of octets.
_SORT = re.compile(
    rf"(?P<digits>[0-9](?<![0-9{_DASH}/].)(?<![0-9][0-9a-f] .)[0-9]"
    rf"(?P<parted>[{_DASH}. ]{{1,3}})[0-9]{{2}}(?P=parted)[0-9]{{2}})"
    rf"(?![0-9{_DASH}/]| (?:[0-9][0-9a-f]|[a-f][0-9])\b)"
)
#: Six digits behind the word "sort code", with any separators.
_SORT_NAMED = re.compile(
    r"(?i)\bs(?:ort|/)[ ]?-?c(?:ode)?[^0-9\n]{0,12}\n?[ \t]{0,4}"
    rf"(?P<digits>(?:[0-9][ {_DASH}./:]{{0,3}}){{5}}[0-9])(?![0-9])"
)
#: Six digits and eight digits, with one short word between them at most.
_SORT_BARE = re.compile(r"(?P<digits>[0-9](?<![0-9A-Za-z\-./#].)[0-9]{5})(?=(?:[ ,/&-]| and){1,3}[0-9]{8}(?![0-9]))")
_NUMBER = re.compile(
    r"(?P<digits>[0-9](?<![0-9A-Za-z\-./#].)(?:[0-9]{7}|[0-9]{3} [0-9]{4}|[0-9]{6}"
    r"|(?<![0-9a-f]{2} .)[0-9](?: [0-9]{2}){3}(?! (?:[0-9][0-9a-f]|[a-f][0-9])\b)))(?![0-9]|[./\-][0-9])"
)
#: Seven or eight digits behind the word "account", with any separators.
_NUMBER_NAMED = re.compile(
    r"(?i)\b(?:account|acct?|a/c)\b[^0-9\n]{0,24}\n?[ \t]{0,4}"
    rf"(?P<digits>(?:[0-9][ {_DASH}.]{{0,2}}){{6,7}}[0-9])(?![0-9]|[./\-][0-9])"
)
_ROUTING = re.compile(r"([0-9](?<![0-9].)[0-9]{8})(?![0-9])")
_ROUTING_WORD = re.compile(r"(?i)\b(?:routing|aba|rtn|ach|wire|fedwire|transit)\b")
_US_NUMBER = re.compile(
    r"(?i)\b(?:account|acct|a/c|dda|checking|savings)\b[^0-9\n]{0,30}"
    r"([0-9]{4,17}|[0-9]{3,6}(?:[ -][0-9]{3,6}){1,3})(?![0-9])"
)
_BIC = re.compile(
    r"\b(?i:bic|swift)\b[^A-Za-z0-9]{0,4}(?:(?i:code|bic|swift)\b[^A-Za-z0-9]{0,4})?"
    r"([A-Za-z]{4}[A-Za-z]{2}[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?)(?![A-Za-z0-9])"
)
_ETHER = re.compile(r"(0(?<![A-Za-z0-9].)[xX][0-9A-Fa-f]{40})(?![A-Za-z0-9])")
_BASE58 = re.compile(r"([13LMDTt](?<![A-Za-z0-9].)[1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])")
_BECH32 = re.compile(
    r"(?<![A-Za-z0-9])((?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,87}|(?:BC|TB|LTC)1[02-9AC-HJ-NP-Z]{11,87})(?![A-Za-z0-9])"
)
#: A bare account number behind a word for it. The pattern never gives back blanks that it has taken, so that no row of
#: blanks is read twice.
_NAMED = re.compile(
    r"(?i)\b(?:account|acct?|a/c|konto|compte|cuenta|conto|rekening|konta|rachun[a-z]{1,4})\b\.?"
    r"(?:\s*+(?:no|nr|n|num|number|nummer|numero|num\u00e9ro|n\u00famero|numer)\b)?+"
    r"[.:#\u00b0\u00ba]*+\s*+(?:(?:is\b|[:=])\s*+)?+([0-9]{7,17})(?![0-9]|[./\-][0-9])"
)
_LONG_NUMBER = re.compile(r"[0-9][0-9]{6}")
#: Digits of which a text with a sort code or a routing number has some.
_SIX_DIGITS = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){5}")
#: Words between a sort code and an account number that show that the two don't belong together.
_APART = re.compile(r"(?i)\b(?:order|ref|reference|po|invoice|inv|tel|phone|vat|date|dated|due|on)\b|\n\s*\n")
_MASKED = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9])[*x\u2022\u00b7#.]{2,16}[ -]?[0-9]{2,6}(?![0-9A-Za-z])"
    r"|\bending(?:\s+(?:in|with))?\s*[:#]?\s*[*x.]{0,4}[0-9]{2,6}(?![0-9])|\b0x[0-9a-f]{2,8}(?:\.{2,}|\u2026)[0-9a-f]{0,8})"
)
#: Words of which a text must have one, in small letters, before a pattern is searched in it.
_BIC_WORDS, _SORT_WORDS, _MASKED_WORDS = ("bic", "swift"), ("sort", "s/"), ("ending", "0x")
_BECH32_WORDS = ("bc1", "tb1", "ltc1")
_MASKED_DIGIT = re.compile(r"[*xX\u2022\u00b7#.][*xX\u2022\u00b7#.][ -]?[0-9]")


@dataclass(frozen=True, slots=True)
class Found:
    """One identifier in a text; `account` is None if digits are masked (`****1234`)."""

    account: Account | None
    start: int
    end: int


def accounts_in(text: str) -> list[Found]:
    """Return all identifiers in order of their places, none inside another.

    The places are those in the text as given. Invisible marks in it don't hide a number.
    """
    plain, places = _without_marks(text[:MAX_CHARACTERS])
    if not _DIGIT.search(plain):
        return []
    taken: list[Found] = []
    covered = bytearray(len(plain))
    different: set[Account] = set()
    for found in _all(plain):
        if any(covered[found.start : found.end]):
            continue
        covered[found.start : found.end] = b"\x01" * (found.end - found.start)
        taken.append(found)
        if found.account:
            different.add(found.account)
        if len(different) >= MAX_ACCOUNTS or len(taken) >= MAX_PLACES:
            break
    taken.sort(key=lambda found: found.start)
    return [Found(f.account, places[f.start], places[f.end - 1] + 1) for f in taken] if places else taken


def _without_marks(text: str) -> tuple[str, Sequence[int]]:
    """Return the text without invisible characters and with compatibility forms made plain, and each character's place.

    The places are empty if all characters are still in their places.
    """
    if text.isascii():
        return text, []
    forms = {character: _plain(character) for character in set(text) if not character.isascii()}
    changed = [character for character, form in forms.items() if len(form) != 1]
    plain = text.translate({ord(character): form for character, form in forms.items()})
    if not changed:
        return plain, []
    places = array("l")
    done = 0
    for match in re.finditer(f"[{re.escape(''.join(changed))}]", text):
        places.extend(range(done, match.start()))
        places.extend([match.start()] * len(forms[match[0]]))
        done = match.end()
    places.extend(range(done, len(text)))
    return plain, places


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if (digit := unicodedata.digit(character, None)) is not None:  # of any script, in a circle too
        return str(digit)
    kept = (one for one in unicodedata.normalize("NFKC", character) if unicodedata.category(one) not in _MARKS)
    return "".join(" " if one.isspace() and one != "\n" else one for one in kept)


def _all(text: str) -> Iterator[Found]:
    """Yield identifiers, the surest kind first; text inside an earlier one is not examined again."""
    small = text.lower()
    yield from _ibans(text)
    yield from _wallets(text, small)
    if _SIX_DIGITS.search(text):
        yield from _british(text, small)
        yield from _american(text)
    if _has(small, _BIC_WORDS):
        for match in _BIC.finditer(text):
            yield _found("bic", match, 1)
    if _LONG_NUMBER.search(text):
        for match in _NAMED.finditer(text):
            yield _found("other", match, 1)
    if _has(small, _MASKED_WORDS) or _MASKED_DIGIT.search(text):
        for match in _MASKED.finditer(text):
            yield Found(None, match.start(), match.end())


def _has(small: str, words: Iterable[str]) -> bool:
    return any(word in small for word in words)


def _found(kind: AccountKind, match: re.Match[str], group: int = 0) -> Found:
    return Found(Account(kind, _bare(match[group])), match.start(group), match.end(group))


def _bare(number: str) -> str:
    return "".join(c for c in number if c.isalnum()).upper()


def _ibans(text: str) -> Iterator[Found]:
    """Yield IBANs in the length of their country: the text behind may be the next word, or the next IBAN."""
    for head, pattern in ((_IBAN_HEAD, _IBAN), (_IBAN_SPELT_HEAD, _IBAN_SPELT)):
        if not head.search(text):
            continue
        at = 0
        while match := pattern.search(text, at):
            found = _iban(match)
            at = found.end if found else match.end(1)
            if found:
                yield found


def _iban(match: re.Match[str]) -> Found | None:
    head = _bare(match[1])
    more = IBAN_CHARACTERS.get(head[:2], 0) - len(head)
    ends = [at for at, c in enumerate(match[2], match.start(2) + 1) if c.isalnum()]
    if not 0 < more <= len(ends):
        return None
    number = head + _bare(match[2][: ends[more - 1] - match.start(2)])
    if 2 * sum(map(str.isdecimal, number)) < len(number):  # a text of words may have the right check digits
        return None
    readings = (number, number[:2] + number[2:].translate(_LOOKS_LIKE_DIGITS))
    return next((Found(Account("iban", one), match.start(1), ends[more - 1]) for one in readings if is_iban(one)), None)


def _wallets(text: str, small: str) -> Iterator[Found]:
    for pattern in (_ETHER, _BASE58, *([_BECH32] if _has(small, _BECH32_WORDS) else [])):
        yield from (_found("wallet", match, 1) for match in pattern.finditer(text) if is_wallet(match[1]))


@dataclass(frozen=True, slots=True)
class _Half:
    """A sort code or an account number; `named` is True if a word names it."""

    start: int
    end: int
    digits: str
    named: bool


def _british(text: str, small: str) -> Iterator[Found]:
    """Yield each sort code with an account number beside it, in either order. A date has no such neighbour."""
    sorts = _halves(text, [_SORT, _SORT_BARE], _SORT_NAMED if _has(small, _SORT_WORDS) else None)
    numbers = _halves(text, [_NUMBER], _NUMBER_NAMED) if sorts else []
    starts = [one.start for one in numbers]
    used: set[int] = set()
    for at, code in enumerate(sorts):
        before = sorts[at - 1].end if at else 0
        after = sorts[at + 1].start if at + 1 < len(sorts) else len(text)
        near = range(
            bisect_left(starts, max(before, code.start - NEAR_NAMED)),
            bisect_left(starts, min(after, code.end + NEAR_NAMED)),
        )
        behind = [n for n in near if starts[n] >= code.end]
        in_front = [n for n in reversed(near) if numbers[n].end <= code.start]
        for number in (*behind, *in_front):
            if number not in used and _belong(text, code, numbers[number]):
                used.add(number)
                first, last = min(code.start, starts[number]), max(code.end, numbers[number].end)
                yield Found(Account("uk", code.digits + numbers[number].digits.zfill(8)), first, last)
                break


def _halves(text: str, bare: Sequence[re.Pattern[str]], named: re.Pattern[str] | None) -> list[_Half]:
    """Return sort codes or account numbers in order; of the same digits found twice, the named one counts."""
    found = {}
    for pattern in (*bare, named) if named else bare:
        for match in pattern.finditer(text):
            start, end = match.span("digits")
            found[start] = _Half(start, end, _bare(match["digits"]), named=pattern is named)
    return sorted(found.values(), key=attrgetter("start"))


def _belong(text: str, code: _Half, number: _Half) -> bool:
    """Return whether the two halves are near each other without a word that parts them, or are both named."""
    between = text[min(code.end, number.end) : max(code.start, number.start)]
    return (code.named and number.named) or (len(between) <= NEAR and not _APART.search(between))


def _gap(one: tuple[int, int], other: tuple[int, int, str]) -> int:
    return max(other[0] - one[1], one[0] - other[1])


def _american(text: str) -> Iterator[Found]:
    """Yield routing numbers, by check digit and a word beside them, with the account number that a word names."""
    if not _ROUTING.search(text) or not _ROUTING_WORD.search(text):
        return
    numbers = [(m.start(1), m.end(1), _bare(m[1])) for m in _US_NUMBER.finditer(text)]
    starts = [start for start, _, _ in numbers]
    for match in _ROUTING.finditer(text):
        if not is_routing_number(match[1]) or not _ROUTING_WORD.search(
            text, max(0, match.start() - NEAR), match.end() + NEAR
        ):
            continue
        span = match.span(1)
        first = bisect_left(starts, span[0] - 2 * NEAR - US_CHARACTERS)
        last = bisect_left(starts, span[1] + 2 * NEAR)
        near = [n for n in numbers[first:last] if n[2] != match[1] and _gap(span, n) <= 2 * NEAR]
        if near:
            number = min(near, key=lambda n: _gap(span, n))
            yield Found(Account("us", match[1] + number[2]), min(span[0], number[0]), max(span[1], number[1]))
        else:
            yield Found(Account("other", match[1]), *span)
