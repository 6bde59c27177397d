"""Migration of a store's tables to the version of this program, by Alembic.

Alembic costs a process 0.1 s and 10 MB, and few processes ever need it: it is loaded only when there is work for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, func, select

from gateway.remember.database import sqlite
from gateway.remember.database.database import (
    engine_arguments,
    prepare_engine,
    revision_of,
    store_url,
    translated,
)
from gateway.remember.database.errors import SchemaOutdated
from gateway.remember.database.schema import HEAD

SCRIPTS = Path(__file__).parent.parent / "migrations"
#: The number of PostgreSQL's lock while the tables are changed: any would do, this is "mailward" in octets. SQLite has
#: the write lock.
MIGRATING = 0x6D61696C77617264
SYNCHRONOUS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}


async def upgrade(url: str | URL, key: Callable[[], bytes]) -> str:
    """Bring the store at this URL to the newest schema, in one transaction. Returns its revision.

    Does nothing when the schema is current. `key` gives the key of the records, where rows have to be chained. Raises
    StoreUnavailable (no such file, locked, full), or SchemaOutdated when the store was written by a newer program.
    """
    return await asyncio.to_thread(migrate, store_url(url), key)


def migrate(url: URL, key: Callable[[], bytes]) -> str:
    """Do the work of `upgrade` for a parsed URL, in the calling thread."""
    from alembic.command import upgrade as upgrade_to  # noqa: PLC0415  # see above
    from alembic.util.exc import CommandError  # noqa: PLC0415

    try:
        return _run(url, lambda config: upgrade_to(config, "head"), key)
    except CommandError as error:
        raise SchemaOutdated(f"the store can't be upgraded to {HEAD} by this version of mailwarden: {error}") from error


def downgrade(url: URL, revision: str) -> str:
    """Go back to a revision and lose all that only the newer one holds; no command offers this."""
    from alembic.command import downgrade as downgrade_to  # noqa: PLC0415  # see above

    return _run(url, lambda config: downgrade_to(config, revision))


def _run(url: URL, change: Callable[[Any], None], key: Callable[[], bytes] | None = None) -> str:
    """Change the schema in one transaction. A lock makes workers that start together take turns."""
    from alembic.config import Config  # noqa: PLC0415  # see above

    engine = _engine(url)
    try:
        with translated(), engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
            config.attributes |= {"connection": connection, "key": key}
            change(config)
            return revision_of(connection) or ""
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    kind = url.get_backend_name()
    engine = create_engine(url.set(drivername=SYNCHRONOUS[kind]), **engine_arguments(url))
    if kind == "sqlite":
        sqlite.prepare_file(Path(url.database or ""), create=False)
    prepare_engine(engine, read_only=False)
    return engine
