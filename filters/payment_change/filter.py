"""Holds mail that changes where money goes, until somebody has verified it in person or by telephone.

The filter asks the words (`wording`), where they speak for a change the language model, the ledger (`ledger_signals`)
and facts about the sender (`sender_signals`), and weighs them by `decision`. After the reply it notes the accounts of
relayed mail from authenticated senders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import ClassVar, TypeVar
from weakref import WeakKeyDictionary

from filters.payment_change.decision import Announcement, Reason, Weighed, announcements, weigh
from filters.payment_change.effort import Effort
from filters.payment_change.ledger_signals import LedgerSignals, ledger_signals
from filters.payment_change.operations import PaymentOperations
from filters.payment_change.passages import MAX_CHARACTERS, SearchedPassages, searched_passages
from filters.payment_change.sender_signals import SenderSignals
from filters.payment_change.settings import PaymentChangeSettings
from filters.payment_change.signals import Signal
from filters.payment_change.wording import Wordings
from gateway.contract import (
    Code,
    Codes,
    Correspondents,
    Direction,
    Directory,
    Evidence,
    Finding,
    Ledger,
    Mail,
    Mode,
    Outcome,
    Payee,
    Settings,
)
from gateway.matching import MOST_WEIGHT, FoundWords, LanguageModel, Reading
from gateway.message import Message, TimeSlices, address_key, sender_of

WORDING = "payment_change.wording"
ACCOUNT = "payment_change.account"
BLOCKED = "payment_change.blocked"
ANNOUNCEMENT = "payment_change.announcement"

UNREAD = "payment_change.unread"

CLAUSE = "payments.changes"

#: Name of the rule's head in the language model, and of its signal.
HEAD, MODEL = "payment_change", "language_model"
#: Sum of the words for a change from which on the language model is asked.
ASKED_FROM = 0.5
#: Announcing sentences that the model reads by themselves, the heaviest ones.
MOST_ALONE = 8

#: Octets of a message, and characters and passages of its visible text, up to which it is read in the event loop. A
#: larger message is read in a thread. A small archive may hold thousands of passages.
MAX_INLINE_BYTES, MAX_INLINE_CHARACTERS, MAX_INLINE_PASSAGES = 64 * 1024, 16 * 1024, 100

_SUMMARIES: Mapping[str, str] = {
    WORDING: "The message seems to change where money goes.",
    ACCOUNT: "The message names another bank account than the known one of this sender.",
    BLOCKED: "The message names an account, or comes from a sender, that was reported as fraud.",
    ANNOUNCEMENT: "The message seems to announce a change of our own payment details.",
}
_TOO_LONG = "The message has more text than is looked through for changes of payment details."
_CODE_OF: Mapping[Reason, str] = {"wording": WORDING, "account": ACCOUNT}
_RELAYED = frozenset({"relay", "amend"})

T = TypeVar("T")


class PaymentChange:
    """Filter with one finding for each reason; for our own mail to outside, that an announcement needs an approval."""

    name: ClassVar[str] = "payment_change"
    Settings: ClassVar[type[Settings]] = PaymentChangeSettings
    codes: ClassVar[Codes] = {
        **{code: Code(CLAUSE, "quarantine", summary) for code, summary in _SUMMARIES.items()},
        UNREAD: Code(CLAUSE, "log", _TOO_LONG),
    }
    reads_text: ClassVar[bool] = True
    release_needs_verification: ClassVar[frozenset[str]] = frozenset(_SUMMARIES)
    answered_by_verification: ClassVar[frozenset[str]] = frozenset({WORDING, ACCOUNT})
    by_model: ClassVar[frozenset[str]] = frozenset({WORDING, ACCOUNT, ANNOUNCEMENT})
    notices: ClassVar[Mapping[str, str]] = dict.fromkeys(_SUMMARIES, "payment_change")
    operations: ClassVar[type] = PaymentOperations
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "internal", "outbound")

    def __init__(
        self,
        settings: PaymentChangeSettings,
        directory: Directory,
        correspondents: Correspondents,
        ledger: Ledger,
        language_model: LanguageModel,
    ) -> None:
        self._rules = settings.rules
        self._wordings = Wordings(settings.rules)
        self._model = language_model
        self._directory = directory
        self._ledger = ledger
        self._identity = SenderSignals(settings.rules, directory, correspondents)
        self._searched: WeakKeyDictionary[Message, SearchedPassages] = WeakKeyDictionary()

    @staticmethod
    def found_in(settings: PaymentChangeSettings) -> Mapping[Direction, Collection[str]]:
        """Return the codes by direction: we announce to outside, and accounts are compared in mail from there."""
        return {
            "inbound": {WORDING, ACCOUNT, BLOCKED, UNREAD},
            "internal": {WORDING, BLOCKED, UNREAD},
            "outbound": {ANNOUNCEMENT, BLOCKED, UNREAD},
        }

    @staticmethod
    def free_mail(settings: PaymentChangeSettings) -> Iterable[str]:
        """Return the domains of free mail; those of an instance that is off too: what was typed in is kept."""
        return settings.rules.free_mail

    # --- check -------------------------------------------------------------------------------------------------------

    async def check(self, mail: Mail) -> Sequence[Finding]:
        effort = _effort(mail)
        return await self._found(mail, await self._passages(mail, effort), effort)

    async def _found(self, mail: Mail, passages: SearchedPassages, effort: Effort) -> list[Finding]:
        words = await _apart(effort, lambda: self._words(passages, effort))
        announced = announcements(words, self._rules.thresholds)
        reading = await self._reading(mail, words, announced)
        words += _by_model(reading)
        decide = partial(
            weigh,
            words,
            thresholds=self._rules.thresholds,
            announced=next(iter(announced), None),
            stated=next((one for one in announced if one.has(self._rules.stated)), None),
            warned=sum(one.weight for one in words if one.name in self._rules.warnings),
            named=passages.names_account,
            reading=reading,
        )
        found = await self._blocked(mail, passages)
        inward = frozenset(r.address for r in mail.envelope.recipients if r.direction != "outbound")
        outward = frozenset(r.address for r in mail.envelope.recipients if r.direction == "outbound")
        if inward:
            outside = "inbound" in mail.directions
            identity = await self._identity.signals(mail) if outside and words else []
            ledger = await self._ledger_signals(mail, passages) if outside else LedgerSignals()
            for one in decide(identity, ledger):
                found.append(_finding(_CODE_OF[one.reason], one, inward))
        if outward:
            for one in decide([], LedgerSignals()):
                found.append(_finding(ANNOUNCEMENT, one, outward))
        if not passages.complete or not effort.complete:
            found.append(Finding(UNREAD, _TOO_LONG, tuple(_unread(mail, passages, effort))))
        return found

    async def _passages(self, mail: Mail, effort: Effort) -> SearchedPassages:
        """Return the message's passages, prepared for the search; what is learned from a message needs them again.

        RE2 releases the interpreter lock while it searches.
        """
        if (passages := self._searched.get(mail.message)) is None:
            passages = await _apart(effort, lambda: searched_passages(mail.message, self._wordings, effort))
            self._searched[mail.message] = passages
        return passages

    def _words(self, passages: SearchedPassages, effort: Effort) -> list[Signal]:
        """Return the signals of the words; none where nothing could be held for them."""
        least = 0 if passages.places else ASKED_FROM
        return self._wordings.signals(passages.reads, passages.calming, effort, least)

    async def _reading(self, mail: Mail, words: Sequence[Signal], announced: Sequence[Announcement]) -> Reading | None:
        """Return the language model's reading, where the words leave it something to decide and the model answers."""
        if sum(one.weight for one in words if one.weight > 0) < ASKED_FROM:
            return None
        needed = self._rules.thresholds.wording - sum(one.weight for one in words)
        if needed > MOST_WEIGHT and not announced:
            return None
        sentences = dict.fromkeys(one.sentence.folded for one in announced[:MOST_ALONE])
        said = {place.folded for one in words if one.weight > 0 for place in one.own}
        return await self._model.read(HEAD, mail.message, needed, FoundWords(sorted(said), list(sentences)))

    async def _ledger_signals(self, mail: Mail, passages: SearchedPassages) -> LedgerSignals:
        """Return the ledger's view of the first author's accounts.

        The author need not be proven: mail with a forged author has another account all the more.
        """
        counterparty = self._counterparty(mail)
        if not passages.places or not counterparty:
            return LedgerSignals()
        standing = await self._ledger.standing(counterparty, passages.places)
        return ledger_signals(passages, standing, self._rules.weights, self._rules.thresholds)

    def _counterparty(self, mail: Mail) -> str:
        theirs = [one for one in mail.sender.addresses if not self._directory.is_ours(one)]
        return self._identity.counterparty(theirs[0]) if theirs else ""

    async def _blocked(self, mail: Mail, passages: SearchedPassages) -> list[Finding]:
        """Return a finding for blocked accounts and senders; accounts count in every passage, quotations included."""
        blocked = await self._ledger.blocked(passages.everywhere, self._senders(mail))
        shown = tuple(
            Evidence("blocked", one if isinstance(one, str) else f"an account ({one.kind})") for one in blocked
        )
        return [Finding(BLOCKED, _SUMMARIES[BLOCKED], shown)] if blocked else []

    def _senders(self, mail: Mail) -> frozenset[str]:
        replies = sender_of(mail.message.root.fields("reply-to")).addresses
        named = (mail.envelope.mail_from, *mail.sender.addresses, *replies)
        return frozenset(address_key(one) for one in named if one and not self._directory.is_ours(one))

    # --- what a person verifies, and what is learned -----------------------------------------------------------------

    async def payee(self, mail: Mail) -> Payee:
        """Return the payee of a message, with accounts and senders: for a person who verifies it or reports a fraud."""
        passages = await self._passages(mail, _effort(mail))
        return Payee(self._counterparty(mail), passages.places, self._senders(mail))

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Note the accounts offered in relayed mail from outside with a proven author, unless it was found suspect."""
        relayed = [r for r in mail.envelope.recipients if outcome.actions.get(r.address) in _RELAYED]
        proven = [one for one in mail.authentication.authenticated if not self._directory.is_ours(one)]
        if not proven or not any(r.direction == "inbound" for r in relayed):
            return
        await self._identity.remember(mail, proven)
        effort = _effort(mail)
        passages = await self._passages(mail, effort)
        places = passages.places & passages.offered
        if not places or any(finding.code != UNREAD for finding in await self._found(mail, passages, effort)):
            return
        for counterparty in {self._identity.counterparty(one) for one in proven}:
            await self._ledger.add(counterparty, places, mail.received_at)


def _by_model(reading: Reading | None) -> list[Signal]:
    if reading is None:
        return []
    sentences = tuple(Evidence(MODEL, text) for text, _ in reading.sentences)
    return [Signal(MODEL, "A model trained on labelled mails weighs in", reading.weight, sentences)]


async def _apart(effort: Effort, work: Callable[[], T]) -> T:
    """Return the result of `work`, which runs in a thread if the message is large."""

    def charged() -> T:
        with effort.phase():
            return work()

    return await asyncio.to_thread(charged) if effort.in_thread else charged()


def _effort(mail: Mail) -> Effort:
    """Return the effort of a search, which a thread does if the message is large."""
    passages = list(islice(mail.message.view.of(), MAX_INLINE_PASSAGES + 1))
    short = (
        len(mail.message.raw) <= MAX_INLINE_BYTES
        and len(passages) <= MAX_INLINE_PASSAGES
        and sum(len(one.text) for one in passages) <= MAX_INLINE_CHARACTERS
    )
    return Effort(None if short else TimeSlices())


def _unread(mail: Mail, passages: SearchedPassages, effort: Effort) -> Iterator[Evidence]:
    """Yield the reasons why not all of a message was searched."""
    if not passages.complete:
        characters = sum(len(one.text) for one in mail.message.view.passages)
        yield Evidence(
            "text", f"{characters:,} characters, of which {MAX_CHARACTERS:,} are read at most: long parts at both ends"
        )
    if not effort.complete:
        yield Evidence("time", "The time for the search was over before all was read")


def _finding(code: str, weighed: Weighed, recipients: frozenset[str]) -> Finding:
    return Finding(code, _SUMMARIES[code], tuple(weighed.evidence()), recipients=recipients)
