"""The services that filters are given: the directory, the scanner, DNS, and memories of the store with their keys.

A `quiet` process, such as a command, reads the memories and writes none but that of messages that wait for an answer,
where it releases mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any

from gateway.act.relay.routes import Routes
from gateway.assemble.logins import build_sending_rights
from gateway.assemble.routes import build_routes
from gateway.contract import (
    Agreements,
    Clock,
    Confirmed,
    Correspondents,
    Counters,
    Ledger,
    NamesFreeMail,
    Organisation,
    Pauses,
    Receipts,
    Resolver,
    SendingRights,
    able,
)
from gateway.directory.lookup import ConfiguredDirectory, KnownDirectory
from gateway.directory.sources import open_directory
from gateway.language_model.gate import read_gate
from gateway.language_model.process_model import OF_A_COMMAND, OF_THE_GATEWAY, Patience, ProcessModel
from gateway.matching.counterparties import Counterparties
from gateway.matching.language_model import LanguageModel
from gateway.remember.database.secret import SECRET_BYTES, has_secret, key_for, read_secret
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.store import Store
from gateway.services.clamd import Clamd
from gateway.services.clean_verdicts import open_verdicts
from gateway.services.keyed_hash import HmacHash
from gateway.services.leaf_scanner import LeafScanner
from gateway.services.no_model import NoModel
from gateway.services.read_only import (
    NoAgreements,
    ReadOnlyConfirmed,
    ReadOnlyCorrespondents,
    ReadOnlyCounters,
    ReadOnlyLedger,
    ReadOnlyPauses,
    ReadOnlyReceipts,
)
from gateway.services.resolver import DnsResolver
from gateway.services.worker_locks import open_locks
from gateway.settings.models import Settings

#: The part of `judge_seconds` that a message may wait for the language model, and that its answer may take: an eighth.
MODEL_SHARE = 8


@dataclass(frozen=True, slots=True)
class Services:
    """Services that filters may ask for in their constructors, by parameter name."""

    clock: Clock
    directory: KnownDirectory
    counters: Counters
    resolver: Resolver
    correspondents: Correspondents
    ledger: Ledger
    pauses: Pauses
    confirmed: Confirmed
    receipts: Receipts
    agreements: Agreements
    organisation: Organisation
    sending_rights: SendingRights
    routes: Routes
    keyed_hash: HmacHash
    language_model: LanguageModel
    scanner: Callable[[Any], LeafScanner]  # builds one from the settings of the filter that asks for it

    def of(self, name: str, settings: Any) -> object:
        """Return the service of this name, for a filter with these settings."""
        return self.scanner(settings) if name == "scanner" else getattr(self, name)


def build_services(
    settings: Settings,
    clock: Clock,
    counters: Counters | None = None,
    correspondents: Correspondents | None = None,
    ledger: Ledger | None = None,
    pauses: Pauses | None = None,
    confirmed: Confirmed | None = None,
    receipts: Receipts | None = None,
    agreements: Agreements | None = None,
    language_model: LanguageModel | None = None,
) -> Services:
    """Build the filters' services. Each service of the store that is not given is idle: it knows and keeps nothing.

    Without a language model the words decide alone.
    """
    directory = build_directory(settings)
    return Services(
        clock=clock,
        directory=directory,
        counters=counters or ReadOnlyCounters(),
        resolver=build_resolver(settings),
        correspondents=correspondents or ReadOnlyCorrespondents(),
        ledger=ledger or ReadOnlyLedger(),
        pauses=pauses or ReadOnlyPauses(),
        confirmed=confirmed or ReadOnlyConfirmed(),
        receipts=receipts or ReadOnlyReceipts(),
        agreements=agreements or NoAgreements(),
        organisation=build_organisation(settings),
        sending_rights=build_sending_rights(settings, directory),
        routes=build_routes(settings, directory),
        keyed_hash=build_keyed_hash(settings),
        language_model=language_model or NoModel(),
        scanner=build_scanner,
    )


def build_services_on(
    store: Store,
    settings: Settings,
    clock: Clock,
    ledger_keys: LedgerKeys | None,
    *,
    quiet: bool,
    language_model: LanguageModel | None = None,
) -> Services:
    """Build the filters' services with the memories of the store; with `quiet` only `receipts` can write."""
    given = build_services(
        settings,
        clock,
        counters=ReadOnlyCounters(store.counters) if quiet else store.counters,
        correspondents=build_correspondents(settings, store, quiet=quiet),
        agreements=store.agreements,
        ledger=build_ledger(store, ledger_keys, quiet=quiet),
        pauses=ReadOnlyPauses(store.pauses) if quiet else store.pauses,
        confirmed=build_confirmed(settings, store, quiet=quiet),
        receipts=build_receipts(settings, store, quiet=quiet),
        language_model=language_model,
    )
    return given if quiet else replace(given, scanner=partial(build_scanner, shared=settings.data_dir))


