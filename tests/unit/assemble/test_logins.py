"""The source of logins, as configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.assemble.logins import build_authenticator, build_sending_rights
from gateway.assemble.receive import build_listeners
from gateway.assemble.services import build_directory
from gateway.logins.attempts import Attempts
from gateway.services.clock import SystemClock
from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.directory.people import DirectorySettings
from gateway.settings.listener import Listener
from gateway.settings.models import Organisation, Settings

LDAP = LdapSettings(url="ldaps://ldap.example.com", base="dc=example", timeout_seconds=30)


def settings(auth: AuthSettings | None) -> Settings:
    listener = {"name": "out", "address": "127.0.0.1:2587", "direction": "outbound", "next_hop": "maildir:x"}
    return Settings(
        organisation=Organisation(name="Example Ltd", domains=("example.com",)),
        listeners=(Listener.model_validate({**listener, "trusted_networks": ("10.0.0.0/8",)}),),
        hostname="gw.example.com",
        auth=auth,
        directory=DirectorySettings(ldap=LDAP),
    )


@pytest.mark.parametrize(
    ("auth", "name"),
    [
        (AuthSettings.model_construct(logins=Path("/users.txt")), "/users.txt"),
        (AuthSettings(dovecot=Path("/run/auth")), "Dovecot at /run/auth"),
        (AuthSettings.model_validate({"ldap": {"search": "(uid={login})"}}), "ldaps://ldap.example.com"),
        (AuthSettings(), None),
        (None, None),
    ],
)
def test_there_is_one_source(auth: AuthSettings | None, name: str | None) -> None:
    """Without one nobody can log in."""
    clock = SystemClock()
    built = build_authenticator(settings(auth), Attempts(clock), clock)
    assert (built and built._source.name) == name


def test_rights_follow_directory_and_shared_addresses(tmp_path: Path) -> None:
    """They hold on each listener, whether or not it offers AUTH: a proxy may name a login."""
    given = settings(AuthSettings(shared_addresses={"sales@example.com": ("ann@example.com",)}))
    given = given.model_copy(update={"directory": DirectorySettings()})
    rights = build_sending_rights(given, build_directory(given))
    assert rights.may_send_as("ann@example.com", "sales@example.com")
    logins = build_listeners(given, build_directory(given))["out"].logins
    assert logins is not None
    assert (logins.offered, logins.check) == ("off", None)
    assert logins.may_send_as("ann@example.com", "sales@example.com")
    without = given.model_copy(update={"auth": None})
    assert build_listeners(without, build_directory(without))["out"].logins is None
