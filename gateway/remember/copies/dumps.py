"""A store as one file: SQLite's own online copy, or PostgreSQL's `pg_dump`, and the way back.

The copy is made and proved in one view of the store; the gateway goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, text

from gateway.remember.copies.proof import Proof, prove
from gateway.remember.database import sqlite
from gateway.remember.database.database import Database
from gateway.remember.database.errors import StoreUnavailable


def dump_name(url: URL) -> str:
    """Return the name of the file that holds such a store."""
    return "mailwarden.db" if url.get_backend_name() == "sqlite" else "mailwarden.dump"


async def dump(url: URL, key: bytes, file: Path) -> Proof:
    """Write the store into a new file, and prove it. Raises StoreUnavailable."""
    await asyncio.to_thread(_make_private, file)
    if url.get_backend_name() == "sqlite":
        await asyncio.to_thread(_copy_sqlite, Path(url.database or ""), file)
        return await prove_store(url.set(database=str(file)), key)
    database = Database(url, key)
    try:
        async with database.reading() as connection:
            # The server would end a transaction that is idle while pg_dump works.
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            snapshot = (await connection.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
            await _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}")
            return await prove(connection)
    finally:
        await database.close()


async def load(url: URL, key: bytes, file: Path, expected: Proof) -> None:
    """Put a store back from its file into a place where none is; the store is proved against what is expected.

    Raises StoreUnavailable where there is a store, or where the file's isn't the one that is expected.
    """
    if url.get_backend_name() == "sqlite":
        await _load_sqlite(url, key, file, expected)
        return
    database = Database(url)
    try:
        revision = await database.revision()
    finally:
        await database.close()
    if revision is not None:
        raise StoreUnavailable("the database has tables already, and nothing is written over them: name an empty one")
    options = ("--no-owner", "--no-acl", "--exit-on-error", "--single-transaction")
    await _run(url, "pg_restore", *options, str(file))
    check_proof(expected, await prove_store(url, key))


async def prove_store(url: URL, key: bytes) -> Proof:
    """Prove the store at this URL in one view. Raises StoreUnavailable."""
    database = Database(url, key)
    try:
        async with database.reading() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            return await prove(connection)
    finally:
        await database.close()


def check_proof(expected: Proof, found: Proof) -> None:
    """Raise StoreUnavailable, with every difference, where a copy isn't the store that it was made of."""
    if differences := expected.differences(found):
        raise StoreUnavailable(f"the copy isn't the store that it was made of: {'; '.join(differences)}")


def _make_private(file: Path) -> None:
    """Make an empty file that its owner alone may read."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, sqlite.FILE_MODE))
    except OSError as error:
        raise sqlite.trouble(error, f"the copy {file}") from error


def _copy_sqlite(store: Path, file: Path) -> None:
    """Fill an empty file in one step, in which SQLite has one view of it; writers don't wait."""
    try:
        with (
            closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(file)) as target,
        ):
            source.execute("PRAGMA query_only=ON")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # a copy is one file, without a -wal beside it
    except (OSError, sqlite3.Error) as error:
        raise sqlite.trouble(error, f"the copy of {store}") from error


async def _load_sqlite(url: URL, key: bytes, file: Path, expected: Proof) -> None:
    """Prove a copy beside the store's place, and link it there: under its name it is whole, and nothing is replaced."""
    place = Path(url.database or "")
    aside = place.with_name(f".{place.name}.restored")
    try:
        await asyncio.to_thread(_make_private, aside)
        await asyncio.to_thread(_copy_sqlite, file, aside)
        check_proof(expected, await prove_store(url.set(database=str(aside)), key))
        await asyncio.to_thread(_link, aside, place)
    finally:
        await asyncio.to_thread(aside.unlink, missing_ok=True)


def _link(aside: Path, place: Path) -> None:
    try:
        if os.geteuid() == 0:
            folder = place.parent.stat()
            os.chown(aside, folder.st_uid, folder.st_gid, follow_symlinks=False)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        os.link(aside, place)
        sqlite.sync_folder(place.parent)
    except FileExistsError as error:
        raise StoreUnavailable(f"{place} is there already, and nothing is written over it") from error
    except OSError as error:
        raise sqlite.trouble(error, f"the store {place}") from error


async def _run(url: URL, program: str, *options: str) -> None:
    """Run a program of PostgreSQL on the database; the password goes by the environment, which others can't read."""
    found = shutil.which(program)
    if found is None:
        raise StoreUnavailable(f"{program} isn't on this machine: it comes with Debian's package postgresql-client")
    place = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    running = await asyncio.create_subprocess_exec(
        *(found, f"--dbname={place}", *options),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await running.communicate()
    if running.returncode:
        raise StoreUnavailable(f"{program}: {' '.join(said.decode('utf-8', 'replace').split())}")
