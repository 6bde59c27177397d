"""Behaviour of a database server: passwords, rights, limits of its own, and a server that goes away and returns."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, store_url, translated
from gateway.remember.database.errors import NotHeld, SchemaOutdated, StoreFull, StoreUnavailable
from gateway.remember.database.postgresql import trouble
from gateway.remember.rows.contents import drop_unnamed
from gateway.remember.rows.usage import lock_usage
from gateway.remember.store import Store, located, upgrade
from tests.support.servers.postgresql import BARE, GUARDED, PASSWORD, Postgresql, name_in


@pytest.fixture
def url(postgresql: Postgresql):
    lent = postgresql.lend()
    yield lent
    postgresql.give_back(lent)


@pytest.fixture
def own_url(postgresql: Postgresql):
    """Yield the URL of a store that no other test gets, for tests of its rights and of new connections."""
    made = postgresql.database()
    yield made
    postgresql.drop(made)


def guarded(url: str) -> str:
    return url.replace("mailwarden@", f"{GUARDED}@")


# --- getting in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["\n", "", "\nmore\n"])
async def test_the_password_comes_from_a_file(own_url, postgresql, tmp_path, rest):
    """Its first line, whatever characters are in it."""
    (tmp_path / "password").write_text(PASSWORD + rest)
    grant = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}")
    postgresql.do(grant.format(sql.Identifier(GUARDED)), name_in(own_url))
    place = located(guarded(own_url), tmp_path / "password")
    store = await Store.open(place, create=False, key=bytes(32))
    assert PASSWORD not in f"{place} {place!r} {store.database.url!r}"
    await store.close()


@pytest.mark.parametrize("wrong", ["another secret", ""])
async def test_a_wrong_password_is_said_and_not_shown(url, tmp_path, wrong):
    """One line, for the log."""
    (tmp_path / "password").write_text(wrong)
    place = located(guarded(url), tmp_path / "password")
    for trying in (Store.open(place, create=False, key=bytes(32)), upgrade(place, lambda: bytes(32))):
        with pytest.raises(StoreUnavailable, match="password") as caught:
            await trying
        assert "\n" not in str(caught.value)
        assert not wrong or wrong not in str(caught.value)


async def test_a_password_file_that_can_not_be_read(url, tmp_path):
    """It is named."""
    with pytest.raises(StoreUnavailable, match="no-such-file"):
        located(url, tmp_path / "no-such-file")


async def test_a_database_that_is_not_there(postgresql):
    """It is the administrator's to make, with `create` too."""
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        await Store.open(postgresql.url("nowhere"), create=True, key=bytes(32))


