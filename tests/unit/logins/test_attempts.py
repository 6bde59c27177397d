"""The brake on guessing: delays, blocks, and what they must not do to anybody else."""

from __future__ import annotations

import pytest

from gateway.logins import attempts as module
from gateway.logins.attempts import (
    FIRST_DELAY_SECONDS,
    FORGET_SECONDS,
    MOST_DELAY_SECONDS,
    MOST_OF_CLIENT,
    MOST_OF_LOGIN,
    MOST_OF_PAIR,
    Attempts,
)
from tests.unit.logins.conftest import MovingClock

HOST, LOGIN = "192.0.2.1", "ann@example.com"


def fail(attempts: Attempts, times: int, client: str = HOST, login: str = LOGIN) -> None:
    for _ in range(times):
        attempts.failed(client, login)


def test_a_client_is_blocked_from_a_login(clock: MovingClock) -> None:
    """Others may log in as this person, and the client as others; letter case makes no other login."""
    attempts = Attempts(clock)
    fail(attempts, MOST_OF_PAIR - 1)
    assert not attempts.blocked(HOST, LOGIN)
    fail(attempts, 1)
    assert attempts.blocked(HOST, LOGIN.upper())
    assert not attempts.blocked("192.0.2.2", LOGIN)
    assert not attempts.blocked(HOST, "bob@example.com")


def test_a_client_is_blocked_from_all_logins(clock: MovingClock) -> None:
    """It may try one password on many logins."""
    attempts = Attempts(clock)
    for number in range(MOST_OF_CLIENT):
        assert not attempts.blocked(HOST, "bob@example.com")
        fail(attempts, 1, login=f"{number}@example.com")
    assert attempts.blocked(HOST, "bob@example.com")
    assert not attempts.blocked("192.0.2.2", "bob@example.com")


def test_a_login_that_many_guess_is_open_to_its_own_clients(clock: MovingClock) -> None:
    """Strangers lock nobody out who has logged in from there before."""
    attempts = Attempts(clock)
    attempts.proven("198.51.100.1", LOGIN)
    for number in range(MOST_OF_LOGIN):
        assert not attempts.blocked("192.0.2.200", LOGIN)
        fail(attempts, 1, client=f"203.0.113.{number}")
    assert attempts.blocked("192.0.2.200", LOGIN)
    assert not attempts.blocked("198.51.100.1", LOGIN)


def test_a_proven_login_forgets_its_own_failures_alone(clock: MovingClock) -> None:
    """An account of one's own is no licence to guess others'."""
    attempts = Attempts(clock)
    fail(attempts, MOST_OF_PAIR)
    fail(attempts, MOST_OF_CLIENT - MOST_OF_PAIR, login="bob@example.com")
    attempts.proven(HOST, LOGIN)
    assert attempts.blocked(HOST, "carl@example.com")
    clock.seconds += FORGET_SECONDS
    assert not attempts.blocked(HOST, "carl@example.com")


def test_others_behind_one_address_lock_out_nobody_who_logs_in_there(clock: MovingClock) -> None:
    """A person keeps their own few attempts, however often others of the same network fail."""
    attempts = Attempts(clock)
    attempts.proven(HOST, LOGIN)
    for number in range(MOST_OF_CLIENT):
        fail(attempts, 1, login=f"{number}@example.com")
    assert not attempts.blocked(HOST, LOGIN)
    fail(attempts, MOST_OF_PAIR)
    assert attempts.blocked(HOST, LOGIN)


@pytest.mark.parametrize(
    "spelling",
    [
        "ANN@example.com",
        " ann@example.com",
        "ann@example.com  ",
        "a nn@example.com",
        "\uff41nn@example.com",
        "änn@example.com",
    ],
)
def test_a_spelling_that_a_server_may_fold_is_the_same_login(clock: MovingClock, spelling: str) -> None:
    """LDAP leaves out blanks and folds letters (RFC 4518 2); Active Directory leaves out accents."""
    attempts = Attempts(clock)
    fail(attempts, MOST_OF_PAIR)
    assert attempts.blocked(HOST, spelling)


def test_a_client_that_hangs_up_has_made_an_attempt(clock: MovingClock) -> None:
    """It counts for the client alone: the person isn't locked out."""
    attempts = Attempts(clock)
    for _ in range(MOST_OF_CLIENT):
        assert not attempts.blocked(HOST, LOGIN)
        attempts.given_up(HOST)
    assert attempts.blocked(HOST, LOGIN)
    assert not attempts.blocked("192.0.2.2", LOGIN)


def test_strangers_push_no_proven_client_out(clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up names have a memory of their own."""
    monkeypatch.setattr(module, "MOST_REMEMBERED", 50)
    attempts = Attempts(clock)
    attempts.proven("198.51.100.1", LOGIN)
    for number in range(MOST_OF_LOGIN):
        fail(attempts, 1, client=f"203.0.113.{number}")
    assert attempts.blocked("192.0.2.1", LOGIN)
    assert not attempts.blocked("198.51.100.1", LOGIN)
    for number in range(100):
        attempts.proven(f"203.0.113.{number}", "bob")
    assert len(attempts._proven) == 50


def test_a_block_ends(clock: MovingClock) -> None:
    attempts = Attempts(clock)
    fail(attempts, MOST_OF_PAIR)
    clock.seconds += FORGET_SECONDS - 1
    assert attempts.blocked(HOST, LOGIN)
    clock.seconds += 1
    assert not attempts.blocked(HOST, LOGIN)
    fail(attempts, 1)
    assert not attempts.blocked(HOST, LOGIN)


def test_each_failure_doubles_the_delay(clock: MovingClock) -> None:
    """Whatever login the client tries next."""
    attempts = Attempts(clock)
    delays = []
    for number in range(5):
        fail(attempts, 1, login=f"{number}@example.com")
        delays.append(attempts.delay_seconds(HOST, f"{number}@example.com"))
    assert delays == [FIRST_DELAY_SECONDS, 4.0, 8.0, MOST_DELAY_SECONDS, MOST_DELAY_SECONDS]
    assert attempts.delay_seconds("192.0.2.2", LOGIN) <= FIRST_DELAY_SECONDS


@pytest.mark.parametrize(("other", "blocked"), [("2001:db8::2", True), ("2001:db8:0:1::1", False)])
def test_the_addresses_of_an_ipv6_network_are_one_client(clock: MovingClock, other: str, blocked: bool) -> None:
    """A /64 is one customer's."""
    attempts = Attempts(clock)
    fail(attempts, MOST_OF_PAIR, client="2001:db8::1")
    assert attempts.blocked(other, LOGIN) == blocked


def test_memory_is_bounded(clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that a client makes up push out one another, and not the client's own count."""
    monkeypatch.setattr(module, "MOST_REMEMBERED", 50)
    attempts = Attempts(clock)
    for number in range(200):
        fail(attempts, 1, login=f"{number}@example.com")
        assert len(attempts._counts) <= 50
    assert attempts.blocked(HOST, "new@example.com")
