"""Opening a store: files, modes, schema versions, errors, figures."""

from __future__ import annotations

import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.remember.database.errors import ForeignStore
from gateway.remember.database.schema import HEAD
from gateway.remember.status_figures import DISK_RESERVE_BYTES
from gateway.remember.store import SchemaOutdated, Store, StoreUnavailable, upgrade

pytestmark = pytest.mark.usefixtures("no_copies")


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=lambda mask: f"umask-{mask:03o}")
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_files_are_private_whatever_the_umask(file_url, tmp_path, umask, make):
    """The database, its -wal and its -shm have mode 0600."""
    store = await Store.open(file_url, create=True, key=bytes(32))
    await store.quarantine.hold(make.entry(), b"raw")
    assert modes(tmp_path) == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)
    await store.close()


async def test_a_file_that_others_could_read_is_made_private(file_url, tmp_path):
    """A store copied back with another mode is tightened on opening."""
    await (await Store.open(file_url, create=True, key=bytes(32))).close()
    (tmp_path / "store.db").chmod(0o644)
    await (await Store.open(file_url, create=False, key=bytes(32))).close()
    assert modes(tmp_path)["store.db"] == 0o600


async def test_every_commit_is_synced(file_store):
    """WAL with synchronous=FULL and a long wait for locks, on the writing connection."""
    async with file_store.database.writing() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    assert found == ["wal", 2, 20_000, 1]


async def test_a_lock_that_is_never_given_back(file_url, make, tmp_path, monkeypatch):
    """After the time-out the store is unavailable, not hung; readers weren't kept waiting; later all is well."""
    monkeypatch.setattr("gateway.remember.database.sqlite.BUSY_MILLISECONDS", 50)
    store = await Store.open(file_url, create=True, key=bytes(32))
    await store.quarantine.hold(make.entry("m1"), b"raw")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.quarantine.hold(make.entry("m2"), b"raw")
    assert await store.quarantine.known([make.key("m1bob@example.com")])
    assert [entry.id for entry in await store.quarantine.list()] == ["m1"]
    other.execute("ROLLBACK")
    other.close()
    assert await store.quarantine.hold(make.entry("m2"), b"raw")
    await store.close()


async def test_a_missing_store_is_named(file_url, tmp_path):
    """No file is made without `create`."""
    with pytest.raises(StoreUnavailable, match=r"store\.db"):
        await Store.open(file_url, create=False, key=bytes(32))
    assert not list(tmp_path.iterdir())


async def test_an_empty_file_gets_its_tables(file_url, tmp_path, make):
    """An empty database counts as a missing one."""
    (tmp_path / "store.db").touch()
    store = await Store.open(file_url, create=True, key=bytes(32))
    assert await store.quarantine.hold(make.entry(), b"raw")
    await store.close()


async def test_an_empty_file_is_outdated_without_create(file_url, tmp_path):
    """The sentence names the command."""
    (tmp_path / "store.db").touch()
    with pytest.raises(SchemaOutdated, match="mailwarden db upgrade"):
        await Store.open(file_url, create=False, key=bytes(32))


async def test_a_folder_that_is_not_there(tmp_path):
    """The folder is the caller's to make."""
    with pytest.raises(StoreUnavailable):
        await Store.open(f"sqlite:///{tmp_path}/no/store.db", create=True, key=bytes(32))


async def test_a_file_that_is_no_database(file_url, tmp_path):
    """Other people's files are neither read nor overwritten."""
    (tmp_path / "store.db").write_bytes(b"not a database, but long enough to look at\n" * 50)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await Store.open(file_url, create=True, key=bytes(32))
    assert (tmp_path / "store.db").read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("bad", ["sqlite://", "sqlite:///:memory:", "mysql://host/x"])
async def test_a_url_that_no_store_can_be_at(bad):
    """A store is a file that several processes share, or a PostgreSQL database."""
    with pytest.raises(ValueError, match="store"):
        await Store.open(bad, create=True, key=bytes(32))


async def test_a_newer_schema_is_refused(url):
    """A program that was set back says so; neither opening nor upgrading touches the store."""
    store = await Store.open(url, create=True, key=bytes(32))
    async with store.database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(SchemaOutdated, match=r"newer.*`mailwarden db upgrade`"):
        await Store.open(url, create=True, key=bytes(32))
    with pytest.raises(SchemaOutdated, match="9999"):
        await upgrade(url, lambda: bytes(32))