async def test_a_database_that_is_not_utf_8(postgresql):
    """A subject that it can't hold would keep its message away for ever."""
    postgresql.do(sql.SQL("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    url = postgresql.url("latin")
    try:
        with pytest.raises(StoreUnavailable, match="encoding is LATIN1: make the database with `createdb --encoding"):
            await Store.open(url, create=True, key=bytes(32))
    finally:
        postgresql.drop(url)


async def test_no_right_to_the_tables(url, tmp_path):
    """A mistake of the set-up is no mistake in a query."""
    (tmp_path / "password").write_text(PASSWORD)
    with pytest.raises(StoreUnavailable, match="permission denied"):
        await Store.open(located(guarded(url), tmp_path / "password"), create=False, key=bytes(32))


async def test_no_server(postgresql):
    """Nobody listens there."""
    with pytest.raises(StoreUnavailable, match="refused"):
        await Store.open("postgresql://mailwarden@127.0.0.1:9/mailwarden", create=False, key=bytes(32))


async def test_a_database_without_tables_is_outdated(postgresql):
    """The sentence names the command."""
    bare = postgresql.database(BARE)
    with pytest.raises(SchemaOutdated, match="mailwarden db upgrade"):
        await Store.open(bare, create=False, key=bytes(32))
    postgresql.drop(bare)


TOO_MANY = r"too many clients|reserved"


def take_all(url, others):
    while True:
        others.append(psycopg.connect(url))


async def test_too_many_connections(own_url, postgresql, make):
    """A sentence of the server's; when some are free again, all is well."""
    store = await Store.open(own_url, create=False, key=bytes(32))
    await store.database.close()
    others: list[psycopg.Connection] = []
    with pytest.raises(psycopg.OperationalError, match=TOO_MANY):
        take_all(own_url, others)
    with pytest.raises(StoreUnavailable, match=TOO_MANY):
        await store.quarantine.hold(make.entry(), b"raw")
    for other in others:
        other.close()
    await until(lambda: store.quarantine.hold(make.entry(), b"raw"))
    await store.close()


# --- keeping it ------------------------------------------------------------------------------------------------------


async def test_every_commit_is_synced(url):
    """Though the server's own default be another; and a reader can't write."""
    store = await Store.open(url, create=False, key=bytes(32))
    settings = ("synchronous_commit", "lock_timeout", "transaction_isolation", "transaction_read_only")
    found = []
    for way in (store.database.writing, store.database.reading):
        async with way() as connection:
            found.append([(await connection.execute(text(f"SHOW {name}"))).scalar() for name in settings])
    assert found == [["on", "20s", "read committed", "off"], ["on", "20s", "repeatable read", "on"]]
    await store.close()


async def test_a_lock_that_is_never_given_back(url, make, monkeypatch):
    """After the time-out the store is unavailable, not hung; readers weren't kept waiting; later all is well."""
    monkeypatch.setattr("gateway.remember.database.postgresql.LOCK_MILLISECONDS", 50)
    store = await Store.open(url, create=False, key=bytes(32))
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE held IN EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            await store.quarantine.hold(make.entry(), b"raw")
        assert await store.quarantine.list() == []
    assert await store.quarantine.hold(make.entry(), b"raw")
    await store.close()


async def test_a_gateway_that_stops_in_a_transaction(url, make, monkeypatch):
    """The others wait for its locks a while, not for ever; what it had begun is gone."""
    monkeypatch.setattr("gateway.remember.database.postgresql.IDLE_MILLISECONDS", 200)
    stopped, other = (
        await Store.open(url, create=False, key=bytes(32)),
        await Store.open(url, create=False, key=bytes(32)),
    )
    connection = await stopped.database._writer.connect()
    await lock_usage(connection)
    assert await other.quarantine.hold(make.entry(), b"raw")
    await connection.invalidate()
    await connection.close()
    assert await stopped.quarantine.hold(make.entry("m2"), b"raw")
    for store in (stopped, other):
        await store.close()


async def until(attempt):
    """Its answer, once there is one."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await attempt()
            except StoreUnavailable:
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def own_server():
    """One that can be stopped: the others' is shared."""
    with Postgresql() as server:
        yield server


async def test_the_server_goes_away_and_comes_back(own_server, make):
    """Meanwhile the store is unavailable, in a sentence; what was held is there; the pool needs no help."""
    async with AsyncExitStack() as stack:
        store = await Store.open(own_server.database(), create=False, key=bytes(32))
        stack.push_async_callback(store.close)
        await store.quarantine.hold(make.entry("m1"), b"one")
        own_server.stop()
        store.audit.append(make.audit("m1"))
        assert not await store.audit.flush()
        for _ in range(8):  # more than there are connections
            with pytest.raises(StoreUnavailable, match=r"^the store: .*(terminat|refused|closed)"):
                await store.quarantine.hold(make.entry("m2"), b"two")
            with pytest.raises(StoreUnavailable):
                await store.quarantine.known([make.key("x")])
        own_server.start()
        for _ in range(8):
            assert [entry.id for entry in await store.quarantine.list()] == ["m1"]
        assert await store.quarantine.hold(make.entry("m2"), b"two")
        assert [row.id for row in await store.audit.trace("m1")] == ["m1"]


async def test_connections_that_died_unnoticed_are_replaced(own_server, make):
    """A restart between two messages costs neither of them a reply."""
    store = await Store.open(own_server.database(), create=False, key=bytes(32))
    await store.quarantine.hold(make.entry("m1"), b"one")
    own_server.stop()
    own_server.start()
    assert await store.quarantine.known([make.key("m1bob@example.com")])
    assert await store.quarantine.hold(make.entry("m2"), b"two")
    await store.close()


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (psycopg.errors.DiskFull("could not extend file\nHINT: free"), StoreFull, "the disk is full .could not extend"),
        (psycopg.errors.ProgramLimitExceeded("too big"), StoreFull, "larger than PostgreSQL can hold"),
        (psycopg.errors.DeadlockDetected("deadlock detected"), StoreUnavailable, "^the store: deadlock detected$"),
        (psycopg.OperationalError("a\n  b"), StoreUnavailable, "^the store: a b$"),
    ],
)
def test_errors_become_ours(error, kind, sentence):
    """The error has one line."""
    with pytest.raises(kind, match=sentence) as caught:
        raise trouble(error)
    assert type(caught.value) is kind


async def test_a_mistake_in_a_query_stays_one(url):
    """It is no trouble of the environment, and no client is to try again for ever."""
    database = Database(store_url(url))
    with pytest.raises(Exception, match="no_such_table") as caught, translated():
        async with database.writing() as connection:
            await connection.execute(text("SELECT * FROM no_such_table"))
    assert not isinstance(caught.value, StoreUnavailable)
    await database.close()


