"""The composition root: settings and services in, a gateway out. Reads top to bottom.

The only module that imports `filters` and hands out settings; everything below it gets plain values.
"""

from __future__ import annotations

import inspect
import math
import os
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uuid_utils
import yaml

from filters import FILTERS
from gateway.act.deliver import Deliver
from gateway.act.keeper import Keeper, Retention
from gateway.act.next_hop import NextHop
from gateway.act.notices import Notices, Wording
from gateway.act.relay import Relay
from gateway.act.release import Release
from gateway.act.routes import Hops, Routes
from gateway.act.undelivered import Undelivered
from gateway.contract import Clock, Counters, Filter
from gateway.journey import Journey
from gateway.judge.chain import Chain, Link
from gateway.judge.judgement import Judge
from gateway.receive.client import Access
from gateway.receive.listener import Limits, Listener
from gateway.receive.occupancy import Capacity
from gateway.remember.errors import StoreUnavailable
from gateway.remember.journal import Journal
from gateway.remember.store import Store
from gateway.services.clamd import Clamd
from gateway.services.clock import SystemClock
from gateway.services.directory import ConfiguredDirectory
from gateway.services.true_type import LibMagic
from gateway.settings import FilterEntry, NextHopSettings, Settings, load
from gateway.settings.listener import Listener as ListenerSettings
from gateway.settings.named_files import SHIPPED

#: Where the configuration is looked for when no --config is given.
CONFIG_FILES = (Path("config/gateway.yaml"), Path("/etc/mailwarden/gateway.yaml"))

Spawn = Callable[[Coroutine[Any, Any, None]], object]


def read_settings(path: Path) -> Settings:
    """Raises ConfigurationError with every problem."""
    return load(path, FILTERS)


def data_dir_of(path: Path) -> Path:
    """Where a configuration keeps its data, though something else in it may be wrong."""
    try:
        named = yaml.safe_load(path.read_text("utf-8")).get("data_dir", "var")
    except (OSError, UnicodeDecodeError, AttributeError, yaml.YAMLError):
        named = "var"
    return (path.resolve().parent / str(named)).resolve()


def new_id() -> str:
    """A UUIDv7 (RFC 9562 5.7): sorts by time."""
    return str(uuid_utils.uuid7())


async def open_store(settings: Settings, *, create: bool) -> Store:
    """Raises StoreUnavailable and SchemaOutdated."""
    if create:
        try:
            # The group may pass to the control socket; what lies beside it is for the owner alone.
            settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the folder {settings.data_dir} can't be made: {error.strerror}") from error
    return await Store.open(settings.store, create=create, quarantine_max_bytes=settings.quarantine_max_bytes)


# --- judge -----------------------------------------------------------------------------------------------------------


class IdleCounters:
    """Counters for `explain` and release: they answer from the store, if there is one, and write nothing."""

    def __init__(self, real: Counters | None = None) -> None:
        self._real = real

    async def add(self, key: str, amount: int, at: datetime, once: str | None = None) -> int:
        """The total as it would be."""
        now = await self._real.add(key, 0, at) if self._real else 0
        return now + amount

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        return await self._real.total(key, since, until) if self._real else 0


@dataclass(frozen=True, slots=True)
class Services:
    """What filters may ask for in their constructors, by parameter name."""

    clock: Clock
    directory: ConfiguredDirectory
    true_type: LibMagic
    counters: Counters

    def of(self, name: str, settings: Any) -> object:
        """A service; the scanner is made from its filter's own settings."""
        if name == "scanner":
            return Clamd(
                settings.clamd,
                max_stream_bytes=settings.max_stream_bytes,
                timeout_seconds=settings.timeout_seconds,
                concurrency=settings.concurrency,
            )
        return getattr(self, name)


def services(settings: Settings, clock: Clock, counters: Counters) -> Services:
    return Services(clock, directory(settings), LibMagic(), counters)


def directory(settings: Settings) -> ConfiguredDirectory:
    return ConfiguredDirectory(settings.directory.persons, settings.directory.groups, settings.organisation.domains)


def build_judge(settings: Settings, given: Services) -> Judge:
    """The chain in the order of the list, with what every judgement needs."""
    links = [Link(entry, build_filter(entry, given)) for entry in settings.filters]
    return Judge(
        Chain(links, given.clock),
        given.clock,
        given.directory.groups,
        settings.limits.judge_seconds,
        settings.defer_limit.total_seconds(),
    )


def build_filter(entry: FilterEntry, given: Services) -> Filter:
    """The class is called with its settings and the services that its constructor names."""
    _, *names = inspect.signature(entry.cls).parameters
    return entry.cls(entry.settings, *(given.of(name, entry.settings) for name in names))  # type: ignore[call-arg]


# --- act -------------------------------------------------------------------------------------------------------------


