"""Finds mail to many people that is no business: chain mail, jokes, gossip, private notices and appeals.

The words decide together with the number of people whom the message reaches. The filter leaves the group
`protected_correspondents` alone, and the members of `announcers` may write to everybody about anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar

from filters.broadcast.codes import (
    APPEAL,
    CHAIN,
    CODE_OF_KIND,
    CODES,
    FOR_SALE,
    GOSSIP,
    JOKE,
    LIST,
    LOST_AND_FOUND,
    SUSPECTED,
    UNREAD,
)
from filters.broadcast.forwards import Forwards, forwards_of
from filters.broadcast.reach import Reach, large_lists, reach_of
from filters.broadcast.settings import BroadcastSettings
from gateway.contract import (
    PROTECTED,
    Codes,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Recipient,
    Settings,
    unprotected_recipients,
)
from gateway.matching import WRITTEN, Fact, LanguageModel, TextRule, Weighed, left_out
from gateway.message import PassageKind

#: The head of the language model that reads for this filter.
RULE = "broadcast"
#: Addresses of earlier recipients from which on a forwarded text carries many.
MANY_ADDRESSES = 10
#: Times from which on a message was forwarded often.
OFTEN = 3
#: Characters of the sender's own text from which on it is long, and very long: the more text, the more chance words.
#: Of 368 such mails the longest had 820.
LONG, VERY_LONG = 1_000, 3_000
#: The same for chain letters and jokes, whose words stand so near each other: business around them hides none.
LONG_AROUND, VERY_LONG_AROUND, NEAR = 2_000, 4_000, 800

_FORWARDED: tuple[PassageKind, ...] = (*WRITTEN, "quoted")
_SUMMARIES: Mapping[str, str] = {
    CHAIN: "The message looks like chain mail: please delete such mail and don't send it on.",
    JOKE: "The message looks like a joke or an amusement that was sent to many people.",
    GOSSIP: "The message looks like gossip that was sent to many people.",
    LOST_AND_FOUND: "The message looks like a notice about private lost property.",
    APPEAL: "The message looks like a private appeal for money, sponsors, signatures or votes.",
    FOR_SALE: "The message looks like a private notice to many people: for sale, wanted, to let, or an invitation.",
    LIST: "The message looks like no business, and goes to a large distribution list.",
}
_LONG = "long"
#: Kinds of cues that business around them doesn't hide.
_AMID = frozenset(kind for kind, code in CODE_OF_KIND.items() if code in (CHAIN, JOKE))
#: Codes of notices that have a place of their own, the message board.
_FOR_THE_BOARD = frozenset({LOST_AND_FOUND, APPEAL, FOR_SALE})


class Broadcast:
    """One finding for the kind of mail that speaks the loudest, and one more for a large list."""

    name: ClassVar[str] = "broadcast"
    Settings: ClassVar[type[Settings]] = BroadcastSettings
    codes: ClassVar[Codes] = CODES
    reminders: ClassVar[Mapping[str, str]] = dict.fromkeys(_SUMMARIES, "broadcast")
    by_model: ClassVar[frozenset[str]] = frozenset({*_SUMMARIES, SUSPECTED})
    suspected: ClassVar[frozenset[str]] = frozenset({SUSPECTED})
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED, "announcers"})
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound", "internal")

    def __init__(self, settings: BroadcastSettings, directory: Directory, language_model: LanguageModel) -> None:
        self._settings = settings
        self._directory = directory
        self._rule = TextRule(RULE, settings.rules, language_model)

    @staticmethod
    def least_people(settings: BroadcastSettings) -> int:
        """Return the least number of people that a number in a report is about."""
        return settings.report_people

    async def check(self, mail: Mail) -> Sequence[Finding]:
        to = unprotected_recipients(mail, self._directory)
        if not to or self._may_announce(mail):
            return []
        reach = reach_of(mail, self._directory, self._settings.allowed)
        if reach.only_allowed:
            return []
        forwards = forwards_of(mail.message)
        few = reach.people < self._settings.few_people
        kinds = _FORWARDED if forwards.times else WRITTEN
        weighed = await self._rule.weigh(
            mail.message,
            kinds,
            ask=not few,
            facts=[*self._by_reach(reach), *self._by_forwards(forwards), *self._by_length(mail)],
        )
        found: list[Finding] = []
        amid = None if weighed.found else self._amid_business(mail, weighed)
        if (weighed.found or amid) and (not few or self._asks_to_be_sent_on(weighed)):
            found += self._found(to, reach, weighed, amid)
        if unread := tuple(Evidence(*one) for one in left_out(mail.message.view.of(*kinds))):
            everybody = frozenset(one.address for one in to)
            found.append(Finding(UNREAD, CODES[UNREAD].sentence, unread, recipients=everybody))
        return found

    # --- people ------------------------------------------------------------------------------------------------------

    def _may_announce(self, mail: Mail) -> bool:
        """Return whether all authors may write to everybody. Nobody outside may: anybody can write a name there."""
        if mail.directions == {"inbound"}:
            return False
        authors = mail.sender.addresses or (mail.envelope.mail_from,)
        return all(not self._directory.groups(one).isdisjoint(self._settings.announcers) for one in authors)

    # --- reasons that are no words -----------------------------------------------------------------------------------

    def _by_reach(self, reach: Reach) -> Iterator[Fact]:
        """Yield the number of people, with a weight against a finding if it is between few and many."""
        few, many = self._settings.few_people, self._settings.people
        missing = (many - reach.people) / (many - few) if few <= reach.people < many else 0
        yield Fact("people", reach.described, round(missing * self._settings.rules.weights.few, 1))

    def _by_forwards(self, forwards: Forwards) -> Iterator[Fact]:
        weights = self._settings.rules.weights
        if forwards.times > 1:
            weight = weights.forwarded_often if forwards.times >= OFTEN else weights.forwarded_twice
            yield Fact("forwarded", f"{forwards.times} times", weight)
        if forwards.addresses >= MANY_ADDRESSES:
            said = f"{forwards.addresses} addresses of earlier recipients"
            yield Fact("forwarded", said, weights.earlier_recipients)

    def _by_length(self, mail: Mail) -> Iterator[Fact]:
        """Yield the length of the sender's own text, if it is long; the weight grows up to a very long one."""
        if (characters := _length(mail)) > LONG:
            yield Fact(_LONG, f"{characters:,} characters", self._weight_of(characters, LONG, VERY_LONG))

    def _weight_of(self, characters: int, long: int, very_long: int) -> float:
        share = min(max((characters - long) / (very_long - long), 0), 1)
        return round(share * self._settings.rules.weights.long, 1)

    def _amid_business(self, mail: Mail, weighed: Weighed) -> Evidence | None:
        """Return evidence of a chain letter or a joke in a long text, whatever is said far from it, or None."""
        if (characters := _length(mail)) <= LONG:
            return None
        facts = sum(one.weight for one in weighed.facts if one.name != _LONG)
        total = weighed.near(_AMID, NEAR) + facts + self._weight_of(characters, LONG_AROUND, VERY_LONG_AROUND)
        said = f"words near each other; found from {weighed.threshold:g} on, whatever is said elsewhere"
        return Evidence("sum", said, weight=round(total, 1)) if total >= weighed.threshold else None

    # --- findings ----------------------------------------------------------------------------------------------------

    def _asks_to_be_sent_on(self, weighed: Weighed) -> bool:
        asks = any(one.name in self._settings.rules.asks for one in weighed.cues)
        return asks and _code(weighed) == CHAIN

    def _found(
        self, to: Sequence[Recipient], reach: Reach, weighed: Weighed, amid: Evidence | None
    ) -> Iterator[Finding]:
        everybody = frozenset(one.address for one in to)
        reasons = (Evidence(*one) for one in weighed.reasons())
        evidence = (amid, *islice(reasons, 1, None)) if amid else tuple(reasons)
        if weighed.only_by_model and not amid:
            yield Finding(SUSPECTED, CODES[SUSPECTED].sentence, evidence, recipients=everybody)
            return
        code = _code(weighed, _AMID if amid else CODE_OF_KIND)
        yield Finding(code, self._summary(code), evidence, recipients=everybody)
        inside = frozenset(one.address for one in to if one.direction != "outbound")
        large = large_lists(reach, self._directory, self._settings.allowed, self._settings.large_list)
        if inside and large:
            evidence = tuple(Evidence("list", one.address) for one in large)
            yield Finding(LIST, _SUMMARIES[LIST], evidence, recipients=inside)

    def _summary(self, code: str) -> str:
        board = self._settings.message_board
        if not board or code not in _FOR_THE_BOARD:
            return _SUMMARIES[code]
        return f"{_SUMMARIES[code]} The place for such notices: {board}"


def _length(mail: Mail) -> int:
    return sum(len(one.text) for one in mail.message.view.of("new"))


def _code(weighed: Weighed, kinds: Collection[str] = CODE_OF_KIND) -> str:
    """Return the code of the heaviest of these kinds; where facts and the model alone speak, it is junk mail."""
    return next((CODE_OF_KIND[kind] for kind in weighed.kinds if kind in kinds), CHAIN)
