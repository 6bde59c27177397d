"""The revisions build exactly the tables that the queries use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from gateway.contract import Account
from gateway.remember.database.database import store_url
from gateway.remember.database.migrate import SCRIPTS, downgrade
from gateway.remember.database.schema import HEAD, metadata
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.migrations.versions import r0001_first, r0006_chains
from gateway.remember.store import Store, StoreUnavailable, upgrade
from tests.support.servers.preloaded import start_code

pytestmark = pytest.mark.usefixtures("no_copies")


def test_head_is_the_newest_revision():
    """The number that a worker compares with is the one that Alembic would go to."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def synchronous(url: str) -> Engine:
    """Beside the store, for a look at the tables."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


# SQLite's driver shows no indexes of expressions; the tests of `rows.audit_search` fail without them.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_the_revisions_build_the_schema(store, url):
    """Tables, columns, types, keys and indexes of a new store are those of `schema`."""
    engine = synchronous(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_going_back_removes_every_table(url):
    """A revision can be undone: only Alembic's own table stays."""
    await (await Store.open(url, create=True, key=bytes(32))).close()
    downgrade(store_url(url), "base")
    engine = synchronous(url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


@pytest.fixture
def broken_scripts(tmp_path):
    """Return scripts with a first revision that fails half-way."""
    source = Path(r0001_first.__file__).read_text().replace("    create_rest()\n", "    raise OSError('half-way')\n", 1)
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((SCRIPTS / "env.py").read_text())
    (scripts / "versions" / "r0001_first.py").write_text(source)
    return scripts


async def test_a_failed_revision_leaves_nothing(empty, broken_scripts, monkeypatch):
    """All of a revision or none: the store is still empty and can be made anew."""
    with monkeypatch.context() as patch:
        patch.setattr("gateway.remember.database.migrate.SCRIPTS", broken_scripts)
        with pytest.raises(OSError, match="half-way"):
            await Store.open(empty, create=True, key=bytes(32))
    await (await Store.open(empty, create=True, key=bytes(32))).close()


async def test_workers_that_create_at_once(empty):
    """Four processes open a store that isn't there; each of them has it, made once."""
    code = (
        "import asyncio, sys\nfrom gateway.remember.store import Store\n"
        "async def main():\n    store = await Store.open(sys.argv[1], create=True, key=bytes(32))\n"
        "    await store.close()\nasyncio.run(main())"
    )
    workers = [await start_code(code, empty) for _ in range(4)]
    assert [await worker.wait() for worker in workers] == [0, 0, 0, 0]


@pytest.fixture
async def by_hours(url):
    """Make a store as it was when counters had hours."""
    await (await Store.open(url, create=True, key=bytes(32))).close()
    downgrade(store_url(url), "0003")
    engine = synchronous(url)
    yield engine
    engine.dispose()


async def test_hours_become_minutes(url, by_hours):
    """A window that ends now counts no less than before: the hour that has begun isn't moved ahead of the clock."""
    now = datetime.now(UTC)
    hour = int(now.timestamp()) // 3600
    with by_hours.begin() as connection:
        rows = [{"key": "a", "hour": hour - back, "amount": 10**back} for back in range(3)]
        connection.execute(text("INSERT INTO counters VALUES (:key, :hour, :amount)"), rows)
    assert await upgrade(url, lambda: bytes(32)) == HEAD
    store = await Store.open(url, create=False, key=bytes(32))
    minute = timedelta(minutes=1)
    begun = now.replace(minute=0, second=0, microsecond=0)
    assert await store.counters.total("a", begun - minute, now + minute) == 11
    assert await store.counters.total("a", begun - timedelta(hours=2), now + minute) == 111
    assert await store.counters.total("a", now + 5 * minute, now + timedelta(hours=2)) == 0
    await store.close()


async def test_minutes_become_hours_again(url, by_hours):
    """Counts of the minutes are added up."""
    await upgrade(url, lambda: bytes(32))
    store = await Store.open(url, create=False, key=bytes(32))
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    for minutes, amount in ((0, 1), (59, 10), (60, 100)):
        await store.counters.add("a", amount, at + timedelta(minutes=minutes))
    await store.close()
    downgrade(store_url(url), "0003")
    hour = int(at.timestamp()) // 3600
    with by_hours.begin() as connection:
        found = connection.execute(text("SELECT hour, amount FROM counters ORDER BY hour")).all()
    assert found == [(hour, 11), (hour + 1, 100)]


async def test_the_ledger_begins_anew_and_blocks_stay(url):
    """Its old hashes would make another account of every known one."""
    keys, at = LedgerKeys(bytes(32)), datetime(2026, 3, 1, 12, tzinfo=UTC)
    account = Account("iban", "DE89370400440532013000")
    store = await Store.open(url, create=True, key=bytes(32))
    await store.payments(keys).enter([("supplier.example", account)], actor="alice", reason="x", at=at)
    await store.payments(keys).block(account, actor="alice", reason="x", at=at)
    await store.close()
    downgrade(store_url(url), "0004")
    assert await upgrade(url, lambda: bytes(32)) == HEAD
    store = await Store.open(url, create=False, key=bytes(32))
    assert await store.payments(keys).accounts() == []
    assert len(await store.payments(keys).blocks()) == 1
    await store.close()


#: The tables of the records as revision 0005 had them, for rows that it had written.
RECORDS = {
    "audit": "id, at, listener, client, message_id, mail_from, sender_folded, bytes, codes, reply, ms",
    "audit_recipients": "id, at, position, address, address_folded, direction, action",
    "history": "number, mail_id, at, actor, operation, reason, addresses",
}


@pytest.mark.parametrize("rows", [0, 1, r0006_chains.BATCH_ROWS, r0006_chains.BATCH_ROWS + 1])
async def test_stored_records_are_chained(url, rows):
    """In the order of time and of numbers; gaps are closed, and the chains go on."""
    await (await Store.open(url, create=True, key=bytes(32))).close()
    downgrade(store_url(url), "0005")
    engine = synchronous(url)
    numbers = range(rows)
    values = {
        "audit": [(f"m{n:05d}", 1000 - n, "in", "", "", "", "", 1, "[]", "250", "{}") for n in numbers],
        "history": [(2 * n + 1, f"m{n}", n, "alice", "show", "é", "[]") for n in numbers],
        "audit_recipients": [
            (f"m{n:05d}", 1000 - n, place, "b@x", "b@x", "inbound", "relay") for n in numbers for place in range(2)
        ],
    }
    with engine.begin() as connection:
        for table in RECORDS if rows else ():
            names = RECORDS[table].split(", ")
            places = ", ".join(f":{name}" for name in names)
            statement = text(f"INSERT INTO {table} ({RECORDS[table]}) VALUES ({places})")
            connection.execute(statement, [dict(zip(names, row, strict=True)) for row in values[table]])
    engine.dispose()
    assert await upgrade(url, lambda: bytes(32)) == HEAD
    store = await Store.open(url, create=False, key=bytes(32))
    found = [(one.rows, one.number, one.faults) for one in await store.trail.check()]
    assert found == [(rows, rows, []), (rows, rows, [])]
    await store.pauses.pause("k", datetime(2100, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), "")
    assert await store.pauses.lift_on_record("k", actor="a", reason="", at=datetime(2025, 1, 1, tzinfo=UTC))
    assert [one.faults for one in await store.trail.check()] == [[], []]
    await store.close()


async def test_an_upgrade_without_the_key_changes_nothing(url):
    """The error says what is missing; the old tables stay."""
    await (await Store.open(url, create=True, key=bytes(32))).close()
    downgrade(store_url(url), "0005")

    def key() -> bytes:
        raise StoreUnavailable("no secret.key")

    with pytest.raises(StoreUnavailable, match=r"no secret\.key"):
        await upgrade(url, key)
    assert await upgrade(url, lambda: bytes(32)) == HEAD
