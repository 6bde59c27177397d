"""Delivery into a maildir: the octets unchanged, on disk under their name before the reply is sent.

The steps are: `tmp/`, fsync, `new/`, fsync of the folder. No line is added, not even Return-Path.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.smtp.reply import Reply

STORED = Reply(250, "2.0.0", "Delivered to the maildir")
NO_ROOM = Reply(452, "4.3.1", "There is no room left for the message; please try again later")
NOT_STORED = Reply(451, "4.3.0", "The message can't be stored now; please try again later")

_counter = itertools.count()


def refusal(error: OSError) -> Reply:
    """Return the sender's reply, which is always temporary: the administrator can cure every such error."""
    return NO_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else NOT_STORED


def store(path: Path, chunks: Sequence[bytes]) -> None:
    """Write one message. Blocking: called in a thread. Raises OSError; whatever is in `new/` then is complete."""
    for name in ("tmp", "new", "cur"):
        _make_folder(path / name)
    name = unique_name()
    temporary = path / "tmp" / name
    try:
        _write(temporary, chunks)
        temporary.rename(path / "new" / name)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path / "new")


def unique_name() -> str:
    """Return a name that no other process, host or moment gives (the maildir convention: time, unique part, host)."""
    now = time.time_ns()
    unique = f"M{now // 1000 % 1_000_000:06}P{os.getpid()}Q{next(_counter)}R{os.urandom(4).hex()}"
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())
    return f"{now // 1_000_000_000}.{unique}.{host}"


def _write(path: Path, chunks: Sequence[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(path: Path) -> None:
    """Make a folder and its parents, each for the owner alone and on disk before it is used."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        _make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