# --- several writers at once -----------------------------------------------------------------------------------------


@pytest.fixture
async def gateways(url):
    """Four, each with connections of its own."""
    stores = [await Store.open(url, create=False, key=bytes(32)) for _ in range(4)]
    yield stores
    for store in stores:
        await store.close()


async def test_a_message_that_comes_to_all_at_once_is_held_once(gateways, make):
    """A retry is told the same by whichever gateway has it."""
    for number in range(10):
        entry = make.entry(f"m{number}")
        entries = (replace(entry, id=f"{entry.id}-{n}") for n in range(8))
        holding = (gateways[n % 4].quarantine.hold(entry, b"raw") for n, entry in enumerate(entries))
        assert sorted(await asyncio.gather(*holding)) == [False] * 7 + [True]
    assert len(await gateways[0].quarantine.list()) == 10


async def test_the_limit_holds_for_all_together(url, make):
    """Not one entry more than there is room for."""
    stores = [await Store.open(url, create=False, key=bytes(32), quarantine_max_bytes=10 * 3) for _ in range(4)]
    holding = (stores[n % 4].quarantine.hold(make.entry(f"m{n}"), b"%03d" % n) for n in range(40))
    done = await asyncio.gather(*holding, return_exceptions=True)
    assert (done.count(True), sum(isinstance(one, StoreFull) for one in done)) == (10, 30)
    assert (await stores[0].figures())["held_bytes"] == 30
    for store in stores:
        await store.close()


@pytest.mark.parametrize("do", ["release", "delete", "sign"])
async def test_of_reviewers_at_once_one_succeeds(gateways, make, now, do):
    """The others are told that it isn't held any more, and nothing is sent twice."""
    from gateway.remember.records import Signature

    by = {"actor": "alice", "reason": "", "at": now}
    for number in range(5):
        id = f"m{number}"
        await gateways[0].quarantine.hold(make.entry(id), b"raw")

        async def act(n: int, id: str = id):
            part = gateways[n % 4].quarantine
            match do:
                case "release":
                    await part.release(id, ["bob@example.com"], [(make.item(f"{id}-{n}"), b"raw")], **by)
                case "delete":
                    await part.delete(id, **by)
                case _:
                    await part.sign(id, [Signature("bob@example.com", now, n, "alice", "")], reason="", since=now)

        done = await asyncio.gather(*(act(n) for n in range(8)), return_exceptions=True)
        assert (done.count(None), sum(isinstance(one, NotHeld) for one in done)) == (1, 7), done
    sent = await gateways[0].outbox.claim(now, 100, 60)
    assert len(sent) == (5 if do == "release" else 0)


async def test_rows_are_claimed_once(gateways, make, now):
    """Whoever asks; nobody waits for another's."""
    await gateways[0].outbox.add([(make.item(f"o{n}"), b"raw") for n in range(40)])
    taken = await asyncio.gather(*(store.outbox.claim(now, 7, 60) for store in gateways * 3))
    ids = [item.id for batch in taken for item, _ in batch]
    assert sorted(ids) == sorted(f"o{n}" for n in range(40))


async def test_a_notice_is_sent_by_one(gateways, make, now):
    """The others queue nothing."""
    await gateways[0].quarantine.hold(make.entry(), b"raw", notices=[make.notice(), make.notice()])
    [(_, _, group)] = await gateways[0].notices.due(now)
    sending = (gateways[n % 4].notices.sent(group, make.item(f"o{n}"), b"notice", at=now) for n in range(8))
    assert sorted(await asyncio.gather(*sending)) == [False] * 7 + [True]
    assert len(await gateways[0].outbox.claim(now, 100, 60)) == 1


async def test_a_content_that_goes_while_it_comes(gateways, make, now):
    """The same octets queued and delivered over and over: no row is ever without its content."""

    async def queue(store: Store, name: str) -> None:
        for number in range(25):
            await store.outbox.add([(make.item(f"{name}-{number}"), b"the same")])
            await store.outbox.done(f"{name}-{number}")

    await asyncio.gather(*(queue(store, f"g{n}") for n, store in enumerate(gateways)))
    assert (await gateways[0].figures())["outbox_rows"] == 0
    async with gateways[0].database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM contents"))).scalar_one() == 0


async def test_purges_at_once(gateways, make, now):
    """Each entry goes once, with one row of history."""

    for number in range(50):
        await gateways[0].quarantine.hold(make.entry(f"m{number}"), b"%d" % number)
    later = now + timedelta(days=31)
    counts = await asyncio.gather(*(store.purge(later, 30, 180) for store in gateways))
    assert sum(count["quarantine"] for count in counts) == 50
    async with gateways[0].database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM history"))).scalar_one() == 50
    assert (await gateways[0].figures())["held_bytes"] == 0


