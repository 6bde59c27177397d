"""Logins in a file of argon2id hashes. A changed file counts from the next login on."""

from __future__ import annotations

import asyncio
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


class LoginFile:
    """The file, which is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}
        self._turn = Lock()
        self._threads = ThreadPoolExecutor(CHECKS, thread_name_prefix="logins")

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
        with self._turn:
            try:
                found = self._path.stat()
                stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
                if stamp != self._stamp:
                    self._hashes = read_logins(self._path)
                    self._stamp = stamp
            except OSError as error:
                raise LoginsUnavailable(f"can't be read: {error.strerror}") from error
            except ConfigurationError as error:
                raise LoginsUnavailable(str(error.problems[0])) from error
            return self._hashes


def hash_place(login: str, hashes: int) -> int:
    """Return the place of the hash that stands in for an unknown login's: always the same one in a process."""
    return hash(login) % hashes
