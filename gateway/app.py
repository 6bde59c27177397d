"""The composition root: it builds the gateway from settings and services. It reads top to bottom.

This is the only module that imports `filters` and hands out settings; everything below it gets plain values.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import os
import ssl
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any
from zoneinfo import ZoneInfo

import uuid_utils
from sqlalchemy import URL

from filters import FILTERS
from gateway.act.deliver import Deliver
from gateway.act.keeper import Keeper, Retention
from gateway.act.notices.notices import Notices as HeldNotices
from gateway.act.notices.notices import Wording
from gateway.act.notices.reminders import Asides, AsideWording
from gateway.act.notices.undelivered import Undelivered
from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Hops, Routes
from gateway.act.release.confirmations import Confirmations
from gateway.act.release.payment_accounts import Payees
from gateway.act.release.release import Release, ReleaseWhenNeeded
from gateway.act.release.trial import Trial
from gateway.act.rules.confirmation import Confirming
from gateway.act.rules.control_address import Control
from gateway.act.rules.release import ReleaseRules
from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.signer import Signer
from gateway.contract import (
    BESIDE_ENCRYPTED,
    Away,
    Clock,
    Confirmed,
    Correspondents,
    Counters,
    Filter,
    Ledger,
    NamesFreeMail,
    Notices,
    Organisation,
    Pauses,
    ReadsText,
    Reminds,
    Resolver,
    able,
)
from gateway.directory.lookup import ConfiguredDirectory, KnownDirectory
from gateway.directory.sources import open_directory, read_files
from gateway.journey import Journey
from gateway.judge.chain import Chain, Link
from gateway.judge.codes import GATEWAY_CODES
from gateway.judge.judgement import Judge
from gateway.matching.counterparties import Counterparties
from gateway.message.labels import Labeller
from gateway.receive.client import Access
from gateway.receive.listener import Limits, Listener
from gateway.receive.session_limits import Capacity
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.secret import SECRET_BYTES, has_secret, key_for, read_secret
from gateway.remember.in_flight import InFlight
from gateway.remember.journal import Journal
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.store import Store, located, upgrade
from gateway.services.clamd import Clamd
from gateway.services.clean_verdicts import open_verdicts
from gateway.services.clock import SystemClock
from gateway.services.keyed_hash import KeyedMarks
from gateway.services.leaf_scanner import LeafScanner
from gateway.services.read_only import IdleConfirmed, IdleCorrespondents, IdleCounters, IdleLedger, IdlePauses
from gateway.services.resolver import DnsResolver
from gateway.services.worker_locks import open_locks
from gateway.settings import FilterEntry, NextHopSettings, Problem, Settings, load
from gateway.settings import look_over as settings_and_remarks
from gateway.settings.chain.entries import CONFIRM_NOTICE
from gateway.settings.chain.named_files import SHIPPED
from gateway.settings.files import file_in_the_way
from gateway.settings.listener import Listener as ListenerSettings
from gateway.settings.yaml.values import address_in
from gateway.understand.authentication.verify import Authenticator, Believed
from gateway.understand.budget import Allowance
from gateway.understand.sandbox.pool import Pool
from gateway.understand.unfold import Unfolder

#: Paths of the configuration, in the order in which they are tried when no --config is given.
CONFIG_FILES = (Path("config/gateway.yaml"), Path("/etc/mailwarden/gateway.yaml"))

#: The share of `judge_seconds` that a message may spend on waiting for a sandbox process. The rest is the filters' own:
#: a filter that uses it up is slow, and the finding says so.
WAIT_SHARE = 0.75

#: Seconds that `check` waits for a scanner.
DOUBT_SECONDS = 3.0

#: The purpose of the key of the records.
RECORDS = "audit"

Spawn = Callable[[Coroutine[Any, Any, None]], object]


def read_settings(path: Path, *, without: Collection[str] = ()) -> Settings:
    """Read the configuration without the top-level keys in `without`. Raises ConfigurationError with every problem."""
    return load(path, FILTERS, without=without)


def known_codes() -> frozenset[str]:
    """Return the codes that a finding can have, those of filters outside the chain too."""
    return frozenset(GATEWAY_CODES).union(*(cls.codes for cls in FILTERS.values()))


def look_over(path: Path) -> tuple[Settings, Sequence[Problem]]:
    """Read the configuration and the directory's CSV files; return remarks besides, which are no mistakes.

    Raises ConfigurationError with every problem.
    """
    settings, found = read_with_remarks(path)
    read_files(settings)
    return settings, found


def read_with_remarks(path: Path) -> tuple[Settings, Sequence[Problem]]:
    """Read the configuration, as `read_settings`; return remarks besides, which are no mistakes."""
    return settings_and_remarks(path, FILTERS)


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562 5.7). Such ids sort by time."""
    return str(uuid_utils.uuid7())


