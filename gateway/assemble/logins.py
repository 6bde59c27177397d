"""The logins of clients: the place that checks them, and the addresses that each may send from."""

from __future__ import annotations

from dataclasses import replace

from gateway.contract import Clock
from gateway.directory.lookup import KnownDirectory
from gateway.directory.sending_rights import SendingRights
from gateway.directory.sources import ldap_server
from gateway.logins.attempts import Attempts
from gateway.logins.authenticator import Authenticator, LoginSource
from gateway.logins.dovecot import Dovecot
from gateway.logins.ldap_logins import LdapLogins
from gateway.logins.login_file import LoginFile
from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.models import Settings


def build_sending_rights(settings: Settings, directory: KnownDirectory) -> SendingRights:
    return SendingRights(directory, settings.auth.shared_addresses if settings.auth else {})


def build_authenticator(settings: Settings, attempts: Attempts, clock: Clock) -> Authenticator | None:
    """Build the authenticator of clients; None where no logins are checked. A reload keeps the attempts."""
    source = _source(settings.auth, settings.directory.ldap) if settings.auth else None
    if settings.auth is None or source is None:
        return None
    return Authenticator(source, attempts, clock, settings.auth.timeout_seconds)


def _source(auth: AuthSettings, ldap: LdapSettings | None) -> LoginSource | None:
    if auth.logins:
        return LoginFile(auth.logins)
    if auth.dovecot:
        return Dovecot(auth.dovecot)
    if auth.ldap and ldap:
        server = replace(ldap_server(ldap), timeout_seconds=min(ldap.timeout_seconds, auth.timeout_seconds))
        return LdapLogins(server, ldap.base, auth.ldap.user_dn, auth.ldap.search)
    return None
