"""Logins that a real Dovecot checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.logins.dovecot import Dovecot as Logins
from gateway.logins.trouble import LoginsUnavailable
from tests.support.servers.dovecot import SERVICE, Dovecot
from tests.support.servers.postfix import needs_root

pytestmark = needs_root

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with Dovecot({"ann@example.com": "sécret word"}) as server:
        yield server


@pytest.mark.parametrize(
    ("login", "password", "found"),
    [
        ("ann@example.com", "sécret word", "ann@example.com"),
        ("Ann@Example.com", "sécret word", "ann@example.com"),
        ("ann@example.com", "wrong", None),
        ("nobody@example.com", "sécret word", None),
        ("ann@example.com\t", "sécret word", None),
    ],
)
async def test_dovecot_checks_logins(server: Dovecot, login: str, password: str, found: str | None) -> None:
    """It answers with its own spelling of the login."""
    assert await Logins(server.socket).verify(login, password, "192.0.2.1") == found


async def test_its_greeting_is_understood(server: Dovecot) -> None:
    """As `check --live` asks."""
    await Logins(server.socket).check()


async def test_another_of_its_sockets_is_trouble(server: Dovecot) -> None:
    """An administrator may name the wrong one."""
    with pytest.raises((LoginsUnavailable, OSError)):
        await Logins(server.folder / "login").verify("ann@example.com", "sécret word", "")


def test_the_document_has_the_tested_lines() -> None:
    """docs/logins.md."""
    assert f"\n{SERVICE}```" in (PROJECT / "docs/logins.md").read_text("utf-8")
