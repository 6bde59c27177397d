"""The ledger's signals for a message: whether its accounts are the usual accounts of its sender. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from filters.payment_change.passages import SearchedPassages
from filters.payment_change.settings import Thresholds, Weights
from filters.payment_change.signals import Signal, quote
from gateway.contract import Account, Evidence, Standing


@dataclass(frozen=True, slots=True)
class LedgerSignals:
    """The ledger's signals for one message."""

    signals: tuple[Signal, ...] = ()
    different: bool = False
    holds: bool = False  # True if another account than its counterparty's one steady account was offered


def ledger_signals(
    passages: SearchedPassages, standing: Standing, weights: Weights, thresholds: Thresholds
) -> LedgerSignals:
    """Return the ledger's signals for the accounts in a message. Only a steady account calms.

    If the counterparty has a steady account, every other account is a different one, seen before or not. A different
    account holds alone if there is one steady account. For counterparties with many (solicitors, payroll bureaus,
    market places) it is a weight.
    """
    steady = frozenset(one for one in passages.places if one in standing.known and standing.known[one].steady)
    strange = passages.places - (steady if standing.steady else standing.known.keys())
    if strange and standing.others:
        says = "Not an account that this sender has used"
        signal = Signal("different_account", says, weights.different_account, _shown(passages, strange))
        alone = standing.steady == 1 and standing.others <= thresholds.accounts_of_one
        return LedgerSignals((signal,), different=True, holds=alone and not strange.isdisjoint(passages.offered))
    if steady and not strange:
        says = "The usual account of this sender"
        return LedgerSignals((Signal("usual_account", says, weights.usual_account, _shown(passages, steady)),))
    return LedgerSignals()


def _shown(passages: SearchedPassages, accounts: frozenset[Account]) -> tuple[Evidence, ...]:
    return tuple(
        quote(passage, found.start, found.end) for passage, found in passages.accounts if found.account in accounts
    )
