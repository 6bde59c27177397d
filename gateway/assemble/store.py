"""The store of a configuration, and the secret that its records are keyed with."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL

from gateway.assemble.services import derived_key
from gateway.remember.database.errors import ForeignStore, SchemaOutdated, StoreUnavailable
from gateway.remember.database.secret import has_secret, key_for, read_secret, remove_secret
from gateway.remember.store import Store, located, upgrade
from gateway.settings.files import file_in_the_way
from gateway.settings.models import Settings

#: The purpose of the key of the records.
RECORDS = "audit"


async def open_store(settings: Settings, *, create: bool) -> Store:
    """Open the store; `create` makes the data folder, the secret and the store where they are missing.

    Raises StoreUnavailable and SchemaOutdated.
    """
    if file := file_in_the_way(settings.data_dir):
        raise StoreUnavailable(f"data_dir: {file} is a file, and a folder is needed")
    is_new = create and _make_secret(settings.data_dir)
    key = derived_key(settings, RECORDS, quiet=True)
    limit = settings.quarantine_max_bytes
    try:
        return await Store.open(store_at(settings), create=create, key=key, quarantine_max_bytes=limit)
    except ForeignStore as error:
        if not is_new:
            raise
        remove_secret(settings.data_dir)  # nothing is keyed by it yet, and it would be in the way of the right one
        raise _without_secret(settings) from error


async def compare_key(settings: Settings) -> str:
    """Return a remark where `secret.key` and the store can't be compared, "" where they belong together or are missing.

    Raises ForeignStore where they don't belong together, or where the store's secret is gone.
    """
    is_keyed = True
    try:
        is_keyed = has_secret(settings.data_dir)
        if is_made(store_at(settings)):
            store = await open_store(settings, create=False)
            try:
                if not is_keyed and await store.is_sealed():
                    raise _without_secret(settings)
            finally:
                await store.close()
    except ForeignStore:
        raise
    except (OSError, SchemaOutdated) as error:
        if not is_keyed and isinstance(error, SchemaOutdated):  # a database without tables, before the first start
            return ""
        return f"secret.key and the store were not compared: {error}"
    return ""


def _without_secret(settings: Settings) -> ForeignStore:
    return ForeignStore(
        f"{settings.data_dir} has no secret.key, and the store was written with one: put the secret.key of the store's "
        'backup, or of another gateway on this store, there (see "Store and secret.key" in docs/upgrade.md)'
    )


def is_made(store: URL) -> bool:
    """Return whether the store's file is there; a database server is asked by opening the store."""
    return store.get_backend_name() != "sqlite" or Path(store.database or "").exists()


def _make_secret(data_dir: Path) -> bool:
    """Make the data folder and the secret where they are missing; return whether the folder was without a secret.

    Raises StoreUnavailable.
    """
    try:
        # The group may reach the control socket; the files beside it are for the owner alone.
        data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"data_dir: {data_dir} can't be made: {error.strerror}") from error
    is_new = os.access(data_dir, os.X_OK) and not has_secret(data_dir)  # a closed folder is for `read_secret` to tell
    read_secret(data_dir)
    return is_new


async def upgrade_store(settings: Settings) -> str:
    """Bring the store to this program's schema; return its revision. Raises StoreUnavailable and SchemaOutdated."""

    def key() -> bytes:
        folder = settings.data_dir
        if folder.is_dir() and not has_secret(folder) and folder.stat().st_uid != os.geteuid():
            raise StoreUnavailable(f"{folder} has no secret.key: restore it, or run this as the folder's owner")
        _make_secret(folder)
        return key_for(read_secret(folder), RECORDS)

    return await upgrade(store_at(settings), key)


def store_at(settings: Settings) -> URL:
    """Return the store's URL with the password, which it doesn't show when printed. Raises StoreUnavailable."""
    return located(settings.store, settings.store_password_file)
