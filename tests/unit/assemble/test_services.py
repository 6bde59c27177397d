"""The filters' services: what a quiet process may not write, and what it does without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.assemble.services import (
    Services,
    build_counterparties,
    build_keyed_hash,
    build_ledger_keys,
    build_organisation,
    build_services,
    build_services_on,
)
from gateway.remember.database.secret import NAME
from gateway.remember.store import Store
from gateway.services.read_only import (
    ReadOnlyConfirmed,
    ReadOnlyCorrespondents,
    ReadOnlyCounters,
    ReadOnlyLedger,
    ReadOnlyPauses,
)
from gateway.settings.models import Settings
from tests.support.builders.judgement import FakeClock
from tests.support.builders.judgement import settings as settings_of

IDLE = (ReadOnlyCounters, ReadOnlyCorrespondents, ReadOnlyLedger, ReadOnlyPauses, ReadOnlyConfirmed)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    loaded = settings_of(tmp_path, "- probe", more="data_dir: data\n")
    loaded.data_dir.mkdir()
    return loaded


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield store
    await store.close()


def idle(services: Services) -> set[bool]:
    """Return whether the memories are idle: one element where they agree."""
    memories = (services.counters, services.correspondents, services.ledger, services.pauses, services.confirmed)
    return {isinstance(one, kind) for one, kind in zip(memories, IDLE, strict=True)}


def on(store: Store, settings: Settings, *, quiet: bool) -> Services:
    keys = build_ledger_keys(settings, quiet=quiet)
    return build_services_on(store, settings, FakeClock(), keys, quiet=quiet)


async def test_the_gateway_writes_and_a_quiet_process_only_reads(settings: Settings, store: Store) -> None:
    """Release and the commands are quiet: their filters count, learn and pause nothing."""
    assert idle(on(store, settings, quiet=False)) == {False}
    assert idle(on(store, settings, quiet=True)) == {True}


async def test_a_quiet_process_reads_what_the_gateway_has_written(settings: Settings, store: Store) -> None:
    """With the same keys."""
    clock = FakeClock()
    loud, quiet = on(store, settings, quiet=False), on(store, settings, quiet=True)
    await loud.counters.add("k", 5, clock.now())
    await loud.confirmed.add(["key"], clock.now())
    await quiet.confirmed.add(["other"], clock.now())
    assert await quiet.counters.add("k", 2, clock.now()) == 7
    assert await loud.confirmed.known(["key", "other"]) == {"key"} == await quiet.confirmed.known(["key", "other"])


async def test_a_quiet_process_makes_no_key(settings: Settings, store: Store) -> None:
    """It knows nobody then; the file might belong to the wrong user."""
    services = on(store, settings, quiet=True)
    assert idle(services) == {True}
    assert build_ledger_keys(settings, quiet=True) is None
    assert not (settings.data_dir / NAME).exists()
    assert build_ledger_keys(settings, quiet=False) is not None
    assert (settings.data_dir / NAME).exists()


def test_explain_has_no_memory(settings: Settings) -> None:
    """It needs no store."""
    assert idle(build_services(settings, FakeClock())) == {True}


def test_marks_need_no_secret(settings: Settings) -> None:
    """Without one, they are this process's alone; with one, all processes make the same."""
    assert build_keyed_hash(settings).digest("a") != build_keyed_hash(settings).digest("a")
    build_ledger_keys(settings, quiet=False)
    assert build_keyed_hash(settings).digest("a") == build_keyed_hash(settings).digest("a")


def test_the_organisation_is_named_in_full(settings: Settings) -> None:
    """By its short name where it has no other."""
    organisation = build_organisation(settings)
    assert (organisation.registered_name, organisation.contact) == (
        "Example Ltd",
        "IT Service Desk <it@example.co.uk>",
    )


def test_counterparties_know_no_free_mail_without_a_filter_that_names_it(settings: Settings) -> None:
    """A domain stands for its organisation then."""
    assert build_counterparties(settings)("ap@supplier.example") == "supplier.example"
