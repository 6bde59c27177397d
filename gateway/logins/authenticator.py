"""The authenticator of clients: asks the source of logins, within a time limit and under the brake on guessing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from gateway.contract import Clock
from gateway.logins.attempts import Attempts
from gateway.logins.trouble import LoginBlocked, LoginsUnavailable

log = structlog.get_logger("logins")


class LoginSource(Protocol):
    """A place where logins are checked."""

    @property
    def name(self) -> str:
        """The source in the log and in `status`."""

    async def verify(self, login: str, password: str, client: str) -> str | None:
        """Return the login in the source's own spelling; None where login and password don't belong together.

        Neither is empty. `client` is the IP address. Raises LoginsUnavailable.
        """


class Authenticator:
    """Check of logins by one source. `receive` knows it as `LoginCheck`."""

    def __init__(
        self,
        source: LoginSource,
        attempts: Attempts,
        clock: Clock,
        timeout_seconds: float,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._attempts = attempts
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._wait = wait
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self.trouble = ""  # one sentence since the last check failed for no fault of the client's

    async def log_in(self, login: str, password: str, client: str) -> str | None:
        """Return the proven login, in lower case; None where login or password is wrong, after a delay.

        The delay is the same whether or not the login exists. Raises LoginsUnavailable.
        """
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                name = await self._checked(login, password, client)
        except LoginBlocked:
            raise
        except (LoginsUnavailable, TimeoutError) as error:
            why = str(error) or f"no answer within {self._timeout_seconds:g} s"
            self.trouble = f"no login can be checked ({self._source.name}: {why}): clients are told 454"
            log.error("login.unavailable", source=self._source.name, error=why)
            raise LoginsUnavailable(why) from error
        if name:
            return name
        log.warning("login.failed", client=client, login=login)
        due = began + self._attempts.delay_seconds(client, login)
        await self._wait(max(due - self._clock.monotonic(), 0.0))
        return None

    async def _checked(self, login: str, password: str, client: str) -> str | None:
        """Check the password and count the attempt, one after another for a client's login."""
        turn = self._turns.setdefault((client, login.lower()), asyncio.Lock())
        async with turn:
            if self._attempts.blocked(client, login):
                log.warning("login.blocked", client=client, login=login)
                raise LoginBlocked("too many logins have failed")
            name = None
            if login and password:
                name = await self._source.verify(login, password, client)
                self.trouble = ""
            if name:
                self._attempts.proven(client, login)
            else:
                self._attempts.failed(client, login)
            return name