def build_language_model(settings: Settings, *, quiet: bool) -> ProcessModel:
    """Build the language model; whoever builds it closes it.

    Its process starts with `ProcessModel.start`, or else with the first question. A `quiet` process, such as a command,
    waits longer for that. Both leave the filters most of their time, so that no message is late for the model's sake.
    """
    most = settings.limits.judge_seconds / MODEL_SHARE
    wait, answer = OF_A_COMMAND if quiet else OF_THE_GATEWAY
    patience = Patience(min(wait, most), min(answer, most))
    on = settings.models == "on"
    return ProcessModel(settings.sandbox.isolation, on=on, patience=patience, gate=read_gate() if on else None)


def build_directory(settings: Settings) -> KnownDirectory:
    """Open the directory; a small one is held in memory. Raises DirectoryUnavailable."""
    s = settings.directory
    if s.is_compiled:
        return open_directory(settings)
    return ConfiguredDirectory(s.persons, s.groups, settings.organisation.domains, s.distribution_lists)


def build_organisation(settings: Settings) -> Organisation:
    s = settings.organisation
    return Organisation(
        name=s.name,
        registered_name=s.registered_name or s.name,
        company_number=s.company_number,
        registered_office=s.registered_office,
        place_of_registration=s.place_of_registration,
        contact=s.contact or settings.notices_from,
        timezone=s.timezone,
        holidays=s.holidays or "",
    )


def build_resolver(settings: Settings) -> DnsResolver:
    return DnsResolver(settings.authentication.nameservers)


def build_scanner(settings: Any, shared: Path | None = None) -> LeafScanner:
    """Build the scanner. The folder `shared` holds the workers' common clean verdicts and locks of slow clients."""
    clamd = Clamd(
        settings.clamd,
        max_stream_bytes=settings.max_stream_bytes,
        timeout_seconds=settings.timeout_seconds,
        concurrency=settings.concurrency,
        locks=open_locks(shared) if shared else None,
    )
    kept = open_verdicts(shared, settings.cache_entries, settings.cache_seconds) if shared else None
    return LeafScanner(clamd, settings.clamd, kept)


def derived_key(settings: Settings, purpose: str, *, quiet: bool) -> bytes | None:
    """Return the key for a purpose, from secret.key; None where `quiet` finds no such file.

    A `quiet` process must not create secret.key: the file might belong to the wrong user.
    """
    if quiet and not has_secret(settings.data_dir):
        return None
    return key_for(read_secret(settings.data_dir), purpose)


def build_keyed_hash(settings: Settings) -> HmacHash:
    """Build the marks. Where there is no secret, or no right to read it, they are this process's alone.

    `explain` needs no data_dir, nor the right to read in it.
    """
    try:
        key = derived_key(settings, "marks", quiet=True)
    except OSError:
        key = None
    return HmacHash(key or key_for(token_bytes(SECRET_BYTES), "marks"))


def build_correspondents(settings: Settings, store: Store, *, quiet: bool) -> Correspondents:
    """Build the memory of correspondents. With `quiet` it writes nothing; without secret.key it then knows nobody."""
    key = derived_key(settings, "correspondents", quiet=quiet)
    real = store.correspondents(key) if key else None
    return real if real and not quiet else ReadOnlyCorrespondents(real)


def build_confirmed(settings: Settings, store: Store, *, quiet: bool) -> Confirmed:
    """Build the memory of confirmations. With `quiet` it writes nothing; without secret.key it then knows nothing."""
    key = derived_key(settings, "confirmed", quiet=quiet)
    real = store.confirmed(key) if key else None
    return real if real and not quiet else ReadOnlyConfirmed(real)


def build_receipts(settings: Settings, store: Store, *, quiet: bool) -> Receipts:
    """Build the memory of messages that wait for an answer; without secret.key `quiet` remembers nothing.

    A check remembers nothing either way: the chain tells its filters of mail that is relayed or released.
    """
    key = derived_key(settings, "receipts", quiet=quiet)
    return store.receipts(key) if key else ReadOnlyReceipts()


def build_ledger_keys(settings: Settings, *, quiet: bool) -> LedgerKeys | None:
    """Build the keys of the ledger; None where `quiet` finds no secret.key."""
    key = derived_key(settings, "ledger", quiet=quiet)
    return LedgerKeys(key) if key else None


def build_ledger(store: Store, keys: LedgerKeys | None, *, quiet: bool) -> Ledger:
    if keys is None:
        return ReadOnlyLedger()
    real = store.ledger(keys)
    return ReadOnlyLedger(real) if quiet else real


def build_counterparties(settings: Settings) -> Counterparties:
    """Build the rule that names counterparties, with the free mail domains of every entry of the chain.

    Entries that are off count too: accounts that people have typed in are kept under the same names.
    """
    return Counterparties(
        domain
        for entry in settings.filters
        for cls in able([entry.cls], NamesFreeMail)
        for domain in cls.free_mail(entry.settings)
    )
