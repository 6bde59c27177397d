"""New files with mail in them: readable by their owner alone, and never in place of an existing file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.cli.options import UNUSABLE, fail


def write_new(path: Path, content: bytes) -> None:
    """Write a file that isn't there yet, to the disk. Raises FileExistsError for a file or a link, other OSErrors."""
    with _made(path) as file:
        _fill(file, content)


@contextmanager
def reserved(path: Path, option: str) -> Iterator[Callable[[bytes], None]]:
    """Make a file before anybody is asked for its content, and yield the function that writes the content into it.

    Exit with a sentence about the option where it can't be made or written. A file without its content is removed.
    """
    try:
        file = _made(path)
    except FileExistsError:
        fail(f"{option}: {path} is there already, and nothing is written over it", UNUSABLE)
    except OSError as error:
        fail(f"{option} {path}: {error.strerror}", UNUSABLE)

    def write(content: bytes) -> None:
        try:
            _fill(file, content)
        except OSError as error:
            fail(f"{option} {path}: {error.strerror}", UNUSABLE)

    with file:
        try:
            yield write
        except BaseException:
            path.unlink()
            raise


def _made(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return open(descriptor, "wb")


def _fill(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
