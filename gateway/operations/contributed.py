"""Operations that filters contribute: built with the services that their constructors ask for by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.app import Components, operation_classes
from gateway.assemble.act import build_agreement_requests
from gateway.contract import (
    AgreementAdministration,
    AgreementRequests,
    AuditCounts,
    Clock,
    Directory,
    LedgerAdministration,
    Operates,
    PauseAdministration,
)
from gateway.matching.counterparties import Counterparties
from gateway.settings.chain.entries import FilterEntry


@dataclass(frozen=True, slots=True)
class OperatorServices:
    """Services that operations of filters may ask for in their constructors, by parameter name."""

    clock: Clock
    directory: Directory
    counterparties: Counterparties
    ledger_administration: LedgerAdministration | None  # None: there is no secret.key
    pause_administration: PauseAdministration
    audit_counts: AuditCounts
    agreement_administration: AgreementAdministration
    agreement_requests: AgreementRequests | None  # None: there is no control address
    audit_days: int


def contributed(parts: Components) -> Iterator[object]:
    """Yield the operations of each filter, those of filters outside the chain too."""
    store, keys = parts.store, parts.ledger_keys
    given = OperatorServices(
        clock=parts.clock,
        directory=parts.ours,
        counterparties=parts.counterparties,
        ledger_administration=store.payments(keys) if keys else None,
        pause_administration=store.pauses,
        audit_counts=store.tallies,
        agreement_administration=store.agreements,
        agreement_requests=build_agreement_requests(
            parts.settings, store, parts.ours, parts.signer, parts.clock, quiet=True
        ),
        audit_days=parts.settings.retention.audit_days,
    )
    for cls in operation_classes():
        settings = _settings_of(cls, parts.settings.filters)
        names = inspect.signature(cls).parameters
        yield cls(*(settings if name == "settings" else getattr(given, name) for name in names))


def _settings_of(cls: type, entries: Iterable[FilterEntry]) -> list[Any]:
    """Return the settings of each entry of the chain whose filter has these operations, and is not off."""
    on = (one for one in entries if one.mode != "off")
    return [one.settings for one in on if isinstance(one.cls, Operates) and one.cls.operations is cls]