async def test_the_total_survives_all_at_once(gateways, make, now):
    """Held, deleted and counted anew side by side: it is what the entries make."""
    for number in range(20):
        await gateways[0].quarantine.hold(make.entry(f"old{number}"), b"%04d" % number)

    async def delete(n: int) -> None:
        await gateways[n % 4].quarantine.delete(f"old{n}", actor="a", reason="", at=now)

    holding = (gateways[n % 4].quarantine.hold(make.entry(f"new{n}"), b"%02d" % n) for n in range(20))
    purging = (store.purge(now, 30, 180) for store in gateways)
    await asyncio.gather(*holding, *map(delete, range(20)), *purging)
    figures = await gateways[0].figures()
    assert (figures["held_bytes"], figures["bin_bytes"]) == (120, 80)
    await asyncio.gather(*(store.purge(now + timedelta(days=8), 30, 180) for store in gateways))
    assert (await gateways[0].figures())["held_bytes"] == 40


async def waits_for_a_lock(store: Store) -> bool:
    mine = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with store.database.reading() as connection:  # each time a new view: within one it doesn't change
        return (await connection.execute(mine)).first() is not None


async def test_a_purge_and_a_full_quarantine_wait_in_one_order(url, make, now, monkeypatch):
    """The bin gives way to a message whose octets the purge is about to remove: neither waits for the other in turn."""
    first, second = sorted((b"one", b"two"), key=lambda raw: hashlib.sha256(raw).digest())
    store = await Store.open(url, create=False, key=bytes(32), quarantine_max_bytes=9)
    for id, raw, days in (("old1", first, 40), ("old2", second, 40), ("binned", second, 0)):
        await store.quarantine.hold(make.entry(id, received_at=now - timedelta(days=days)), raw)
    await store.quarantine.delete("binned", actor="alice", reason="junk", at=now)
    purging: list[asyncio.Task[dict[str, int]]] = []

    async def drop_and_wait(connection: AsyncConnection, candidates: Iterable[bytes | None]) -> int:
        gone = await drop_unnamed(connection, candidates)
        purging.append(asyncio.ensure_future(store.purge(now, 30, 180)))
        async with asyncio.timeout(10):
            while not await waits_for_a_lock(store):
                await asyncio.sleep(0.01)
        return gone

    monkeypatch.setattr("gateway.remember.rows.bin.drop_unnamed", drop_and_wait)
    assert await store.quarantine.hold(make.entry("new"), first)
    (counts,) = await asyncio.gather(*purging)
    assert counts["quarantine"] == 2
    assert await store.quarantine.content("new") == first
    await store.close()


async def test_statements_of_a_message_that_passes(url, make):
    """A look for the retry key is one query, without a change of the isolation on the way."""
    store = await Store.open(url, create=False, key=bytes(32))
    await store.quarantine.known([make.key("x")])
    said: list[str] = []
    event.listen(store.database._readers.sync_engine, "before_cursor_execute", lambda *seen: said.append(seen[2]))
    await store.quarantine.known([make.key("x")])
    assert len(said) == 1
    await store.close()


# --- what these tests stand on ---------------------------------------------------------------------------------------


async def test_a_store_that_is_lent_again_is_empty(postgresql, make):
    """Its numbers begin anew, and who was connected to it is not any more."""
    lent = postgresql.lend()
    store = await Store.open(lent, create=False, key=bytes(32))
    await store.quarantine.hold(make.entry(), b"raw", audit=make.audit())
    connection = psycopg.connect(lent)
    postgresql.give_back(lent)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    await store.close()
    assert postgresql.lend() == lent
    with psycopg.connect(lent) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})")
        rows = {name: connection.execute(query.format(sql.Identifier(name))).fetchone() for (name,) in names}
    assert [name for name, has_rows in rows.items() if has_rows == (True,)] == ["alembic_version", "chain_ends"]
    again = await Store.open(lent, create=False, key=bytes(32))
    await again.close()
    postgresql.give_back(lent)


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE held CASCADE",
        "DROP TABLE alembic_version",
        "UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE held ADD COLUMN more text",
        "CREATE INDEX another ON held (subject)",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
async def test_a_store_that_is_not_as_it_was_made_is_not_lent_again(postgresql, change):
    """The next test gets a new one."""
    lent = postgresql.lend()
    postgresql.do(sql.SQL(change), name_in(lent))
    postgresql.give_back(lent)
    another = postgresql.lend()
    assert another != lent
    postgresql.give_back(another)
