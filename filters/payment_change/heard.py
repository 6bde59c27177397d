"""Which passages of a message speak for its sender, and which of them can calm. Pure.

What is quoted in an answer is somebody else's, unless the message hands it on. A standing line in a signature or a
footer calms nothing, but it can announce a change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from filters.payment_change.accounts import PLACES, Found, accounts_in
from filters.payment_change.wording import Read, Wordings
from gateway.contract import Account, Message, Passage, PassageKind

#: Before a subject that is handed on, in seven languages.
_FORWARDED = re.compile(
    r"(?i)\s*(?:(?:re|aw|sv|antw|odp)\s*:\s*)*(?:fwd?|wg|tr|rv|i|inoltro|doorst|pd|weitergeleitet)\s*:"
)
#: In what is quoted, where it is handed on.
_FORWARDED_LINE = re.compile(r"(?i)-{2,}\s*(?:forwarded message|weitergeleitete nachr|message transf|mensaje reenv)")

_QUOTED: PassageKind = "quoted"
_SPEAKING: frozenset[PassageKind] = frozenset({"subject", "sender", "new", "attachment", "signature", "footer"})
#: Whose words can speak against a change.
CALMING: frozenset[PassageKind] = frozenset({"subject", "new"})
#: Where an account is named as the place to pay; in a signature or a footer it always stands.
_NAMING: frozenset[PassageKind] = frozenset({"subject", "sender", "new", "attachment", "quoted"})


#: Characters of a message that are listened to, twenty times a long letter; of a passage beyond that both its ends.
MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Heard:
    """All that speaks, made ready."""

    reads: tuple[Read, ...]
    calming: frozenset[PassageKind]
    accounts: tuple[tuple[Passage, Found], ...]  # that the message names as places to pay
    complete: bool = True  # False: there was more than MAX_CHARACTERS

    @property
    def offered(self) -> frozenset[Account]:
        """Those that stand in what the sender wrote himself, or attached."""
        kinds = ("subject", "new", "attachment")
        return frozenset(one.account for passage, one in self.accounts if one.account and passage.kind in kinds)

    @property
    def places(self) -> frozenset[Account]:
        """The accounts themselves, without a BIC or a bare number."""
        return frozenset(one.account for _, one in self.accounts if one.account and one.account.kind in PLACES)


def heard(message: Message, wordings: Wordings) -> Heard:
    view = message.view
    handed_on = is_handed_on(message, list(view.of("quoted")))
    speaking = _SPEAKING | {_QUOTED} if handed_on else _SPEAKING
    reads, accounts, complete, left = [], [], True, MAX_CHARACTERS
    for passage in view.of(*speaking):
        found = _named(passage, left) if passage.kind in _NAMING else []
        accounts += [(passage, one) for one in found]
        reads.append(wordings.read(passage, found, left))
        length = max(len(passage.text), len(passage.folded.text))  # what nobody sees is looked through for numbers too
        complete, left = complete and length <= left, max(left - length, 0)
    return Heard(tuple(reads), CALMING | {_QUOTED} if handed_on else CALMING, tuple(accounts), complete)


def _named(passage: Passage, characters: int) -> list[Found]:
    """The accounts of a passage, in so many characters; where it is disguised, those of what it looks like."""
    found = accounts_in(passage.text[:characters])
    if found or (len(passage.text) == len(passage.folded.text) and passage.text.isascii()):
        return found
    folded = accounts_in(passage.folded.text[:characters])
    return [Found(one.account, *passage.folded.origin(one.start, one.end)) for one in folded]


def is_handed_on(message: Message, quoted: Sequence[Passage]) -> bool:
    if _FORWARDED.match(message.header("subject") or ""):
        return True
    return any(_FORWARDED_LINE.search(passage.text) for passage in quoted)
