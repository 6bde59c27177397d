"""The interface of whatever checks a login, and the trouble that it may have."""

from __future__ import annotations

from typing import Protocol


class LoginsUnavailable(ConnectionError):
    """No login can be checked now: one sentence. A retry may help."""


class LoginBlocked(LoginsUnavailable):
    """Too many logins have failed: this one is refused, whatever its password is."""


class LoginSource(Protocol):
    """A place where logins are checked."""

    @property
    def name(self) -> str:
        """The source in the log and in `status`."""

    async def verify(self, login: str, password: str, client: str) -> str | None:
        """Return the login in the source's own spelling; None where login and password don't belong together.

        Neither is empty. `client` is the IP address. Raises LoginsUnavailable.
        """