async def open_store(settings: Settings, *, create: bool) -> Store:
    """Open the store; `create` makes the data folder, the secret and the store where they are missing.

    Raises StoreUnavailable and SchemaOutdated.
    """
    if file := file_in_the_way(settings.data_dir):
        raise StoreUnavailable(f"data_dir: {file} is a file, and a folder is needed")
    if create:
        _make_secret(settings.data_dir)
    key = derived_key(settings, RECORDS, quiet=True)
    limit = settings.quarantine_max_bytes
    return await Store.open(store_at(settings), create=create, key=key, quarantine_max_bytes=limit)


def _make_secret(data_dir: Path) -> None:
    """Make the data folder and the secret where they are missing. Raises StoreUnavailable."""
    try:
        # The group may reach the control socket; the files beside it are for the owner alone.
        data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"data_dir: {data_dir} can't be made: {error.strerror}") from error
    read_secret(data_dir)


async def upgrade_store(settings: Settings) -> str:
    """Bring the store to this program's schema; return its revision. Raises StoreUnavailable and SchemaOutdated."""

    def key() -> bytes:
        folder = settings.data_dir
        if folder.is_dir() and not has_secret(folder) and folder.stat().st_uid != os.geteuid():
            raise StoreUnavailable(f"{folder} has no secret.key: restore it, or run this as the folder's owner")
        _make_secret(folder)
        return key_for(read_secret(folder), RECORDS)

    return await upgrade(store_at(settings), key)


def store_at(settings: Settings) -> URL:
    """Return the store's URL with the password, which it doesn't show when printed. Raises StoreUnavailable."""
    return located(settings.store, settings.store_password_file)


# --- understand ------------------------------------------------------------------------------------------------------


def build_pool(settings: Settings, *, processes: int | None = None) -> Pool:
    """Build the sandbox. Its processes start with `Pool.start`, or else when they are first needed."""
    s = settings.sandbox
    return Pool(processes or s.processes, s.isolation, s.memory_bytes)


def build_unfolder(settings: Settings, pool: Pool) -> Unfolder:
    s = settings.unfold
    on = (entry.cls for entry in settings.filters if entry.mode != "off")
    wanted = {cls.reads_text for cls in able(on, ReadsText)}
    allowance = Allowance(s.depth, s.entries, s.bytes, s.ratio, s.seconds, texts=True in wanted)
    return Unfolder(
        pool,
        allowance,
        wait_seconds=settings.limits.judge_seconds * WAIT_SHARE,
        texts_beside_encrypted=BESIDE_ENCRYPTED in wanted,
    )


def labeller(settings: Settings) -> Labeller:
    return Labeller(settings.labels.personal)


def build_resolver(settings: Settings) -> DnsResolver:
    return DnsResolver(settings.authentication.nameservers)


def build_authenticator(settings: Settings, resolver: Resolver) -> Authenticator | None:
    """Build the authenticator; None where the settings verify nothing: the public suffix list isn't read then."""
    return authenticator(settings, resolver) if settings.authentication.verify else None


def authenticator(settings: Settings, resolver: Resolver) -> Authenticator:
    """Build the authenticator, even if the settings verify nothing: `mailwarden dkim verify` needs it for a file."""
    s = settings.authentication
    believed = Believed(tuple(s.relays), frozenset(name.lower() for name in s.trusted))
    return Authenticator(resolver, settings.hostname, believed, s.timeout_seconds)


