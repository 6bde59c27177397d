"""A backup: a folder with the store, the keys, and a manifest that says what they must be.

The folder gets its name when it is whole. A backup is proved when it is made and when it is put back.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import URL

from gateway.remember.copies.dumps import dump, dump_name, load
from gateway.remember.copies.proof import Proof
from gateway.remember.database import sqlite
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import HEAD
from gateway.remember.database.secret import NAME, SECRET_BYTES, put_secret, remove_secret

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose files are those of its manifest."""

    folder: Path
    made_at: str
    secret: bytes
    proof: Proof


async def back_up(url: URL, key: bytes, files: Mapping[str, Path], folder: Path, now: datetime) -> Proof:
    """Copy the store and the key files, by the names that they get, into a folder that isn't there yet.

    Raises StoreUnavailable, and leaves nothing behind then.
    """
    aside = await asyncio.to_thread(_folder_beside, folder)
    try:
        proof = await dump(url, key, aside / dump_name(url))
        await asyncio.to_thread(_finish, aside, files, folder, {"made_at": now.isoformat(), "proof": asdict(proof)})
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, aside)
        raise
    return proof


def read_backup(folder: Path) -> Backup:
    """Read a backup, every file of which must be as its manifest says. Raises StoreUnavailable."""
    try:
        found = _plain_files(folder)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        _check_names(found, manifest["sha256"])
        changed = [name for name, sha256 in manifest["sha256"].items() if _sha256(folder / name) != sha256]
        secret = (folder / NAME).read_bytes()
        backup = Backup(folder, manifest["made_at"], secret, Proof(**manifest["proof"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreUnavailable(f"{folder} is no whole backup: {error}") from error
    if len(secret) != SECRET_BYTES:
        raise StoreUnavailable(f"{folder} is no whole backup: {NAME} has {len(secret)} octets, not {SECRET_BYTES}")
    if changed:
        raise StoreUnavailable(f"{folder}: {', '.join(changed)} changed since the backup was made (by SHA-256)")
    if backup.proof.schema != HEAD:
        raise StoreUnavailable(
            f"{folder}: the store's schema is {backup.proof.schema}, this program's is {HEAD}: restore it with the "
            "version that made it, then upgrade"
        )
    return backup


async def restore(backup: Backup, url: URL, key: bytes, data_dir: Path) -> None:
    """Put `secret.key` and the store back where neither is, and prove the store. Raises StoreUnavailable."""
    file = backup.folder / dump_name(url)
    if not await asyncio.to_thread(file.exists):
        raise StoreUnavailable(
            f"{file} is not in the backup: it was made of a store of another kind. Restore it into one of that kind, "
            "then move it with `mailwarden db copy`"
        )
    is_new = await asyncio.to_thread(put_secret, data_dir, backup.secret)
    try:
        await load(url, key, file, backup.proof)
    except BaseException:
        if is_new:  # the secret of a backup that isn't what it says must not come into use
            await asyncio.to_thread(remove_secret, data_dir)
        raise


def _plain_files(folder: Path) -> set[str]:
    """Return the files of a folder by their names in it. Raises ValueError where something else stands there.

    A link leads elsewhere, and a pipe or a device never ends.
    """
    found = {
        str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    if odd := sorted(name for name, path in found.items() if path.is_symlink() or not path.is_file()):
        raise ValueError(f"{', '.join(odd)}: neither a file nor a folder")
    return set(found)


def _check_names(found: Collection[str], named: Collection[str]) -> None:
    """Raise ValueError where a manifest names other files than stand in the folder.

    SQLite would read a journal that lies beside the store.
    """
    if missing := sorted({*named, NAME} - {*found}):
        raise ValueError(f"{', '.join(missing)} is missing")
    if strange := sorted({*found} - {*named, MANIFEST}):
        raise ValueError(f"{', '.join(strange)} is not of the backup (by {MANIFEST}): move it away")


def _folder_beside(folder: Path) -> Path:
    """Make a private folder beside the place of the backup."""
    if folder.exists():
        raise StoreUnavailable(f"{folder} is there already, and nothing is written over it: name a new folder")
    try:
        return Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    except OSError as error:
        raise StoreUnavailable(f"{folder} can't be made: {error.strerror}") from error


def _finish(aside: Path, files: Mapping[str, Path], folder: Path, manifest: Mapping[str, Any]) -> None:
    """Copy the key files, write the manifest, sync all to the disk, and give the folder its name."""
    try:
        for name, file in files.items():
            (aside / name).parent.mkdir(mode=0o700, exist_ok=True)
            (aside / name).touch(sqlite.FILE_MODE)
            (aside / name).write_bytes(file.read_bytes())
        copied = sorted(path for path in aside.rglob("*") if path.is_file())
        sums = {str(path.relative_to(aside)): _sha256(path) for path in copied}
        kept = {name: str(file) for name, file in files.items()}
        (aside / MANIFEST).touch(sqlite.FILE_MODE)
        (aside / MANIFEST).write_text(json.dumps({**manifest, "keys": kept, "sha256": sums}, indent=1) + "\n")
        for path in (*copied, aside / MANIFEST):
            _sync(path)
        sqlite.sync_folder(aside)
        aside.rename(folder)
        sqlite.sync_folder(folder.absolute().parent)
    except OSError as error:
        raise sqlite.trouble(error, f"the backup {folder}") from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
