"""Passages that speak for a message's sender, and those among them that can calm. Pure.

A quotation in an answer is somebody else's text, unless the message forwards it. A standing line in a signature or a
footer calms nothing. But it can announce a change, and it names the place to pay if nothing else in the letter does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from filters.payment_change.accounts_in_text import PLACES, Found, accounts_in
from filters.payment_change.effort import Effort
from filters.payment_change.pointing import Pointing, says_nothing
from filters.payment_change.wording import ReadPassage, Wordings
from gateway.contract import Account
from gateway.matching import STANDING
from gateway.message import Message, Passage, PassageKind

#: Prefixes of a forwarded subject, in seven languages.
_FORWARDED = re.compile(
    r"(?i)\s*(?:(?:re|aw|sv|antw|odp)\s*:\s*)*(?:fwd?|wg|tr|rv|i|inoltro|doorst|pd|weitergeleitet)\s*:"
)
#: Lines in a quotation that show that it is forwarded.
_FORWARDED_LINE = re.compile(
    r"(?i)(?<!-)-{2,}+\s{0,8}(?:forwarded message|weitergeleitete nachr|message transf|mensaje reenv)"
)

_QUOTED: PassageKind = "quoted"
_SPEAKING: frozenset[PassageKind] = frozenset({"subject", "sender", "new", "attachment", "signature", "footer"})
#: Kinds of passages whose words can speak against a change.
CALMING: frozenset[PassageKind] = frozenset({"subject", "new"})
#: Kinds of passages that name an account as the place to pay.
_NAMING: frozenset[PassageKind] = frozenset({"subject", "sender", "new", "attachment", "quoted"})
#: Kinds of passages that the sender wrote or attached.
_OWN: frozenset[PassageKind] = frozenset({"subject", "new", "attachment", "signature", "footer"})

#: Characters of a message that are read, three times a long letter; and how many of them the attachments get at most. A
#: passage that is longer than its share is read at both ends.
MAX_CHARACTERS, MAX_ATTACHED = 30_000, 15_000
#: Characters of each passage that are read before any long passage has more; and the number of passages of the letter,
#: and of the attachments, that are read.
SMALL_SHARE, MAX_PASSAGES = 2_000, 1_000
#: Passages of the sender's own text, at its beginning and at its end each, in which it may point at a quotation.
MAX_POINTING = 50

_QUOTATION_MARKS = '"\u201c\u201d\u201e\u00ab\u00bb'

Named = tuple[Passage, Found]


@dataclass(frozen=True, slots=True)
class SearchedPassages:
    """The passages that speak, prepared for the search."""

    reads: tuple[ReadPassage, ...]
    calming: frozenset[PassageKind]
    accounts: tuple[Named, ...]  # accounts that the message names as places to pay
    everywhere: frozenset[Account]  # accounts anywhere, in quotations too
    complete: bool = True  # False: there were more than MAX_CHARACTERS

    @property
    def offered(self) -> frozenset[Account]:
        """Accounts that the sender wrote or attached."""
        return frozenset(one.account for passage, one in self.accounts if one.account and passage.kind in _OWN)

    @property
    def names_account(self) -> bool:
        """True if the sender's own text names a place to pay outside of quotation marks."""
        named = not self.places.isdisjoint(self.offered)
        return named and any(one.names_account for one in self.reads if one.passage.kind in _OWN)

    @property
    def places(self) -> frozenset[Account]:
        """Accounts that are places to pay, without a BIC or a bare number."""
        return frozenset(one.account for _, one in self.accounts if one.account and one.account.kind in PLACES)


def searched_passages(message: Message, wordings: Wordings, effort: Effort) -> SearchedPassages:
    """Return the passages that speak. Attachments are searched as long as the effort lasts, the letter in any case."""
    passages = list(message.view.passages)
    shares = _shares(passages)
    complete = all(one.length <= share for one, share in zip(passages, shares, strict=True))
    handed_on = is_handed_on(message, wordings.pointing)
    speaking = _SPEAKING | {_QUOTED} if handed_on else _SPEAKING
    searched = [at for at in sorted(range(len(passages)), key=lambda at: _is_attached(passages[at])) if shares[at]]
    found: list[Sequence[Found]] = [()] * len(passages)
    for at in _while_left(searched, passages, effort):
        if passages[at].length > shares[at]:
            passages[at] = passages[at].at_both_ends(shares[at])
        found[at] = _named(passages[at])
    naming = _naming(passages, found, speaking)
    reads: dict[int, ReadPassage] = {}
    for at in _while_left(searched, passages, effort):
        if (passage := passages[at]).kind in speaking:
            named = found[at] if passage.kind in naming else ()
            reads[at] = wordings.read(passage, named, pointed_at=handed_on)
    accounts = [(passages[at], one) for at in sorted(reads) if passages[at].kind in naming for one in found[at]]
    everywhere = frozenset(one.account for several in found for one in several if one.account)
    calming = CALMING | {_QUOTED} if handed_on else CALMING
    return SearchedPassages(tuple(reads[at] for at in sorted(reads)), calming, tuple(accounts), everywhere, complete)


