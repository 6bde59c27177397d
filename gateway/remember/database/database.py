"""The engines, and the two ways to use them: `reading` and `writing`. Every database error becomes one of ours.

One connection writes to SQLite in each process, so that the process's tasks queue fairly instead of polling the lock
against each other. A write transaction takes the lock at its start (BEGIN IMMEDIATE): a lock upgrade half-way can only
fail. PostgreSQL has several writers, so each transaction locks the rows on which it relies.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, Insert, Table, case, event, inspect, make_url, select, text
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.remember.database import postgresql, sqlite
from gateway.remember.database.errors import StoreUnavailable

#: Seconds that a task waits for the process's writing connection; then the client is asked to come back.
WRITER_WAIT_SECONDS = 30.0
#: Connections beside the writer: lists, traces, contents. Each SQLite connection costs a thread.
READERS = 2

#: The name under which a connection has the key of the records.
RECORD_KEY = "record_key"

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def store_url(url: str | URL) -> URL:
    """Return the URL of the settings with its driver.

    Raises ValueError, in a sentence, where no store can be at the URL.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind not in DRIVERS:
        raise ValueError(f"a store is at sqlite:///FILE or postgresql://…, not at {kind}://")
    if kind == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("the store needs a file: several processes share it")
    return parsed.set(drivername=DRIVERS[kind])


def located(url: str, password_file: Path | None) -> URL:
    """Return the URL with the password from the file's first line; it prints without it. Raises StoreUnavailable."""
    parsed = make_url(url)
    if password_file is None:
        return parsed
    try:
        password, *_ = password_file.read_text("utf-8").splitlines() or [""]
    except (OSError, UnicodeError) as error:
        raise StoreUnavailable(f"the store: the password file can't be read: {error}") from error
    return parsed.set(password=password)


P = ParamSpec("P")
T = TypeVar("T")


def to_the_end(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let the coroutine run to its end when its caller is cancelled; only then cancel the caller.

    Every method that uses a connection is wrapped so. A cancellation in the middle of a statement makes the driver lose
    the connection without closing it: the write lock is then held, for all workers, until the garbage collector comes.
    The wait is short: a transaction takes milliseconds, and the lock's time-out bounds it.
    """

    @wraps(method)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(method(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({task})
            if not task.cancelled():
                task.exception()  # read, so that asyncio doesn't report it: the caller gets the cancellation
            raise

    run.runs_to_the_end = True  # type: ignore[attr-defined]  # for the test that every such method is wrapped
    return run


class Database:
    """A store's connections. `Store.open` checks the schema, not this class.

    Each connection has the key of the records with it: see `record_key`.
    """

    def __init__(self, url: URL, key: bytes | None = None) -> None:
        self.url = url
        self._options = {RECORD_KEY: key}
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._writer = self._engine(1 if self.is_sqlite else postgresql.WRITERS, read_only=False)
        self._readers = self._engine(READERS if self.is_sqlite else postgresql.READERS, read_only=True)

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for a database server."""
        return Path(self.url.database or "") if self.is_sqlite else None

    def _engine(self, size: int, *, read_only: bool) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=WRITER_WAIT_SECONDS,
            execution_options=self._options,
            **engine_arguments(self.url),
        )
        prepare_engine(engine.sync_engine, read_only=read_only)
        # In PostgreSQL a reading transaction keeps one view; a writing one sees what is committed meanwhile.
        return engine.execution_options(isolation_level="REPEATABLE READ") if self._reads_a_view(read_only) else engine

    def _reads_a_view(self, read_only: bool) -> bool:
        return read_only and not self.is_sqlite

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open one transaction: committed and on the disk at the end of the block, or undone as a whole.

        Raises StoreFull or StoreUnavailable.
        """
        with translated():
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a consistent view for reading. Raises StoreUnavailable."""
        with translated():
            async with self._readers.begin() as connection:
                yield connection

    @to_the_end
    async def revision(self) -> str | None:
        """Return the schema's revision: None for an empty database, "" for tables that carry none."""
        async with self.reading() as connection:
            return await connection.run_sync(revision_of)

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()


