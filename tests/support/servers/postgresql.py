"""A real PostgreSQL of the tests' own, from the programs of Debian's package.

It is a cluster in a private folder, on a free port of loopback, stopped by its pid. The machine's own clusters are
never touched. `postgres` refuses to run as root, so it then runs as the package's user. Its data are not synced to the
disk.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.pq import TransactionStatus
from sqlalchemy import URL

from gateway.remember.database.database import engine_arguments
from gateway.remember.store import upgrade
from tests.support.servers.ports import free_port, wait_port

OWNER = "mailwarden"
#: Whose password is asked for; everybody else on loopback is trusted.
GUARDED = "guarded"
PASSWORD = "of pa$$:w/rd@ %41"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",  # what the gateway must not go by
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
_ACCESS = f"host all {GUARDED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
STOP_SECONDS = 30.0
#: The most idle connections to one store: those of a gateway.
KEPT = 6

#: What is copied for each test: a store with its tables, and PostgreSQL's own without any.
STORE, BARE = "store_template", "template1"

#: All that a test could have changed of a store besides its rows: columns of tables and indexes, triggers, functions.
_SHAPE = sql.SQL("""
    SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
        SELECT format('%s %s %s', attrelid::regclass, attname, atttypid::regtype) FROM pg_attribute
            JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT format('%s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) AS lines (line)
""")
_VERSION = sql.SQL("SELECT string_agg(version_num, ' ') FROM alembic_version")
_ENDS = sql.SQL("SELECT md5(string_agg(chain_ends::text, '' ORDER BY chain, \"end\")) FROM chain_ends")
#: How many columns of a store's state tell its shape, before those that tell its rows.
_SHAPES = 2
_TABLES = sql.SQL(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'chain_ends')"
)
_END_OTHERS = sql.SQL(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND pid <> ALL(%s)"
)


def program(name: str) -> str:
    """Return the newest installed program: Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if not found:
        raise FileNotFoundError(f"{name} is not installed: it comes with Debian's package postgresql")
    return str(found[-1])


class PostgresqlFailed(RuntimeError):
    """The server did not start; the text says why."""


class KeptConnections:
    """Connections to stores that are lent: a gateway that closes one leaves it to the next.

    What PostgreSQL does for a new one costs more than most tests. This is a pool to psycopg, which returns to it what
    is closed.
    """

    close_returns = True

    def __init__(self) -> None:
        self.stores: set[tuple[str | None, int | None, str | None]] = set()  # user, port and database
        self._idle: dict[tuple[int, str], list[AsyncConnection[Any]]] = {}

    def arguments(self, url: URL) -> dict[str, Any]:
        """Return the product's arguments of an engine; for a store that is lent, with our way to connect."""
        arguments = engine_arguments(url)
        if (url.username, url.port, url.database) in self.stores:
            arguments["connect_args"] = {**arguments["connect_args"], "async_creator_fn": self._connect}
        return arguments

    async def _connect(self, *words: Any, **values: Any) -> AsyncConnection[Any]:
        idle = self._of(values["dbname"])
        if idle:
            connection = idle.pop()
            connection.lock = type(connection.lock)()  # the old one belongs to another test's event loop
            with suppress(psycopg.OperationalError):  # a test has ended it
                await connection.execute("RESET ALL")
                await connection.commit()
                return connection
        connection = await AsyncConnection.connect(*words, **values)
        vars(connection)["_pool"] = self
        return connection

    async def putconn(self, connection: AsyncConnection[Any]) -> None:
        """Take a connection that is being closed."""
        idle = self._of(connection.info.dbname)
        if connection.pgconn.transaction_status == TransactionStatus.IDLE and len(idle) < KEPT:
            await connection.set_isolation_level(None)
            await connection.set_autocommit(False)
            idle.append(connection)
        else:
            connection.pgconn.finish()

    def pids(self, store: str) -> list[int]:
        """Return the server's processes for a store's connections."""
        return [connection.pgconn.backend_pid for connection in self._of(store)]

    def close(self, store: str) -> None:
        for connection in self._of(store):
            connection.pgconn.finish()
        self._of(store).clear()

    def _of(self, store: str) -> list[AsyncConnection[Any]]:
        """Return the idle connections of this process: a copy of it must not use the same ones."""
        return self._idle.setdefault((os.getpid(), store), [])


class Postgresql:
    """`with Postgresql() as server`; it can be stopped and started again on the same port meanwhile."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailwarden-postgresql-"))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._empty: list[str] = []  # stores that have been given back
        self._kept: dict[str, psycopg.Connection[Any]] = {}  # the connections that empty them
        self.connections = KeptConnections()
        self._tables: list[sql.Identifier] = []
        self._state = self._emptying = sql.Composed([])  # see `_learn`
        self._empty_state: tuple[Any, ...] | None = None
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")

    def make(self) -> Self:
        """Make the cluster, and in it a store that others are copied from."""
        options = [f"--username={OWNER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        command = [program("initdb"), f"--pgdata={self.data}", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, **self._as)
        if done.returncode:
            raise PostgresqlFailed(done.stderr)
        (self.data / "pg_hba.conf").write_text(_ACCESS)
        self.start()
        self.do(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(GUARDED), PASSWORD))
        self.do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(STORE)))
        asyncio.run(upgrade(self.url(STORE), lambda: bytes(32)))
        with psycopg.connect(self.url(STORE)) as connection:
            self._learn(connection)
        return self

    def _learn(self, connection: psycopg.Connection[Any]) -> None:
        """Learn how a store is without rows, and how to make it so again."""
        self._tables = [sql.Identifier(table) for (table,) in connection.execute(_TABLES)]
        has_rows = [sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in self._tables]
        asked = [_SHAPE, _VERSION, _ENDS, *has_rows]
        self._state = sql.SQL("SELECT {}").format(sql.SQL(", ").join(sql.SQL("({})").format(one) for one in asked))
        self._empty_state = connection.execute(self._state).fetchone()
        ends = connection.execute("SELECT * FROM chain_ends").fetchall()
        rows = sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in ends)
        self._emptying = sql.SQL(
            "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence; DELETE FROM chain_ends;"
            " INSERT INTO chain_ends VALUES {}"
        ).format(rows)

    def start(self) -> None:
        """Until it answers."""
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [program("postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        wait_port(self.port)
        ends = time.monotonic() + STOP_SECONDS
        while not self._answers():
            if time.monotonic() > ends or self.process.poll() is not None:
                raise PostgresqlFailed(self.log.read_text(errors="replace"))
            time.sleep(0.02)

    def _answers(self) -> bool:
        """Return whether the server answers; it listens before it accepts connections."""
        try:
            return bool(self.do(sql.SQL("SELECT 1")))
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """Stop the server and end its connections; committed data are there when it is started again."""
        self._close_kept()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        try:
            return self.make()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        """At once, without a last checkpoint: nobody needs the data any more."""
        self._close_kept()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.folder)

    def url(self, name: str, user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def database(self, template: str = STORE) -> str:
        """Return the URL of a new store without mail; for `BARE`, of a database without tables."""
        name = f"store_{next(self._numbers)}"
        self.do(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, with the connections that a test has left open."""
        if url in self._kept:
            self._kept.pop(url).close()
        self.connections.close(name_in(url))
        self.do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name_in(url))))

    def lend(self) -> str:
        """Return the URL of a store without mail: one that was given back, or else a new one."""
        url = self._empty.pop() if self._empty else self.database()
        self.connections.stores.add((OWNER, self.port, name_in(url)))
        return url

    def give_back(self, url: str) -> None:
        """Empty it for the next test, much cheaper than a new one. What is no longer as it was made is dropped.

        The connection is kept: what PostgreSQL does for a new one costs more than the rest.
        """
        connection = self._end_others(url)
        try:
            state = connection.execute(self._state).fetchone()
        except psycopg.errors.UndefinedTable:
            state = None
        if state is None or self._empty_state is None or state[:_SHAPES] != self._empty_state[:_SHAPES]:
            self.drop(url)
            return
        if state != self._empty_state:
            self._empty_tables(connection, state[-len(self._tables) :])
        self._empty.append(url)

    def _end_others(self, url: str) -> psycopg.Connection[Any]:
        """End the connections that a test has left open; return the one that empties the store."""
        if url not in self._kept:
            self._kept[url] = psycopg.connect(url, autocommit=True)
        kept = self.connections.pids(name_in(url))
        try:
            self._kept[url].execute(_END_OTHERS, [kept])
        except psycopg.OperationalError:  # a test has ended it
            self._kept[url] = psycopg.connect(url, autocommit=True)
            self._kept[url].execute(_END_OTHERS, [kept])
        return self._kept[url]

    def _empty_tables(self, connection: psycopg.Connection[Any], has_rows: Sequence[bool]) -> None:
        """Delete all rows, count from 1 again, and put the chains' ends back.

        A test leaves few rows: to delete them is much cheaper than TRUNCATE, which gives each table and index a new
        file.
        """
        filled = [table for table, has in zip(self._tables, has_rows, strict=True) if has]
        deleting = [sql.SQL("DELETE FROM {}").format(table) for table in filled]
        no_triggers = sql.SQL("SET LOCAL session_replication_role = replica")  # and no foreign keys
        with connection.transaction():
            connection.execute(sql.SQL("; ").join([no_triggers, *deleting, self._emptying]))

    def _close_kept(self) -> None:
        for connection in self._kept.values():
            connection.close()
        for _, _, store in self.connections.stores:
            self.connections.close(store)
        self._kept.clear()

    def do(self, statement: sql.SQL | sql.Composed, database: str = "postgres") -> list[Any]:
        """One statement as the server's owner."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def name_in(url: str) -> str:
    """Return the database's name."""
    found = re.search(r"/([^/?]+)(?:\?|$)", url)
    assert found is not None
    return found[1]