# --- judge -----------------------------------------------------------------------------------------------------------


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
    organisation: Organisation
    marks: KeyedMarks
    scanner: Callable[[Any], LeafScanner]  # builds one from the settings of the filter that asks for it

    def of(self, name: str, settings: Any) -> object:
        """Return the service of this name, for a filter with these settings."""
        return self.scanner(settings) if name == "scanner" else getattr(self, name)


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


def services(
    settings: Settings,
    clock: Clock,
    counters: Counters | None = None,
    correspondents: Correspondents | None = None,
    ledger: Ledger | None = None,
    pauses: Pauses | None = None,
    confirmed: Confirmed | None = None,
) -> Services:
    """Build the filters' services. Each service of the store that is not given is idle: it knows and keeps nothing."""
    return Services(
        clock=clock,
        directory=directory(settings),
        counters=counters or IdleCounters(),
        resolver=build_resolver(settings),
        correspondents=correspondents or IdleCorrespondents(),
        ledger=ledger or IdleLedger(),
        pauses=pauses or IdlePauses(),
        confirmed=confirmed or IdleConfirmed(),
        organisation=organisation(settings),
        marks=build_marks(settings),
        scanner=build_scanner,
    )


def derived_key(settings: Settings, purpose: str, *, quiet: bool) -> bytes | None:
    """Return the key for a purpose, from secret.key; None where `quiet` finds no such file.

    A `quiet` process must not create secret.key: the file might belong to the wrong user.
    """
    if quiet and not has_secret(settings.data_dir):
        return None
    return key_for(read_secret(settings.data_dir), purpose)


def build_correspondents(settings: Settings, store: Store, *, quiet: bool) -> Correspondents:
    """Build the memory of correspondents. With `quiet` it writes nothing; without secret.key it then knows nobody."""
    key = derived_key(settings, "correspondents", quiet=quiet)
    real = store.correspondents(key) if key else None
    return real if real and not quiet else IdleCorrespondents(real)


def build_confirmed(settings: Settings, store: Store, *, quiet: bool) -> Confirmed:
    """Build the memory of confirmations. With `quiet` it writes nothing; without secret.key it then knows nothing."""
    key = derived_key(settings, "confirmed", quiet=quiet)
    real = store.confirmed(key) if key else None
    return real if real and not quiet else IdleConfirmed(real)


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


def build_ledger_keys(settings: Settings, *, quiet: bool) -> LedgerKeys | None:
    """Build the keys of the ledger; None where `quiet` finds no secret.key."""
    key = derived_key(settings, "ledger", quiet=quiet)
    return LedgerKeys(key) if key else None


def build_ledger(store: Store, keys: LedgerKeys | None, *, quiet: bool) -> Ledger:
    if keys is None:
        return IdleLedger()
    real = store.ledger(keys)
    return IdleLedger(real) if quiet else real


def build_marks(settings: Settings) -> KeyedMarks:
    """Build the marks. Where there is no secret, or no right to read it, they are this process's alone.

    `explain` needs no data_dir, nor the right to read in it.
    """
    try:
        key = derived_key(settings, "marks", quiet=True)
    except OSError:
        key = None
    return KeyedMarks(key or key_for(token_bytes(SECRET_BYTES), "marks"))


def organisation(settings: Settings) -> Organisation:
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


def directory(settings: Settings) -> KnownDirectory:
    """Open the directory; a small one is held in memory. Raises DirectoryUnavailable."""
    s = settings.directory
    if s.is_compiled:
        return open_directory(settings)
    return ConfiguredDirectory(s.persons, s.groups, settings.organisation.domains, s.distribution_lists)


def build_judge(settings: Settings, given: Services) -> Judge:
    """Build the judge, with the chain in the order of the list."""
    links = [Link(entry, build_filter(entry, given)) for entry in settings.filters]
    return Judge(
        Chain(links, given.clock),
        given.clock,
        given.directory.groups,
        settings.limits.judge_seconds,
        settings.defer_limit.total_seconds(),
    )


async def scanner_doubts(settings: Settings) -> list[str]:
    """Return the warnings of scanners that answer within DOUBT_SECONDS, each with its place in the configuration.

    A scanner that gives no answer has no warning here: `check` may run before the scanner does, and `status` tells it.
    """
    found = []
    for entry in settings.filters:
        _, *names = inspect.signature(entry.cls).parameters
        if entry.mode != "off" and names == ["scanner"]:
            said = await _doubt(entry)
            found += [f"{entry.shown}: {entry.name}: {said}"] if said else []
    return found


