"""All that is SQLite's own: the files and their modes, pragmas, error codes, and the fast reader of keys.

`postgresql.py` is the counterpart. No other module of this package depends on the kind of database, but for the upsert
in `database.py`.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.errors import StoreFull, StoreUnavailable

#: Milliseconds that a statement waits for another process's write lock. The longest holders are a purge slice and a
#: message of 50 MiB, well under a second; the SMTP reply has 90 s.
BUSY_MILLISECONDS = 20_000

#: Octets to which the -wal file is cut back after a large message has made it grow.
WAL_KEEP_BYTES = 64 * 1024 * 1024

#: Mode of the files: only the gateway's user and root read the store; others go through the control socket.
FILE_MODE = 0o600

_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def prepare_file(path: Path, *, create: bool) -> None:
    """Make sure that the file exists, in WAL mode, with mode 0600; SQLite gives -wal and -shm the same mode.

    Raises StoreUnavailable when the file is missing and `create` is false, or when it can't be made or read.
    """
    try:
        _make_private(path, create=create)
        _switch_to_wal(path)
    except (OSError, sqlite3.Error) as error:
        raise trouble(error, f"the store {path}") from error


def _make_private(path: Path, *, create: bool) -> None:
    """Make the file, or check that it exists, and set its mode.

    This never opens a file that exists: closing it again would drop the locks that SQLite holds on it in this process,
    and another process would then delete the -wal file under us (sqlite.org/howtocorrupt.html, 2.2).
    """
    if create:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
            sync_folder(path.parent)
    elif not path.exists():
        raise StoreUnavailable("there is no file of this name")
    if path.stat().st_mode & 0o777 != FILE_MODE:
        path.chmod(FILE_MODE)  # the umask may have removed bits; an older file may have more


def sync_folder(folder: Path) -> None:
    """Sync the folder: the file's name must survive a power cut too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _switch_to_wal(path: Path) -> None:
    """Switch the file to WAL, which it then keeps.

    Two processes that switch at the same time get SQLITE_BUSY whatever the time-out, so this tries again.
    """
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchall()
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
    finally:
        connection.close()


def configure(connection: Any, *, read_only: bool) -> None:
    """Set up a new DBAPI connection. `Database` begins the transactions, not the driver."""
    pragmas = [
        f"busy_timeout={BUSY_MILLISECONDS}",
        "synchronous=FULL",  # a commit is on the disk when it returns
        "foreign_keys=ON",
        f"journal_size_limit={WAL_KEEP_BYTES}",
        *(["query_only=ON"] if read_only else []),
    ]
    _run(connection, "executescript", "".join(f"PRAGMA {pragma};" for pragma in pragmas))


def begin(connection: Any, *, read_only: bool) -> None:
    """Begin a transaction on a DBAPI connection; to write, take the lock at once."""
    _run(connection, "execute", "BEGIN" if read_only else "BEGIN IMMEDIATE")


def _run(connection: Any, method: str, statement: str) -> None:
    """Call the driver's connection itself, once: a cursor costs three changes of threads more."""
    if hasattr(connection, "run_async"):
        connection.run_async(lambda driver: getattr(driver, method)(statement))
    else:
        getattr(connection, method)(statement)


@asynccontextmanager
async def any_text(connection: AsyncConnection) -> AsyncIterator[None]:
    """Read texts that are no UTF-8 as well, which an error would stop. They get lone surrogates."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def trouble(error: BaseException, what: str = "the store") -> StoreUnavailable:
    """Return the project's exception for an error of SQLite or of the file system."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in _FULL_ERRNOS):
        return StoreFull(f"{what}: the disk is full ({error})")
    if code == sqlite3.SQLITE_TOOBIG:
        return StoreFull(f"{what}: the message is larger than SQLite can hold ({error})")
    return StoreUnavailable(f"{what}: {error}")


class KeyReader:
    """Reader of retry keys, correspondents, blocked keys and counters on its own connection, in the event loop.

    It blocks for the few pages of one index walk, which the operating system holds in memory: microseconds, where
    handing the query to a thread and back costs ten times as much. In WAL mode no writer makes a reader wait.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._connection.execute("PRAGMA query_only=ON")

    def known(self, keys: Sequence[bytes]) -> set[bytes] | None:
        """Return those of the retry keys that are stored; None when SQLite is busy: then take the slower way."""
        rows = self._rows_of("SELECT key FROM retry_keys WHERE key IN", keys)
        return None if rows is None else {row[0] for row in rows}

    def correspondences(self, keys: Sequence[bytes]) -> list[tuple[bytes, int, int, int, int]] | None:
        """Return the stored rows of these pairs; None when SQLite is busy."""
        query = "SELECT pair, first_at, last_at, received, sent FROM correspondents WHERE pair IN"
        return self._rows_of(query, keys)

    def blocked(self, keys: Sequence[bytes]) -> set[bytes] | None:
        """Return those of the keys that are blocked; None when SQLite is busy."""
        rows = self._rows_of("SELECT key FROM blocked WHERE key IN", keys)
        return None if rows is None else {row[0] for row in rows}

    def total(self, key: str, first: int, last: int) -> int | None:
        """Return the sum of a counter over these minutes, both included; None when SQLite is busy."""
        query = "SELECT coalesce(sum(amount), 0) FROM counters WHERE key = ? AND minute BETWEEN ? AND ?"
        rows = self._rows(query, (key, first, last))
        return None if rows is None else rows[0][0]

    def _rows_of(self, query: str, keys: Sequence[bytes]) -> list[Any] | None:
        return self._rows(f"{query} ({','.join('?' * len(keys))})", keys)

    def _rows(self, query: str, values: Sequence[object]) -> list[Any] | None:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if _is_busy(error):
                return None
            raise trouble(error) from error

    def close(self) -> None:
        self._connection.close()
