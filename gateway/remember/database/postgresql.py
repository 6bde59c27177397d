"""All that is PostgreSQL's own: the set-up of a connection, turns of several writers, and the errors.

The statements are those of SQLite, under READ COMMITTED: a transaction first locks what it reads and then changes.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.errors import StoreFull, StoreUnavailable

#: Connections for writing and for reading in each process. The server's own default is a hundred in all.
WRITERS = 4
READERS = 2
#: Seconds to connect to a server that may not answer. The SMTP reply has 90 s.
CONNECT_SECONDS = 10
#: Milliseconds that a statement waits for another one's lock, as with SQLite.
LOCK_MILLISECONDS = 20_000
#: Seconds after which both sides notice a network that swallows packets, instead of the two hours of TCP.
NETWORK_SECONDS = 20
#: Milliseconds after which a gateway that stops in the middle of a transaction loses its locks; each transaction takes
#: milliseconds.
IDLE_MILLISECONDS = 60_000

ARGUMENTS: dict[str, Any] = {
    "application_name": "mailwarden",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": NETWORK_SECONDS // 2,
    "keepalives_interval": NETWORK_SECONDS // 4,
    "keepalives_count": 2,
    "tcp_user_timeout": NETWORK_SECONDS * 1000,
}

_DISK_FULL = "53100"
_TOO_LARGE = "54000"
#: Mistakes of the set-up that the driver reports as a query's: no right, no such database.
_SET_UP = ("42501", "3D000")


def configure(connection: Any, *, read_only: bool) -> None:
    """Set up a new DBAPI connection: a commit is on the disk when it returns, whatever the server's default is.

    Raises StoreUnavailable where the database isn't UTF-8.
    """
    settings = {name: str(value) for name, value in _session().items()}
    if read_only:
        settings["default_transaction_read_only"] = "on"
    set_all = ", ".join("set_config(%s, %s, false)" for _ in settings)
    set_sync = (
        "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END"
    )
    cursor = connection.cursor()
    # in one statement: a connection is made while a message waits
    cursor.execute(
        f"SELECT current_setting('server_encoding'), {set_sync}, {set_all}",
        [word for setting in settings.items() for word in setting],
    )
    encoding, *_ = cursor.fetchone()
    cursor.close()
    if encoding != "UTF8":  # else a subject that the encoding lacks would be refused for ever
        what = "make the database with `createdb --encoding=UTF8 --template=template0`"
        raise StoreUnavailable(f"the store: the database's encoding is {encoding}: {what}")
    connection.commit()


def _session() -> dict[str, int]:
    """Return the settings of the session on the server's side."""
    return {
        "lock_timeout": LOCK_MILLISECONDS,
        "idle_in_transaction_session_timeout": IDLE_MILLISECONDS,
        "tcp_keepalives_idle": NETWORK_SECONDS // 2,
        "tcp_keepalives_interval": NETWORK_SECONDS // 4,
        "tcp_keepalives_count": 2,
        "tcp_user_timeout": NETWORK_SECONDS * 1000,
    }


async def take_turn(connection: AsyncConnection, name: str) -> None:
    """Wait for a lock of this name, held until the end of the transaction. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


def is_trouble(error: BaseException | None) -> bool:
    """Return whether an error that looks like a query's is a mistake of the set-up."""
    return getattr(error, "sqlstate", None) in _SET_UP


def trouble(error: BaseException, what: str = "the store") -> StoreUnavailable:
    """Return the project's exception for an error of PostgreSQL, in one line. The driver never names the password."""
    code, said = getattr(error, "sqlstate", None), " ".join(str(error).split())
    if code == _DISK_FULL:
        return StoreFull(f"{what}: the disk is full ({said})")
    if code == _TOO_LARGE:
        return StoreFull(f"{what}: the message is larger than PostgreSQL can hold ({said})")
    return StoreUnavailable(f"{what}: {said}")