def record_key(connection: AsyncConnection) -> bytes:
    """Return the key with which rows are put on record. Raises StoreUnavailable where there is none."""
    key: bytes | None = connection.sync_engine.get_execution_options().get(RECORD_KEY)
    if key is None:
        raise StoreUnavailable("secret.key is missing, so nothing can be put on record: restore it from the backup")
    return key


def engine_arguments(url: URL) -> dict[str, Any]:
    """Return the arguments. PostgreSQL's connections are tested before use: the server may have been restarted."""
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"isolation_level": None}}  # see `prepare_engine`
    return {"connect_args": postgresql.ARGUMENTS, "pool_pre_ping": True, "use_native_hstore": False}


def prepare_engine(engine: Engine, *, read_only: bool) -> None:
    """Set up each connection.

    SQLite gets an explicit BEGIN: the driver's own comes too late for one consistent view.
    """
    own = sqlite if engine.dialect.name == "sqlite" else postgresql

    def on_connect(connection: Any, _record: Any) -> None:
        own.configure(connection, read_only=read_only)

    def on_begin(connection: Connection) -> None:
        sqlite.begin(connection.connection.dbapi_connection, read_only=read_only)

    event.listen(engine, "connect", on_connect)
    if own is sqlite:
        engine.dialect.use_insertmanyvalues_wo_returning = True  # see `missing`
        event.listen(engine, "begin", on_begin)


def revision_of(connection: Connection) -> str | None:
    tables = inspect(connection)
    if not tables.has_table("alembic_version"):
        return "" if tables.get_table_names() else None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


@contextmanager
def translated() -> Iterator[None]:
    """Turn trouble of the environment into StoreUnavailable or StoreFull; leave a mistake in a query as it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError) as error:
        if postgresql.is_trouble(error.orig):
            raise postgresql.trouble(error.orig or error) from error
        raise
    except DBAPIError as error:
        own = sqlite if isinstance(error.orig, sqlite3.Error) else postgresql
        raise own.trouble(error.orig or error) from error
    except sqlite3.Error as error:
        raise sqlite.trouble(error) from error
    except PoolTimeout as error:
        raise StoreUnavailable("the store: too many wait to write") from error


async def insert_new(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; a row whose key exists already stays unchanged."""
    if rows:
        await connection.execute(_insert_or_leave(connection, table), rows)


async def missing(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the rows whose key does not exist, each key once. Keys are stored as they are given.

    They can then be inserted by a plain INSERT, if nobody else writes such rows meanwhile. SQLite's driver hands the
    interpreter to another thread and back at each row's end, which costs several times the row: it takes many rows in
    one statement, but only in a plain INSERT.
    """
    key = list(table.primary_key)
    by_key = {tuple(row[column.name] for column in key): row for row in reversed(rows)}
    there = await connection.execute(select(*key).where(key[0].in_([first for first, *_ in by_key])))
    for known in there:
        by_key.pop(tuple(known), None)
    return [*reversed(by_key.values())]


async def insert_one(connection: AsyncConnection, table: Table, **values: Any) -> bool:
    """Insert one row; return False when its key exists already: that row stays unchanged."""
    one = _insert_or_leave(connection, table).execution_options(preserve_rowcount=True)  # else none for INSERT
    return (await connection.execute(one, values)).rowcount == 1


def _insert_or_leave(connection: AsyncConnection, table: Table) -> Insert:
    if connection.dialect.name == "sqlite":
        return sqlite_dialect.insert(table).on_conflict_do_nothing()
    return postgresql_dialect.insert(table).on_conflict_do_nothing()


async def add_up(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of counts with `first_at` and `last_at`; where the row exists, add the counts to it."""
    if rows:
        await connection.execute(upsert(connection, table, lambda new: _sums(table, new)), rows)


def upsert(connection: AsyncConnection, table: Table, changed: Callable[[Any], Mapping[str, Any]]) -> Insert:
    """Return an insert that changes a row with the same key instead; `changed` gets the new row's columns."""
    dialect = sqlite_dialect if connection.dialect.name == "sqlite" else postgresql_dialect
    added: Any = dialect.insert(table)
    changing: Insert = added.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed(added.excluded))
    return changing


def _sums(table: Table, new: Any) -> Mapping[str, Any]:
    old = table.c
    times = {
        "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
    }
    counts = (name for name, column in old.items() if not column.primary_key and name not in times)
    return times | {name: old[name] + new[name] for name in counts}
