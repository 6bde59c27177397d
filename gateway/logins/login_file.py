"""Logins in a file of argon2id hashes. A changed file counts from the next login on."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from argon2.exceptions import Argon2Error, VerifyMismatchError
from argon2.low_level import Type, verify_secret

from gateway.logins.trouble import LoginsUnavailable
from gateway.settings.auth.login_lines import read_logins
from gateway.settings.yaml.problems import ConfigurationError

#: Passwords that a worker checks at a time: each check takes 64 MiB and a core for a tenth of a second.
CHECKS = 2
#: Steps by which a check yields to the sessions. Four threads compute a hash: without this, ten guesses a second made
#: the sessions of two workers on two cores six times as slow; with it, twice.
NICE = 10


class LoginFile:
    """The file, which is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.checks = CHECKS
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._hashes: dict[str, str] = {}
        self._mistake = ""  # of the file as last read
        self._turn = Lock()
        # `nice` is of the calling thread alone on Linux, and inherited by the threads that it starts.
        self._threads = ThreadPoolExecutor(CHECKS, "logins", initializer=os.nice, initargs=(NICE,))

    async def verify(self, login: str, password: str, client: str) -> str | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, login.lower(), password)

    def _verify(self, login: str, password: str) -> str | None:
        """Check the password. An unknown login costs the same time: a hash of another login is checked for it."""
        hashes = self._current()
        known = hashes.get(login)
        others = list(hashes.values())
        hash = known or others[hash_place(login, len(others))]
        try:
            verify_secret(hash.encode(), password.encode(), Type.ID)
        except VerifyMismatchError:
            return None
        except Argon2Error as error:
            raise LoginsUnavailable(f"a hash can't be checked: {error}") from error
        return login if known else None

    def _current(self) -> dict[str, str]:
        """Return the hash of each login. A file is read once, right or wrong. Raises LoginsUnavailable."""
        with self._turn:
            try:
                found = self._path.stat()
                stamp = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
                if stamp != self._stamp:
                    self._hashes, self._mistake = self._read()
                    self._stamp = stamp
            except OSError as error:
                raise LoginsUnavailable(f"can't be read: {error.strerror}") from error
            if self._mistake:
                raise LoginsUnavailable(self._mistake)
            return self._hashes

    def _read(self) -> tuple[dict[str, str], str]:
        """Return the hashes, or none and the first mistake of the file. Raises OSError."""
        try:
            return read_logins(self._path), ""
        except ConfigurationError as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from error
            return {}, str(error.problems[0])


def hash_place(login: str, hashes: int) -> int:
    """Return the place of the hash that stands in for an unknown login's: always the same one in a process."""
    return hash(login) % hashes
