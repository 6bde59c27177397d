"""The lock on data_dir: one gateway at a time works on it, or a command that must be alone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

#: The file that is locked; it is empty, and stays.
LOCK_NAME = "gateway.lock"


class FolderInUse(RuntimeError):
    """A folder that a gateway, or another command that must be alone, works on."""


def lock_folder(data_dir: Path) -> IO[str]:
    """Return a lock that ends with this process, or when it is closed. Raises FolderInUse and OSError.

    Root makes the file for the owner of the folder, whose gateway opens it.
    """
    descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    lock = os.fdopen(descriptor, "w")
    try:
        if os.geteuid() == 0:
            folder = data_dir.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise FolderInUse(str(data_dir)) from error
    return lock
