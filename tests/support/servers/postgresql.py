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
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from gateway.remember.store import upgrade
from tests.support.servers.ports import free_port, wait_port

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
_TABLES = sql.SQL(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'chain_ends')"
)
_END_OTHERS = sql.SQL(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


def program(name: str) -> str:
    """Return the newest installed program: Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if not found:
        raise FileNotFoundError(f"{name} is not installed: it comes with Debian's package postgresql")
    return str(found[-1])


class PostgresqlFailed(RuntimeError):
    """The server did not start; the text says why."""


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
        self._shape: list[Any] = []
        self._ends: list[Any] = []  # of the chains without rows
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")

    def make(self) -> Self:
        """Make the cluster, and in it a store that others are copied from."""
        options = ["--username=mailwarden", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
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
            self._shape = _shape(connection)
            self._ends = connection.execute("SELECT * FROM chain_ends").fetchall()
        return self

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

    def url(self, name: str, user: str = "mailwarden") -> str:
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
        self.do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name_in(url))))

    def lend(self) -> str:
        """Return the URL of a store without mail: one that was given back, or else a new one."""
        return self._empty.pop() if self._empty else self.database()

    def give_back(self, url: str) -> None:
        """Empty it for the next test, much cheaper than a new one. What is no longer as it was made is dropped.

        The connection is kept: what PostgreSQL does for a new one costs more than the rest.
        """
        if url not in self._kept:
            self._kept[url] = psycopg.connect(url, autocommit=True)
        connection = self._kept[url]
        try:
            connection.execute(_END_OTHERS)
        except psycopg.OperationalError:  # a test has ended it
            connection = self._kept[url] = psycopg.connect(url, autocommit=True)
            connection.execute(_END_OTHERS)
        if _shape(connection) == self._shape:
            _empty(connection, self._ends)
            self._empty.append(url)
        else:
            self.drop(url)

    def _close_kept(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    def do(self, statement: sql.SQL | sql.Composed, database: str = "postgres") -> list[Any]:
        """One statement as the server's owner."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _shape(connection: psycopg.Connection[Any]) -> list[Any]:
    """Return the shape of a store without its rows, and its recorded version."""
    (has_version,) = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone() or (False,)
    version = connection.execute("SELECT version_num FROM alembic_version").fetchall() if has_version else []
    return [*version, *connection.execute(_SHAPE).fetchall()]


def _empty(connection: psycopg.Connection[Any], ends: list[Any]) -> None:
    """Delete all rows, count from 1 again, and put the chains' ends back.

    A test leaves few rows: to delete them is much cheaper than TRUNCATE, which gives each table and index a new file.
    """
    tables = [sql.Identifier(table) for (table,) in connection.execute(_TABLES)]
    asked = sql.SQL(", ").join(sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in tables)
    has_rows = connection.execute(sql.SQL("SELECT {}").format(asked)).fetchone() or ()
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no triggers, no foreign keys
        for table in [table for table, has in zip(tables, has_rows, strict=True) if has]:
            connection.execute(sql.SQL("DELETE FROM {}").format(table))
        connection.execute("DELETE FROM chain_ends")
        connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")
        connection.cursor().executemany("INSERT INTO chain_ends VALUES (%s, %s, %s, %s, %s, %s, %s)", ends)


def name_in(url: str) -> str:
    """Return the database's name."""
    found = re.search(r"/([^/?]+)(?:\?|$)", url)
    assert found is not None
    return found[1]
