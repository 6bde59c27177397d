"""Copies of the whole store, made beside the gateway or in its absence: backups, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from sqlalchemy import URL

from gateway.assemble.services import derived_key
from gateway.assemble.store import RECORDS, open_store, store_at
from gateway.control.folder_lock import LOCK_NAME, FolderInUse, lock_folder
from gateway.remember.copies import backup as copies
from gateway.remember.copies.backup import Backup
from gateway.remember.copies.proof import Proof
from gateway.remember.copies.transfer import Progress, transfer
from gateway.remember.database.database import located, store_url
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.secret import NAME, key_for
from gateway.remember.store import Store
from gateway.services.clock import SystemClock
from gateway.settings.models import Settings
from gateway.settings.store_url import checked_store, on_server, store_below


async def back_up(settings: Settings, folder: Path) -> Proof:
    """Back up the store and the key files that the settings name, while the gateway runs. Raises StoreUnavailable."""
    key = derived_key(settings, RECORDS, quiet=True)
    if key is None:
        raise StoreUnavailable(f"{settings.data_dir} has no {NAME}: there is no store yet, or {NAME} is to be restored")
    await (await open_store(settings, create=False)).close()  # it is there, of our schema, and the key is its own
    files = {NAME: settings.data_dir / NAME, **_key_files(settings)}
    return await copies.back_up(store_url(store_at(settings)), key, files, folder, SystemClock().now())


async def restore(settings: Settings, folder: Path) -> Backup:
    """Put a backup back and prove it; neither a store nor another secret.key may be there. Raises StoreUnavailable."""
    backup = copies.read_backup(folder)
    key = key_for(backup.secret, RECORDS)
    await copies.restore(backup, store_url(store_at(settings)), key, settings.data_dir)
    return backup


async def copy(settings: Settings, source: str, target: str, progress: Progress) -> Proof:
    """Copy a store into an empty database, under the configuration's secret.key, while no gateway runs.

    Raises ValueError for a URL that is no store's, StoreUnavailable and SchemaOutdated.
    """
    places = [_place(settings, url) for url in (source, target)]
    key = derived_key(settings, RECORDS, quiet=True)
    if key is None:
        raise StoreUnavailable(f"{settings.data_dir} has no {NAME}: restore the one of the store")
    with _without_gateway(settings.data_dir):
        for place, create in zip(places, (False, True), strict=True):
            await (await Store.open(place, create=create, key=key)).close()
        return await transfer(store_url(places[0]), store_url(places[1]), key, progress)


def _without_gateway(data_dir: Path) -> IO[str]:
    """Return a lock, under which no gateway of this folder runs or starts. Raises StoreUnavailable."""
    try:
        return lock_folder(data_dir)
    except FolderInUse as error:
        sentence = "a gateway is running, and what it stores meanwhile would not be copied: stop it first"
        raise StoreUnavailable(sentence) from error
    except OSError as error:
        raise StoreUnavailable(f"{data_dir / LOCK_NAME} can't be locked: {error.strerror}") from error


def _place(settings: Settings, url: str) -> URL:
    """Return a store's URL, as in `store:`; a file's place is relative to data_dir, the password is for a server."""
    place = store_below(checked_store(url), settings.data_dir)
    return located(place, settings.store_password_file if on_server(url) else None)


def _key_files(settings: Settings) -> dict[str, Path]:
    """Return the key files that the configuration names, by the names that they get in a backup."""
    paths = [key.key.path for key in settings.dkim]
    if settings.arc:
        paths.append(settings.arc.key.path)
    if settings.journal:
        paths.append(settings.journal.key_file.path)
    return {f"keys/{number}-{path.name}": path for number, path in enumerate(dict.fromkeys(paths), 1)}