async def test_an_older_schema_is_refused_and_upgraded(url):
    """`serve` stops at an old schema even where it may create; `upgrade` brings it up; then it opens."""
    from gateway.remember.database.database import store_url
    from gateway.remember.database.migrate import downgrade

    await (await Store.open(url, create=True, key=bytes(32))).close()
    downgrade(store_url(url), "base")
    with pytest.raises(SchemaOutdated, match=r"back the store up and run `mailwarden db upgrade`"):
        await Store.open(url, create=True, key=bytes(32))
    assert await upgrade(url, lambda: bytes(32)) == HEAD
    await (await Store.open(url, create=False, key=bytes(32))).close()


async def test_upgrading_a_current_store_changes_nothing(url, make):
    """A held message stays held."""
    store = await Store.open(url, create=True, key=bytes(32))
    await store.quarantine.hold(make.entry(), b"raw")
    assert await upgrade(url, lambda: bytes(32)) == HEAD
    assert await store.quarantine.content("m1") == b"raw"
    await store.close()


async def test_upgrading_makes_no_store(file_url, tmp_path):
    """A mistyped path is an error, not a new store."""
    with pytest.raises(StoreUnavailable):
        await upgrade(file_url, lambda: bytes(32))
    assert not list(tmp_path.iterdir())


async def test_closing_writes_the_audit_rows_that_wait(url, make):
    """An orderly stop loses none."""
    store = await Store.open(url, create=True, key=bytes(32))
    store.audit.append(make.audit())
    await store.close()
    again = await Store.open(url, create=False, key=bytes(32))
    assert [row.id for row in await again.audit.trace("m1")] == ["m1"]
    await again.close()


async def test_figures_of_an_empty_store(store):
    """Nothing is counted, nothing is old, nothing is full."""
    figures = await store.figures()
    free_bytes = figures.pop("disk_free_bytes")
    assert free_bytes is None if store.database.path is None else free_bytes > 0
    assert figures == {
        "held_messages": 0,
        "held_bytes": 0,
        "bin_bytes": 0,
        "oldest_held_at": None,
        "quarantine_max_bytes": None,
        "outbox_rows": 0,
        "oldest_outbox_at": None,
        "awaited_receipts": 0,
        "disk_reserve_bytes": DISK_RESERVE_BYTES,
        "full": False,
        "quarantine_full": False,
        "disk_full": False,
    }


async def test_figures_count_what_waits(store, make, now):
    """Released messages take room but are no longer held."""
    await store.quarantine.hold(make.entry("m1", received_at=now - timedelta(hours=1)), b"raw one")
    await store.quarantine.hold(make.entry("m2"), b"raw two")
    item = (make.item(queued_at=now - timedelta(minutes=3)), b"raw one")
    await store.quarantine.release("m1", ["bob@example.com"], [item], actor="alice", reason="fine", at=now)
    figures = await store.figures()
    assert (figures["held_messages"], figures["held_bytes"], figures["oldest_held_at"]) == (1, 14, now)
    assert (figures["outbox_rows"], figures["oldest_outbox_at"]) == (1, now - timedelta(minutes=3))


@pytest.mark.parametrize("create", [False, True])
async def test_a_store_of_another_secret_is_refused(store, url, make, create):
    """Rows written with another key would break the chains, and no correspondent or account would be known."""
    await store.quarantine.hold(make.entry(), b"raw")
    with pytest.raises(ForeignStore, match=r"secret.key doesn't belong to this store"):
        await Store.open(url, create=create, key=bytes(31) + b"x")
    keyless = await Store.open(url, create=False, key=None)
    assert await keyless.is_sealed()
    await keyless.close()


async def test_a_store_is_taken_over_with_a_new_secret(store, url, make):
    """As docs/upgrade.md says for a secret.key that is lost for good: the mail is there, the trail tells the break."""
    await store.quarantine.hold(make.entry(), b"raw")
    async with store.database.writing() as connection:
        await connection.execute(text("DELETE FROM chain_ends"))
    taken = await Store.open(url, create=False, key=bytes(31) + b"x")
    taken.audit.append(make.audit("m2"))
    await taken.audit.flush()
    assert [fault.kind for fault in (await taken.trail.check())[0].faults] == ["start", "broken"]
    assert await taken.quarantine.ids("m") == ["m1"]
    await taken.close()
    await (await Store.open(url, create=False, key=bytes(31) + b"x")).close()
    with pytest.raises(ForeignStore):
        await Store.open(url, create=False, key=bytes(32))
