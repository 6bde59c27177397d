"""The authenticator: the same answer in the same time for every wrong login, and no answer where none can be had."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from gateway.logins.attempts import FIRST_DELAY_SECONDS, MOST_OF_CLIENT, MOST_OF_PAIR, Attempts
from gateway.logins.authenticator import Authenticator
from gateway.logins.trouble import LoginBlocked, LoginsUnavailable
from tests.unit.logins.conftest import MovingClock

HOST = "192.0.2.1"


@dataclass
class Source:
    """Knows ann; each check takes `seconds` of the clock, or raises `trouble`, or waits for `go`."""

    clock: MovingClock
    seconds: dict[str, float] = field(default_factory=dict)
    trouble: Exception | None = None
    go: asyncio.Event | None = None
    asked: int = 0
    name: str = "the source"
    checks: int = 2

    async def verify(self, login: str, password: str, client: str) -> str | None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.go and (login, password) != ("ann", "secret"):
            await self.go.wait()
        self.clock.seconds += self.seconds.get(login, 0.0)
        if self.trouble:
            raise self.trouble
        return login.lower() if (login.lower(), password) == ("ann", "secret") else None


def built(source: Source, timeout_seconds: float = 60.0) -> Authenticator:
    clock = source.clock
    return Authenticator(source, Attempts(clock), clock, timeout_seconds, clock.wait)


async def test_a_right_password_is_answered_at_once(clock: MovingClock) -> None:
    authenticator = built(Source(clock))
    assert await authenticator.log_in("Ann", "secret", HOST) == "ann"
    assert clock.seconds == 1000


async def test_every_wrong_login_is_answered_at_the_same_time(clock: MovingClock) -> None:
    """However long its check took: nobody learns which logins exist."""
    source = Source(clock, {"ann": 0.1, "nobody": 0.001})
    times = []
    for client, login in (("192.0.2.1", "ann"), ("192.0.2.2", "nobody"), ("192.0.2.3", "")):
        began = clock.seconds
        assert await built(source).log_in(login, "wrong", client) is None
        times.append(round(clock.seconds - began, 6))
    assert times == [FIRST_DELAY_SECONDS] * 3


@pytest.mark.parametrize(("login", "password"), [("ann", ""), ("", "secret"), ("", "")])
async def test_an_empty_login_or_password_is_wrong(clock: MovingClock, login: str, password: str) -> None:
    """No source is asked: a bind without a password would succeed (RFC 4513 5.1.2)."""
    source = Source(clock)
    assert await built(source).log_in(login, password, HOST) is None
    assert source.asked == 0


async def test_guesses_at_the_same_time_are_counted_one_by_one(clock: MovingClock) -> None:
    """Many connections gain no more guesses than one."""
    source = Source(clock)
    authenticator = built(source)
    guesses = [authenticator.log_in("ann", f"guess {n}", HOST) for n in range(20)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert outcomes.count(None) == MOST_OF_PAIR
    assert sum(isinstance(one, LoginBlocked) for one in outcomes) == 20 - MOST_OF_PAIR
    assert source.asked == MOST_OF_PAIR
    with pytest.raises(LoginBlocked):
        await authenticator.log_in("ann", "secret", HOST)
    assert await authenticator.log_in("ann", "secret", "192.0.2.9") == "ann"


async def test_trouble_is_told_and_counts_for_nothing(clock: MovingClock) -> None:
    """The client isn't blocked for it; `status` shows it until a check works."""
    source = Source(clock, trouble=LoginsUnavailable("it is away"))
    authenticator = built(source)
    with capture_logs() as logs:
        for _ in range(MOST_OF_PAIR + 1):
            with pytest.raises(LoginsUnavailable):
                await authenticator.log_in("ann", "secret", HOST)
    assert {line["event"] for line in logs} == {"login.unavailable"}
    assert "the source: it is away" in authenticator.trouble
    source.trouble = None
    assert await authenticator.log_in("ann", "secret", HOST) == "ann"
    assert authenticator.trouble == ""


async def test_a_source_that_hangs_has_a_time_limit(clock: MovingClock) -> None:
    authenticator = built(Source(clock, go=asyncio.Event()), timeout_seconds=0.01)
    with pytest.raises(LoginsUnavailable, match=r"no answer within 0\.01 s"):
        await authenticator.log_in("ann", "wrong", HOST)


async def test_a_slow_check_shows_in_no_answer(clock: MovingClock) -> None:
    """Under load a check may take longer than the delay: the answer then comes at a whole number of delays."""
    source = Source(clock, {"ann": FIRST_DELAY_SECONDS + 0.3, "bob": FIRST_DELAY_SECONDS + 1.2})
    times = []
    for client, login in (("192.0.2.1", "ann"), ("192.0.2.2", "bob")):
        began = clock.seconds
        assert await built(source).log_in(login, "wrong", client) is None
        times.append(round(clock.seconds - began, 6))
    assert times == [2 * FIRST_DELAY_SECONDS] * 2


async def test_guesses_of_many_logins_at_the_same_time_are_counted_one_by_one(clock: MovingClock) -> None:
    """One client's, from any address of its IPv6 network."""
    source = Source(clock)
    authenticator = built(source)
    guesses = [authenticator.log_in(f"login{n}", "guess", f"2001:db8::{n}") for n in range(MOST_OF_CLIENT + 10)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, LoginBlocked) for one in outcomes) == 10
    assert source.asked == MOST_OF_CLIENT


async def test_a_client_that_hangs_up_is_blocked_too(clock: MovingClock) -> None:
    """A check costs the same whether or not the client waits for its answer."""
    source = Source(clock, go=asyncio.Event())
    authenticator = built(source)
    for _ in range(MOST_OF_CLIENT):
        guess = asyncio.ensure_future(authenticator.log_in("ann", "guess", HOST))
        await asyncio.sleep(0)
        guess.cancel()
        with pytest.raises(asyncio.CancelledError):
            await guess
    with pytest.raises(LoginBlocked):
        await authenticator.log_in("bob", "guess", HOST)
    assert source.asked == MOST_OF_CLIENT
    assert await authenticator.log_in("ann", "secret", "192.0.2.9") == "ann"


async def test_a_flood_of_strangers_leaves_room_for_known_clients(clock: MovingClock) -> None:
    """One check is kept for clients that have proven their login before."""
    source = Source(clock)
    authenticator = built(source)
    assert await authenticator.log_in("ann", "secret", HOST) == "ann"
    source.go = asyncio.Event()
    flood = [asyncio.ensure_future(authenticator.log_in("eve", "guess", f"198.51.100.{n}")) for n in range(50)]
    await asyncio.sleep(0)
    assert source.asked == 2  # one of the strangers
    assert await authenticator.log_in("ann", "secret", HOST) == "ann"
    source.go.set()
    assert await asyncio.gather(*flood) == [None] * 50


async def test_failures_are_logged_without_the_password(clock: MovingClock) -> None:
    with capture_logs() as logs:
        await built(Source(clock)).log_in("ann", "my-guess", HOST)
    assert logs == [{"event": "login.failed", "log_level": "warning", "client": HOST, "login": "ann"}]
