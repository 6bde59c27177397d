"""The rule by which a message is held, as administrators read it in `docs/payment-change.md`. Pure.

The words can hold alone. So can a different account of a sender with one steady account. Signals about the sender add
to words that almost reach the threshold, and hold nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from filters.payment_change.ledger_signals import LedgerSignals
from filters.payment_change.settings import Thresholds
from filters.payment_change.signals import Signal
from gateway.contract import Evidence

Reason = Literal["wording", "account"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One reason to hold, with the sum that reached its threshold."""

    reason: Reason
    total: float
    needed: float | None  # None: it holds whatever the sum
    signals: tuple[Signal, ...]

    def evidence(self) -> Iterator[Evidence]:
        """Yield the sum first, then its signals, the heaviest first."""
        held = "a different account holds alone" if self.needed is None else f"held from {self.needed:g} on"
        yield Evidence("sum", held, weight=self.total)
        for signal in sorted(self.signals, key=lambda one: -abs(one.weight)):
            if signal.weight:
                yield from signal.shown()


def weigh(
    words: Sequence[Signal], identity: Sequence[Signal], book: LedgerSignals, thresholds: Thresholds
) -> list[Weighed]:
    """Return the reasons to hold; none if the message may pass."""
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
    total = max(spoken, 0) + kept + about
    if book.different and (book.holds or total >= thresholds.account):
        found.append(Weighed("account", total, None if book.holds else thresholds.account, everything))
    return found


def _sum(signals: Sequence[Signal]) -> float:
    return sum(one.weight for one in signals)