async def _doubt(entry: FilterEntry) -> str | None:
    scanner = build_scanner(entry.settings)
    try:
        async with asyncio.timeout(DOUBT_SECONDS):
            said: str | None = await entry.cls(entry.settings, scanner).start()  # type: ignore[call-arg, attr-defined]
    except TimeoutError:
        return None
    finally:
        await scanner.close()
    return None if isinstance(said, Away) else said


def build_filter(entry: FilterEntry, given: Services) -> Filter:
    """Build the filter with its settings and the services that its constructor asks for by name.

    The parameter `amended` gets the codes of the function `amended`.
    """
    _, *names = inspect.signature(entry.cls).parameters
    services = (amended(entry) if name == "amended" else given.of(name, entry.settings) for name in names)
    return entry.cls(entry.settings, *services)  # type: ignore[call-arg]


def amended(entry: FilterEntry) -> frozenset[str]:
    """Return the codes whose edits the configuration uses: a filter may skip other edits that take time."""
    return frozenset(
        code for code, specs in entry.actions.items() if any(specs[way].do == "amend" for way in entry.directions)
    )


# --- act -------------------------------------------------------------------------------------------------------------


def next_hop(s: NextHopSettings) -> NextHop:
    return NextHop(s.scheme, s.host, s.port, s.path, s.tls, s.login, str(s.password_file or ""))


def hops(several: Sequence[NextHopSettings]) -> Hops:
    return tuple(map(next_hop, several))


def build_routes(settings: Settings, ours: KnownDirectory) -> Routes:
    by_listener = {listener.name: hops(listener.next_hop) for listener in settings.listeners}
    home = next((s for s in settings.listeners if s.direction == "inbound"), settings.listeners[0])
    by_domain = {domain: hops(several) for domain, several in settings.routes.items()}
    return Routes(by_domain, by_listener, by_listener[home.name], ours.domains)


def build_signer(settings: Settings, clock: Clock) -> Signer:
    keys = [SigningKey(one.domain, one.selector, one.key.key) for one in settings.dkim]
    arc = settings.arc
    seal = SigningKey(arc.domain, arc.selector, arc.key.key) if arc else None
    return Signer(clock, keys, seal, settings.hostname)


def build_relay(settings: Settings) -> Relay:
    return Relay(settings.hostname)


@dataclass(frozen=True, slots=True)
class Components:
    """Everything built from one reading of the configuration, on one store."""

    settings: Settings
    store: Store
    clock: Clock
    pool: Pool
    unfolder: Unfolder
    judge: Judge
    relay: Relay
    routes: Routes
    notices: HeldNotices
    undelivered: Undelivered
    ours: KnownDirectory
    signer: Signer
    authenticator: Authenticator | None
    ledger_keys: LedgerKeys | None
    counterparties: Counterparties
    confirming: Confirming | None


def build(
    settings: Settings,
    store: Store,
    *,
    before: Components | None = None,
    quiet: bool = False,
    clock: Clock | None = None,
) -> Components:
    """Build all components on a store.

    `before` is for a reload: its relay keeps its connections, and its sandbox keeps its processes. With `quiet` nothing
    is counted, and a new sandbox has one process, since little is opened (release). `clock` gives a test its own time.
    """
    pool = before.pool if before else build_pool(settings, processes=1 if quiet else None)
    clock = clock or SystemClock()
    counters = IdleCounters(store.counters) if quiet else store.counters
    keys = build_ledger_keys(settings, quiet=quiet)
    known, ledger = build_correspondents(settings, store, quiet=quiet), build_ledger(store, keys, quiet=quiet)
    pauses = IdlePauses(store.pauses) if quiet else store.pauses
    confirmed = build_confirmed(settings, store, quiet=quiet)
    given = services(settings, clock, counters, known, ledger, pauses, confirmed)
    given = given if quiet else replace(given, scanner=partial(build_scanner, shared=settings.data_dir))
    ours = given.directory
    confirming = build_confirming(settings, ours, quiet=quiet)
    return Components(
        settings=settings,
        store=store,
        clock=clock,
        pool=pool,
        unfolder=build_unfolder(settings, pool),
        judge=build_judge(settings, given),
        relay=before.relay if before else build_relay(settings),
        routes=build_routes(settings, ours),
        notices=build_notices(settings, store, ours, clock, confirming),
        undelivered=Undelivered(ours.domains, settings.notices_from, settings.hostname, clock, new_id),
        ours=ours,
        signer=build_signer(settings, clock),
        authenticator=build_authenticator(settings, given.resolver),
        ledger_keys=keys,
        counterparties=build_counterparties(settings),
        confirming=confirming,
    )


