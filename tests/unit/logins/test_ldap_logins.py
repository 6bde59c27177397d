"""Logins by an LDAP bind, as far as no server is needed: tests/integration/test_ldap.py has a real one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.directory.ldap import LdapServer, LdapUnavailable
from gateway.logins import ldap_logins as module
from gateway.logins.ldap_logins import LdapLogins
from gateway.logins.trouble import LoginsUnavailable

SERVER = LdapServer("ldap://ldap.example.com", password_file=Path("/none"))


@pytest.mark.parametrize(("answer", "found"), [(True, "ann"), (False, None)])
async def test_the_bind_runs_in_a_thread(monkeypatch: pytest.MonkeyPatch, answer: bool, found: str | None) -> None:
    """With the template, the login and the password as they are."""
    calls: list[object] = []

    def log_in(*arguments: object) -> bool:
        calls.append((arguments, threading.current_thread() is threading.main_thread()))
        return answer

    monkeypatch.setattr(module, "log_in", log_in)
    logins = LdapLogins(SERVER, "dc=example", "uid={login}", "")
    assert await logins.verify("Ann", "secret", "192.0.2.1") == found
    assert calls == [((SERVER, "dc=example", "uid={login}", "", "Ann", "secret"), False)]


@pytest.mark.parametrize(
    ("login", "found"), [(" ann ", "ann"), ("\uff21nn", "ann"), ("ann  archer", "ann archer"), (" ", None)]
)
async def test_a_login_has_one_spelling(monkeypatch: pytest.MonkeyPatch, login: str, found: str | None) -> None:
    """The server lets in by any that it folds to the same (RFC 4518 2): the log and the rights know one person."""
    asked: list[object] = []

    def log_in(*arguments: object) -> bool:
        asked.append(arguments[4])
        return True

    monkeypatch.setattr(module, "log_in", log_in)
    assert await LdapLogins(SERVER, "dc=example", "uid={login}", "").verify(login, "secret", "192.0.2.1") == found
    assert [str(one).lower() for one in asked] == ([found] if found else [])


async def test_a_server_that_is_away_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def log_in(*_: object) -> bool:
        raise LdapUnavailable("it is away")

    monkeypatch.setattr(module, "log_in", log_in)
    with pytest.raises(LoginsUnavailable, match="it is away"):
        await LdapLogins(SERVER, "dc=example", "uid={login}", "").verify("ann", "secret", "192.0.2.1")
