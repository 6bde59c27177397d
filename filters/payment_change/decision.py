"""The rule by which a message is held, as administrators read it in `docs/payment-change.md`. Pure.

The words can hold alone. So can a different account of a sender with one steady account. Signals about the sender add
to words that almost reach the threshold, and hold nothing alone. A sentence that announces a change stands, whatever is
said elsewhere, where the letter names a new account or the language model speaks for a change too. Where the writer
states a change that the words would hold without warnings of fraud, these warnings don't let it through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from filters.payment_change.ledger_signals import LedgerSignals
from filters.payment_change.settings import Thresholds
from filters.payment_change.signals import Place, Signal
from gateway.contract import Evidence
from gateway.matching import Reading

Reason = Literal["wording", "account"]

#: Weights of the language model's reading from which on it seconds an announcement: of the whole text, where a lighter
#: announcement is enough, and of the announcing sentences alone.
SECONDED_FROM, SECONDED_ALONE_FROM = 3.0, 12.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """One reason to hold, with the sum that reached its threshold."""

    reason: Reason
    total: float
    needed: float | None  # None: it holds whatever the sum
    signals: tuple[Signal, ...]
    announced: bool = False  # the sum is that of one sentence

    def evidence(self) -> Iterator[Evidence]:
        """Yield the sum first, then its signals, the heaviest first."""
        held = "a different account holds alone" if self.needed is None else f"held from {self.needed:g} on"
        if self.announced:
            held = f"a sentence announces a change; {held}, whatever else is said"
        yield Evidence("sum", held, weight=self.total)
        for signal in sorted(self.signals, key=lambda one: -abs(one.weight)):
            if signal.weight:
                yield from signal.shown()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A sentence of the sender's own whose wordings alone speak for a change, with their sum."""

    sentence: Place
    total: float
    signals: tuple[Signal, ...]

    def has(self, names: Collection[str]) -> bool:
        """Return whether one of these signals stands in the sentence."""
        return any(one.name in names for one in self.signals)


def announcements(words: Sequence[Signal], thresholds: Thresholds) -> list[Announcement]:
    """Return the sentences whose wordings reach the threshold by themselves, the heaviest first.

    Wordings against a change count in the sentence where they stand. Hints, an account number and other wordings that
    don't say by themselves that something changes don't count.
    """
    said: dict[Place, list[Signal]] = {}
    for one in words:
        if one.plain or one.weight < 0:
            for sentence in one.own:
                said.setdefault(sentence, []).append(one)
    found = [Announcement(sentence, _sum(signals), tuple(signals)) for sentence, signals in said.items()]
    return sorted((one for one in found if one.total >= thresholds.wording), key=lambda one: -one.total)


def weigh(
    words: Sequence[Signal],
    identity: Sequence[Signal],
    book: LedgerSignals,
    thresholds: Thresholds,
    announced: Announcement | None = None,
    *,
    stated: Announcement | None = None,
    warned: float = 0,
    named: bool = False,
    reading: Reading | None = None,
) -> list[Weighed]:
    """Return the reasons to hold; none if the message may pass.

    `announced` is the heaviest announcement, `stated` the heaviest in which the writer states a change, `warned` the
    sum of warnings of fraud; `named`: the sender's own text names an account. The usual account of the sender announces
    nothing.
    """
    spoken, about, kept = _sum(words), _sum(identity), _sum(book.signals)
    said = spoken + min(kept, 0)  # a different account is a reason of its own
    wordings = [one for one in words if not one.hint]
    plain = _sum([one for one in wordings if one.weight > 0 and one.plain]) >= thresholds.plain_wording
    needed = thresholds.wording if plain else thresholds.hints_alone
    alone = _sum(wordings) + min(kept, 0)
    everything = (*words, *book.signals, *identity)
    found: list[Weighed] = []
    if said >= needed:
        found.append(Weighed("wording", spoken + kept, needed, (*words, *book.signals)))
    elif alone >= thresholds.wording_alone:
        found.append(Weighed("wording", alone, thresholds.wording_alone, (*wordings, *book.signals)))
    elif plain and spoken >= thresholds.wording_with_identity and said + about >= thresholds.wording:
        found.append(Weighed("wording", spoken + kept + about, thresholds.wording, everything))
    elif announced and kept >= 0:
        least = _least_of_announcement(thresholds, reading, named=named)
        if announced.total >= least:
            found.append(Weighed("wording", announced.total, least, announced.signals, announced=True))
        elif (
            stated
            and stated.total >= (least := thresholds.announcement)
            and said - (reading.weight if reading else 0) < thresholds.wording <= said - warned - _calmed(reading)
        ):
            found.append(Weighed("wording", stated.total, least, stated.signals, announced=True))
    total = max(spoken, 0) + kept + about
    if book.different and (book.holds or total >= thresholds.account):
        found.append(Weighed("account", total, None if book.holds else thresholds.account, everything))
    return found


def _least_of_announcement(thresholds: Thresholds, reading: Reading | None, *, named: bool) -> float:
    """Return the sum from which on an announcement stands by itself."""
    if reading and reading.weight >= SECONDED_FROM:
        return thresholds.wording
    alone = reading.alone if reading else None
    seconded = alone is not None and alone >= SECONDED_ALONE_FROM
    return thresholds.announcement if named or seconded else inf


def _calmed(reading: Reading | None) -> float:
    """Return the weight of a reading that speaks against the whole text, and not against an announcement by itself."""
    return min(reading.weight, 0) if reading and (reading.alone is None or reading.alone >= 0) else 0


def _sum(signals: Sequence[Signal]) -> float:
    return sum(one.weight for one in signals)
