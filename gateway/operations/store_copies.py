"""Copies of the whole store, made beside the gateway or in its absence: backups, and the way back."""

from __future__ import annotations

from pathlib import Path

from gateway.app import RECORDS, open_store, store_at
from gateway.assemble.services import derived_key
from gateway.remember.copies import backup as copies
from gateway.remember.copies.backup import Backup
from gateway.remember.copies.proof import Proof
from gateway.remember.database.database import store_url
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.secret import NAME, key_for
from gateway.services.clock import SystemClock
from gateway.settings import Settings


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


def _key_files(settings: Settings) -> dict[str, Path]:
    """Return the key files that the configuration names, by the names that they get in a backup."""
    paths = [key.key.path for key in settings.dkim]
    if settings.arc:
        paths.append(settings.arc.key.path)
    if settings.journal:
        paths.append(settings.journal.key_file.path)
    return {f"keys/{number}-{path.name}": path for number, path in enumerate(dict.fromkeys(paths), 1)}