def build_confirming(settings: Settings, ours: KnownDirectory, *, quiet: bool) -> Confirming | None:
    """Build the confirmation by senders; None without a control address, and where `quiet` finds no secret.key."""
    key = derived_key(settings, "confirm", quiet=quiet) if settings.control_address else None
    if key is None:
        return None
    control = Control(settings.control_address, key)
    return Confirming(control, build_release_rules(settings), settings.confirm_limit, ours.domains)


def build_notices(
    settings: Settings, store: Store, ours: KnownDirectory, clock: Clock, confirming: Confirming | None = None
) -> HeldNotices:
    organisation = settings.organisation
    wording = Wording(
        template=(settings.held_notice or SHIPPED / "notices/held.txt").read_text("utf-8"),
        own=own_notices(settings),
        organisation=organisation.name,
        contact=organisation.contact,
        notices_from=settings.notices_from,
        hostname=settings.hostname,
        timezone=ZoneInfo(organisation.timezone),
        clauses=settings.clauses,
        policy=settings.policy.model_dump(),
        quarantine_days=settings.retention.quarantine_days,
    )
    reviewers_at = address_in(organisation.contact)
    return HeldNotices(store, wording, ours.domains, _is_list(ours), reviewers_at, clock, new_id, confirming)


def _is_list(ours: KnownDirectory) -> Callable[[str], bool]:
    return lambda address: ours.list_at(address) is not None


def build_asides(parts: Components) -> Asides | None:
    """Build the reminders; None where no filter of the chain has any."""
    settings = parts.settings
    classes = (entry.cls for entry in settings.filters)
    templates = _templates(settings, {name for cls in able(classes, Reminds) for name in cls.reminders.values()})
    wording = AsideWording(
        templates=templates,
        organisation=settings.organisation.name,
        contact=settings.organisation.contact,
        notices_from=settings.notices_from,
        hostname=settings.hostname,
        clauses=settings.clauses,
        policy=settings.policy.model_dump(),
    )
    ours = parts.ours
    return Asides(parts.store, wording, ours.domains, _is_list(ours), parts.clock, new_id) if templates else None


def own_notices(settings: Settings) -> dict[str, str]:
    """Return the templates of the filters' own notices by name, as shipped or as configured.

    With a control address, the question to a sender is among them.
    """
    classes = (entry.cls for entry in settings.filters)
    names = {name for cls in able(classes, Notices) for name in cls.notices.values()}
    return _templates(settings, names | ({CONFIRM_NOTICE} if settings.control_address else set()))


