"""The gateway's secret: 32 random octets in `data_dir/secret.key`, made once, which key hashes and tokens.

Each user of the secret asks for a key by purpose, so that no two uses share one. It is never shown or logged.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path

from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.sqlite import FILE_MODE, sync_folder

NAME = "secret.key"
SECRET_BYTES = 32


def has_secret(data_dir: Path) -> bool:
    return (data_dir / NAME).exists()


def read_secret(data_dir: Path) -> bytes:
    """Return the secret, made where there is none; processes that start together agree on one.

    Raises StoreUnavailable where the file can't be read or made, is open to others, or hasn't the size written.
    """
    path = data_dir / NAME
    try:
        if not path.exists():
            _make(path, secrets.token_bytes(SECRET_BYTES))
        secret = path.read_bytes()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error
    if len(secret) != SECRET_BYTES:
        raise StoreUnavailable(f"{path} has {len(secret)} octets, not {SECRET_BYTES}: restore it from the backup")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreUnavailable(f"{path} is open to others (mode {mode:04o}): chmod 600 {path}")
    return secret


def key_for(secret: bytes, purpose: str) -> bytes:
    """Return a key for one purpose alone (`correspondents`): it tells nothing of the secret or of other keys."""
    return hmac.digest(secret, purpose.encode("ascii"), "sha256")


def put_secret(data_dir: Path, secret: bytes) -> bool:
    """Put a secret from a backup into its place; return whether there was none.

    Raises StoreUnavailable where another one is there.
    """
    path = data_dir / NAME
    try:
        data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        is_new = not path.exists()
        if is_new:
            _make(path, secret)
        is_same = path.read_bytes() == secret
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error
    if not is_same:
        raise StoreUnavailable(f"{path} is there already, with another secret, and nothing is written over it")
    return is_new


def remove_secret(data_dir: Path) -> None:
    """Remove the secret, where another process hasn't done so already."""
    (data_dir / NAME).unlink(missing_ok=True)


def _make(path: Path, secret: bytes) -> None:
    """Make the file, written aside and linked: under its name it is whole, and the first one stays.

    Root makes it for the owner of the folder, who reads it.
    """
    aside = path.with_name(f".{NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        os.write(handle, secret)
        os.fsync(handle)
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(handle, folder.st_uid, folder.st_gid)
    finally:
        os.close(handle)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        aside.unlink()
    sync_folder(path.parent)
