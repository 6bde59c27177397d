"""Finds words that are aimed at a person or a group, or said about one, and mail to people who asked for an end of it.

What the writer quotes, for a report, is not the writer's own. The filter leaves the group `protected_correspondents`
alone. A finding about mail from outside is for its readers, and is never counted against them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary

from filters.language.codes import BY_KIND, CODES, HARASSMENT, SUSPECTED, THREAT, UNREAD, WARNS
from filters.language.masked_words import MaskedWords
from filters.language.own_words import own_words
from filters.language.requests_to_stop import RequestsToStop
from filters.language.settings import LanguageSettings
from gateway.contract import (
    PROTECTED,
    Codes,
    Counters,
    Direction,
    Directory,
    Evidence,
    Finding,
    KeyedHash,
    Mail,
    Mode,
    Outcome,
    Settings,
    department_report,
    unprotected_recipients,
)
from gateway.matching import OWN, WRITTEN, LanguageModel, Lexicon, TextRule, Weighed, left_out
from gateway.message import Message, Passage, address_key, sender_of

#: Octets of a message up to which its text is prepared in the event loop. A larger message is read in a thread.
MAX_INLINE_BYTES = 64 * 1024
#: Recipients up to whom a message is one to each of them: a circular pesters nobody.
FEW = 5

_RELAYED = frozenset({"relay", "amend"})
_AUTOMATIC = frozenset({"bulk", "list", "junk"})
_THREAT = THREAT.partition(".")[2]
_ASKED = "The message goes to somebody who has asked its sender to stop writing."


class Language:
    """Filter for mail in all directions. The counts of requests to stop are about our own senders alone."""

    name: ClassVar[str] = "language"
    Settings: ClassVar[type[Settings]] = LanguageSettings
    codes: ClassVar[Codes] = CODES
    notices: ClassVar[Mapping[str, str]] = {THREAT: "threat"}
    at_once: ClassVar[frozenset[str]] = frozenset({THREAT})
    reminders: ClassVar[Mapping[str, str]] = dict.fromkeys(BY_KIND.values(), "language")
    warns: ClassVar[Mapping[str, Mapping[str, str]]] = WARNS
    by_model: ClassVar[frozenset[str]] = frozenset(CODES) - {UNREAD}
    suspected: ClassVar[frozenset[str]] = frozenset({SUSPECTED})
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED})
    operations: ClassVar[type] = department_report("report.conduct", name, BY_KIND.values())  # no suspicions
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(
        self,
        settings: LanguageSettings,
        directory: Directory,
        counters: Counters,
        keyed_hash: KeyedHash,
        language_model: LanguageModel,
    ) -> None:
        rules = settings.rules
        self._directory = directory
        self._rule = TextRule(self.name, rules, language_model)
        self._masked = MaskedWords(rules.masked)
        self._requests = RequestsToStop(settings.harassment_days, counters, keyed_hash)
        self._from_message = settings.harassment_messages
        self._prepared: WeakKeyDictionary[Message, list[Passage]] = WeakKeyDictionary()
        lexicon = Lexicon(rules.lists)
        self._stop, self._not_stop = lexicon.compile(rules.stop), lexicon.compile(rules.stop_unless)
        self._adopted = lexicon.compile(rules.adopted)
        lexicon.build_index()

    @staticmethod
    def least_people(settings: LanguageSettings) -> int:
        """Return the least number of people that a number in a report is about."""
        return settings.report_people

    async def check(self, mail: Mail) -> Sequence[Finding]:
        to = frozenset(one.address for one in unprotected_recipients(mail, self._directory))
        if not to:
            return []
        weighed = await self._rule.weigh(mail.message, passages=await self._passages(mail))
        found = list(_findings(weighed, to)) if weighed.found else []
        for address, person in self._addressed(mail, to):
            before = await self._requests.messages(self._sender(mail), person, mail.received_at)
            if before is not None and before + 1 >= self._from_message:
                evidence = (Evidence("messages since the request", str(before + 1)),)
                found.append(Finding(HARASSMENT, _ASKED, evidence, recipients=frozenset({address})))
        if unread := tuple(Evidence(*one) for one in left_out(mail.message.view.of(*WRITTEN))):
            found.append(Finding(UNREAD, CODES[UNREAD].sentence, unread, recipients=to))
        return found

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Remember who asks one of our senders to stop, who answers as usual, and messages since such a request."""
        if _is_automatic(mail):
            return
        at, once = mail.received_at, mail.key or mail.id
        to = (one.address for one in unprotected_recipients(mail, self._directory))
        reached = {address for address in to if outcome.actions.get(address) in _RELAYED}
        for _, person in self._addressed(mail, reached):
            await self._requests.count(self._sender(mail), person, at, once)
        person = "" if self._is_newsletter(mail) else self._author(mail)
        answered = [one for one in self._answered(mail) if one in reached] if person else []
        if not answered:
            return
        asks = self._asks(await self._passages(mail))
        for sender in answered:
            remember = self._requests.ask if asks else self._requests.end
            await remember(self._key(sender), person, at, once, proven=_is_proven(mail))

    async def _passages(self, mail: Mail) -> list[Passage]:
        """Return the sender's own words, prepared for the search; what is learned from a message needs them again."""
        message = mail.message

        def prepare() -> list[Passage]:
            return own_words(message.view.of(*WRITTEN), self._masked, self._adopted)

        if (ready := self._prepared.get(message)) is None:
            ready = prepare() if len(message.raw) <= MAX_INLINE_BYTES else await asyncio.to_thread(prepare)
            self._prepared[message] = ready
        return ready

    # --- requests to stop --------------------------------------------------------------------------------------------

    def _sender(self, mail: Mail) -> str:
        return self._key(mail.envelope.mail_from)

    def _key(self, address: str) -> str:
        """Return the key of an address without its `+tag`: that of the person's first address, where it is one of ours.

        Whoever is asked to stop must not go on by writing to `joe+1@`.
        """
        bare = _without_tag(address)
        person = self._directory.person(address) or self._directory.person(bare)
        return address_key(_without_tag(person.addresses[0]) if person else bare)

    def _addressed(self, mail: Mail, to: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield address and key of each of these people to whom one of our senders writes, unless it is a circular."""
        few = len(mail.envelope.recipients) <= FEW
        if not mail.envelope.mail_from or not few or _is_automatic(mail) or self._is_newsletter(mail):
            return
        for one in mail.envelope.recipients:
            if one.address in to and one.direction != "inbound" and self._key(one.address) != self._sender(mail):
                yield one.address, self._key(one.address)

    def _is_newsletter(self, mail: Mail) -> bool:
        """Return whether the fields of a list tell of a newsletter (RFC 2919).

        A person of ours could add them so as not to be counted: they are believed of other addresses only.
        """
        from_outside = "inbound" in mail.directions
        return _has_list_fields(mail) and (from_outside or not self._directory.person(mail.envelope.mail_from))

    def _author(self, mail: Mail) -> str:
        """Return the key of the person who writes to one of ours; "" if nobody is sure.

        A forged sender must put nobody under suspicion: where mail from outside is verified, the address must be
        proven. Inside, the reverse-path and `From:` must name the same person.
        """
        addresses = mail.sender.addresses
        if len(addresses) != 1:
            return ""
        author = self._key(addresses[0])
        if "inbound" not in mail.directions:
            return author if mail.envelope.mail_from and author == self._sender(mail) else ""
        if self._directory.is_ours(addresses[0]):
            return ""
        if mail.authentication.verified and address_key(addresses[0]) not in mail.proven_senders:
            return ""
        return author

    def _answered(self, mail: Mail) -> list[str]:
        """Return the addresses of ours in To, where there are few: a person in Cc only reads along."""
        author = self._author(mail)
        named = {address_key(one) for one in sender_of(mail.message.root.fields("to")).addresses}
        ours = [r.address for r in mail.envelope.recipients if r.direction != "outbound"]
        answered = [one for one in ours if address_key(one) in named and self._key(one) != author]
        return answered if len(answered) <= FEW else []

    def _asks(self, passages: Sequence[Passage]) -> bool:
        """Return whether the text asks its readers to stop writing, and is not about a newsletter.

        A footer about a newsletter doesn't count.
        """
        lines = [one.folded.lines for one in passages if one.kind in OWN]
        return any(next(self._stop.find(one), None) for one in lines) and not any(
            next(self._not_stop.find(one), None) for one in lines
        )


def _findings(weighed: Weighed, to: frozenset[str]) -> Iterator[Finding]:
    """Yield a finding for each kind that reaches the threshold by itself, else one for the heaviest.

    A threat may reach it with the model's weight, since somebody must be told of it; not where words that may be a
    kindness are all that speaks for it. That is a suspicion, as it is without any word: nobody is told.
    The evidence stands in the first finding: it is about the whole text.
    """
    sums = {kind: sum(one.cue.weight for one in weighed.cues if one.cue.kind == kind) for kind in weighed.kinds}
    doubtful = weighed.kinds == [_THREAT] and sums[_THREAT] < weighed.threshold
    if weighed.reading and weighed.reading.weight > 0 and _THREAT in sums:
        sums[_THREAT] += weighed.reading.weight
    kinds = [kind for kind in weighed.kinds if sums[kind] >= weighed.threshold] or weighed.kinds[:1]
    evidence = tuple(Evidence(*reason) for reason in weighed.reasons())
    for code in [BY_KIND[kind] for kind in kinds if not doubtful] or [SUSPECTED]:
        yield Finding(code, CODES[code].sentence, evidence, recipients=to)
        evidence = ()


def _is_automatic(mail: Mail) -> bool:
    """Return whether a program says that it has sent the mail (RFC 3834 5)."""
    return (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().lower() != "no"


def _has_list_fields(mail: Mail) -> bool:
    header = mail.message.header
    bulk = (header("precedence") or "").strip().lower() in _AUTOMATIC
    return bulk or bool(header("list-id") or header("list-unsubscribe"))


def _is_proven(mail: Mail) -> bool:
    """Return whether the author is proven: from outside by SPF or DKIM, inside by a login."""
    return mail.authentication.verified if "inbound" in mail.directions else bool(mail.client.login)


def _without_tag(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