def _templates(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    files = {name: settings.held_notices.get(name, SHIPPED / f"notices/{name}.txt") for name in names}
    return {name: file.read_text("utf-8") for name, file in files.items()}


def build_keeper(parts: Components) -> Keeper:
    kept = parts.settings.retention
    retention = Retention(kept.quarantine_days, kept.audit_days, kept.correspondents_days, kept.ledger_days)
    return Keeper(parts.store, parts.relay, parts.routes, parts.notices, parts.undelivered, parts.clock, retention)


def build_release(parts: Components, keeper: Keeper) -> Release:
    return Release(
        parts.store,
        parts.unfolder,
        parts.judge,
        keeper,
        parts.clock,
        new_id,
        parts.settings.hostname,
        parts.authenticator,
        parts.signer,
        build_release_rules(parts.settings),
        Payees(parts.judge.chain, parts.store, parts.ledger_keys, parts.ours.domains, parts.counterparties),
        labeller(parts.settings),
        Trial(parts.settings),
    )


def build_release_rules(settings: Settings) -> ReleaseRules:
    approvers = tuple(name for name, roles in settings.reviewers.items() if "approver" in roles)
    return ReleaseRules(settings.filters, approvers, settings.approval_limit)


# --- receive ---------------------------------------------------------------------------------------------------------


def build_journey(parts: Components, journal: Journal, spawn: Spawn, in_flight: InFlight | None = None) -> Journey:
    settings = parts.settings
    deliver = Deliver(
        parts.relay,
        parts.store,
        parts.routes,
        parts.notices,
        parts.undelivered,
        parts.clock,
        new_id,
        settings.limits.reply_seconds,
        parts.signer,
    )
    return Journey(
        hostname=settings.hostname,
        unfolder=parts.unfolder,
        judge=parts.judge,
        deliver=deliver,
        relay=parts.relay,
        routes=parts.routes,
        store=parts.store,
        journal=journal,
        clock=parts.clock,
        after_queue=frozenset(listener.name for listener in settings.listeners if listener.after_queue),
        spawn=spawn,
        authenticator=parts.authenticator,
        confirmations=build_confirmations(parts, journal),
        labeller=labeller(settings),
        asides=build_asides(parts),
        in_flight=in_flight or InFlight(),
    )


def build_confirmations(parts: Components, journal: Journal) -> Confirmations | None:
    """Build the release by senders' replies; None where nothing can be confirmed.

    Its release is its own, with a chain that counts nothing.
    """
    if parts.confirming is None:
        return None
    settings, store = parts.settings, parts.store
    confirmed = build_confirmed(settings, store, quiet=False)
    contact = organisation(settings).contact
    release = ReleaseWhenNeeded(lambda: _quiet_release(parts))
    return Confirmations(parts.confirming, store, confirmed, release, journal, parts.clock, contact)


def _quiet_release(parts: Components) -> Release:
    quiet = build(parts.settings, parts.store, before=parts, quiet=True, clock=parts.clock)
    return build_release(quiet, build_keeper(quiet))


def build_listeners(settings: Settings, ours: KnownDirectory) -> dict[str, Listener]:
    s = settings.limits
    limits = Limits(
        message_bytes=s.message_bytes,
        recipients=s.recipients,
        received_headers=s.received_headers,
        commands_per_session=s.commands_per_session,
        errors_per_session=s.errors_per_session,
        command_seconds=s.command_seconds,
        data_seconds=s.data_seconds,
        session_seconds=s.session_seconds,
    )
    return {one.name: _listener(one, settings, ours, limits) for one in settings.listeners}


def _listener(one: ListenerSettings, settings: Settings, ours: KnownDirectory, limits: Limits) -> Listener:
    access = Access(
        direction=one.direction,
        domains=ours.domains,
        home_domain=settings.organisation.domains[0].removeprefix("."),
        proxies=tuple(one.proxies),
        trusted_networks=tuple(one.trusted_networks),
        foreign_senders=one.foreign_senders,
        control=settings.control_address,
    )
    return Listener(
        name=one.name,
        hostname=settings.hostname,
        access=access,
        limits=limits,
        refuse_bare_newline=one.bare_newline == "refuse",
        verify_recipients=one.verify_recipients,
        tls=_tls(one),
    )


def _tls(one: ListenerSettings) -> ssl.SSLContext | None:
    if one.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(one.certificate, one.key or one.certificate)
    return context


def capacity(settings: Settings, workers: int) -> Capacity:
    """Return one worker's share of the limits. The kernel spreads connections over the workers' sockets by chance."""
    s = settings.limits
    return Capacity(
        connections=_share_of_connections(s.connections, workers),
        connections_per_client=_share_of_connections(s.connections_per_client, workers),
        bytes_in_flight=max(s.bytes_in_flight // workers, s.message_bytes),
    )


def _share_of_connections(limit: int, workers: int) -> int:
    """Return a worker's share of a limit: four standard deviations above an even share, at most the whole limit.

    A client that stays below the limit is not turned away by bad luck.
    """
    even = limit / workers
    return min(limit, math.ceil(even + 4 * math.sqrt(even)))


def worker_count(settings: Settings, asked: int | None) -> int:
    """Return the number of workers: --workers, else the setting, else one for each core that this process may use."""
    return asked or settings.workers or len(os.sched_getaffinity(0))
