"""The authenticator of clients: asks the source of logins, within a time limit and under the brake on guessing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from gateway.contract import Clock
from gateway.logins.attempts import Attempts, Key
from gateway.logins.trouble import LoginBlocked, LoginsUnavailable

log = structlog.get_logger("logins")


class LoginSource(Protocol):
    """A place where logins are checked."""

    @property
    def name(self) -> str:
        """The source in the log and in `status`."""

    @property
    def checks(self) -> int:
        """The most checks at a time, two or more."""

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
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._known_clients = asyncio.Semaphore(source.checks)
        self._strangers = asyncio.Semaphore(source.checks - 1)  # a flood of theirs leaves one to known clients
        self.trouble = ""  # one sentence since the last check failed for no fault of the client's

    async def log_in(self, login: str, password: str, client: str) -> str | None:
        """Return the proven login, in lower case; None where login or password is wrong, after a delay.

        The answer comes at a whole number of delays: its time says nothing about the login. Raises LoginsUnavailable.
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
        except asyncio.CancelledError:  # the client has hung up, and what its check cost is spent
            self._attempts.given_up(client)
            raise
        if name:
            return name
        log.warning("login.failed", client=client, login=login)
        delay = self._attempts.delay_seconds(client, login)
        await self._wait(delay - (self._clock.monotonic() - began) % delay)
        return None

    async def _checked(self, login: str, password: str, client: str) -> str | None:
        """Check the password and count the attempt, one after another for a client or its proven login."""
        turn = self._turns.setdefault(self._attempts.turn(client, login), asyncio.Lock())
        place = self._known_clients if self._attempts.is_proven(client, login) else self._strangers
        async with turn:
            if self._attempts.blocked(client, login):
                log.warning("login.blocked", client=client, login=login)
                raise LoginBlocked("too many logins have failed")
            name = None
            if login and password:
                async with place:
                    name = await self._source.verify(login, password, client)
                self.trouble = ""
            if name:
                self._attempts.proven(client, login)
            else:
                self._attempts.failed(client, login)
            return name