def _is_attached(passage: Passage) -> bool:
    return passage.kind == "attachment"


def _while_left(searched: Sequence[int], passages: Sequence[Passage], effort: Effort) -> Iterator[int]:
    """Yield the numbers of passages, those of attachments as long as the effort lasts."""
    for at in searched:
        effort.pause()
        if _is_attached(passages[at]) and not effort.is_left():
            return
        yield at


def _naming(
    passages: Sequence[Passage], found: Sequence[Sequence[Found]], speaking: frozenset[PassageKind]
) -> frozenset[PassageKind]:
    """Return the kinds that name a place to pay; standing passages count only if no other passage names one."""
    kinds = {p.kind for p, several in zip(passages, found, strict=True) if any(map(_is_place, several))}
    return _NAMING & speaking if kinds & _NAMING & speaking else _NAMING | STANDING


def _is_place(one: Found) -> bool:
    return one.account is not None and one.account.kind in PLACES


def _shares(passages: Sequence[Passage]) -> list[int]:
    """Return the characters of each passage that are read; padding takes from its own passage first.

    Each passage has a small share in its turn, the sender's own before quotations, until the characters or the passages
    of the letter, or those of the attachments, are used up. Long passages share what is left.
    """
    shares = [0] * len(passages)
    attached = [at for at, one in enumerate(passages) if _is_attached(one)]
    letter = [at for at, one in enumerate(passages) if not _is_attached(one)]
    of_attached = min(MAX_ATTACHED, sum(passages[at].length for at in attached))
    for numbers, characters in ((attached, MAX_ATTACHED), (letter, MAX_CHARACTERS - of_attached)):
        left = characters
        read = sorted(numbers, key=lambda at: passages[at].kind == _QUOTED)[:MAX_PASSAGES]
        for at in read:
            shares[at] = min(passages[at].length, SMALL_SHARE, left)
            left -= shares[at]
        most = _level([passages[at].length - shares[at] for at in read], left)
        for at in read:
            shares[at] += min(passages[at].length - shares[at], most)
    return shares


def _level(lengths: Sequence[int], characters: int) -> int:
    """Return the share at which all lengths, cut to it, make up `characters`; short passages leave theirs to others."""
    left = characters
    for at, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - at)
        if length > share:
            return share
        left -= length
    return characters


def _named(passage: Passage) -> list[Found]:
    """Return the accounts of a passage, and in a disguised passage those of its folded text too."""
    found = accounts_in(passage.text)
    if passage.text.isascii() and passage.text.lower() == passage.folded.text:
        return found
    shown = [Found(one.account, *passage.folded.origin(one.start, one.end)) for one in accounts_in(passage.folded.text)]
    ends, kept = 0, []
    for one in sorted([*found, *shown], key=lambda one: (one.start, -one.end)):  # of equal ones, that of the text
        if one.start >= ends:
            kept.append(one)
            ends = one.end
    return kept


def is_handed_on(message: Message, pointing: Pointing | None = None) -> bool:
    """Return whether a message adopts its quotation: it forwards it, points at it, or has no other text."""
    view = message.view
    quoted = list(view.of(_QUOTED))
    own = [one for one in view.of("new") if one.text.strip()]
    if not quoted and not any(map(_has_quotation_marks, own)):
        return False
    if quoted and (_FORWARDED.match(message.header("subject") or "") or says_nothing(own)):
        return True
    near = own if len(own) <= 2 * MAX_POINTING else [*own[:MAX_POINTING], *own[-MAX_POINTING:]]
    if pointing is not None and pointing.is_in((*near, *view.of("subject"))):
        return True
    return any(_FORWARDED_LINE.search(passage.text) for passage in quoted)


def _has_quotation_marks(passage: Passage) -> bool:
    return any(mark in passage.text for mark in _QUOTATION_MARKS)