def next_hop(s: NextHopSettings) -> NextHop:
    return NextHop(s.scheme, s.host, s.port, s.path, s.tls, s.login, str(s.password_file or ""))


def hops(several: Sequence[NextHopSettings]) -> Hops:
    return tuple(map(next_hop, several))


def build_routes(settings: Settings, ours: ConfiguredDirectory) -> Routes:
    by_listener = {listener.name: hops(listener.next_hop) for listener in settings.listeners}
    home = next((s for s in settings.listeners if s.direction == "inbound"), settings.listeners[0])
    by_domain = {domain: hops(several) for domain, several in settings.routes.items()}
    return Routes(by_domain, by_listener, by_listener[home.name], ours.domains)


def build_relay(settings: Settings) -> Relay:
    return Relay(settings.hostname)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything built from one reading of the configuration, on one store."""

    settings: Settings
    store: Store
    clock: Clock
    judge: Judge
    relay: Relay
    routes: Routes
    notices: Notices
    undelivered: Undelivered
    ours: ConfiguredDirectory


def build(settings: Settings, store: Store, *, relay: Relay | None = None, quiet: bool = False) -> Parts:
    """`relay` is kept over a reload, for its connections; `quiet`: nothing is counted (release)."""
    clock = SystemClock()
    given = services(settings, clock, IdleCounters(store.counters) if quiet else store.counters)
    ours = given.directory
    return Parts(
        settings=settings,
        store=store,
        clock=clock,
        judge=build_judge(settings, given),
        relay=relay or build_relay(settings),
        routes=build_routes(settings, ours),
        notices=build_notices(settings, store, ours, clock),
        undelivered=Undelivered(ours.domains, settings.notices_from, settings.hostname, clock, new_id),
        ours=ours,
    )


def build_notices(settings: Settings, store: Store, ours: ConfiguredDirectory, clock: Clock) -> Notices:
    organisation = settings.organisation
    wording = Wording(
        template=(settings.held_notice or SHIPPED / "notices/held.txt").read_text("utf-8"),
        organisation=organisation.name,
        contact=organisation.contact,
        notices_from=settings.notices_from,
        hostname=settings.hostname,
        timezone=ZoneInfo(organisation.timezone),
        clauses=settings.clauses,
        policy=settings.policy.model_dump(),
        quarantine_days=settings.retention.quarantine_days,
    )
    reviewers_at = parseaddr(organisation.contact)[1]
    return Notices(store, wording, ours.domains, reviewers_at, clock, new_id)


def build_keeper(parts: Parts) -> Keeper:
    kept = parts.settings.retention
    retention = Retention(kept.quarantine_days, kept.audit_days)
    return Keeper(parts.store, parts.relay, parts.routes, parts.notices, parts.undelivered, parts.clock, retention)


def build_release(parts: Parts, keeper: Keeper) -> Release:
    return Release(parts.store, parts.judge, keeper, parts.clock, new_id, parts.settings.hostname)


# --- receive ---------------------------------------------------------------------------------------------------------


def build_journey(parts: Parts, journal: Journal, spawn: Spawn) -> Journey:
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
    )
    return Journey(
        hostname=settings.hostname,
        judge=parts.judge,
        deliver=deliver,
        relay=parts.relay,
        routes=parts.routes,
        store=parts.store,
        journal=journal,
        clock=parts.clock,
        after_queue=frozenset(listener.name for listener in settings.listeners if listener.after_queue),
        spawn=spawn,
    )


def build_listeners(settings: Settings, ours: ConfiguredDirectory) -> dict[str, Listener]:
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


def _listener(one: ListenerSettings, settings: Settings, ours: ConfiguredDirectory, limits: Limits) -> Listener:
    access = Access(
        direction=one.direction,
        domains=ours.domains,
        home_domain=settings.organisation.domains[0].removeprefix("."),
        proxies=tuple(one.proxies),
        trusted_networks=tuple(one.trusted_networks),
        foreign_senders=one.foreign_senders,
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
    """One worker's share. The kernel spreads connections over the workers' sockets by chance."""
    s = settings.limits
    return Capacity(
        connections=_share_of_connections(s.connections, workers),
        connections_per_client=_share_of_connections(s.connections_per_client, workers),
        bytes_in_flight=max(s.bytes_in_flight // workers, s.message_bytes),
    )


def _share_of_connections(limit: int, workers: int) -> int:
    """With four standard deviations above an even share: who stays below the limit is not turned away by bad luck."""
    even = limit / workers
    return min(limit, math.ceil(even + 4 * math.sqrt(even)))


def worker_count(settings: Settings, asked: int | None) -> int:
    """--workers, else the setting, else one for each core that this process may use."""
    return asked or settings.workers or len(os.sched_getaffinity(0))
