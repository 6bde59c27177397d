"""Checks of logins across keys: a listener without a source, a source without a listener, LDAP without a directory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.auth.login_lines import read_logins
from gateway.settings.directory.ldap import LOOPBACK
from gateway.settings.directory.people import GROUP, DirectorySettings
from gateway.settings.listener import Listener
from gateway.settings.yaml.problems import ConfigurationError, nearest
from gateway.settings.yaml.yaml_reading import Reading


def check_auth(reading: Reading, sections: Mapping[str, Any], groups: Collection[str] | None) -> None:
    """Check the logins against listeners and directory, as far as these are valid; read the file of logins."""
    auth: AuthSettings | None = sections.get("auth")
    listeners: Sequence[Listener] = sections.get("listeners", ())
    if auth is None and reading.data.get("auth") is not None:
        return
    if auth is None or not auth.sources:
        for index, listener in enumerate(listeners):
            if listener.auth != "off":
                sentence = "nothing checks logins: `auth:` at the top level needs one of logins, ldap and dovecot"
                reading.complain(("listeners", index, "auth"), sentence)
    if auth is None:
        return
    if auth.sources and listeners and all(listener.auth == "off" for listener in listeners):
        sentence = "no listener takes logins: give one `auth: allowed` or `auth: required`"
        reading.complain(("auth", auth.sources[0]), sentence, key=True)
    if auth.logins:
        try:
            read_logins(auth.logins)
        except ConfigurationError as error:
            reading.problems += error.problems
    _check_ldap(reading, auth, sections.get("directory"))
    _check_groups(reading, auth, groups)


def _check_ldap(reading: Reading, auth: AuthSettings, directory: DirectorySettings | None) -> None:
    """Check that the directory has a server, and that no password goes to it in the clear."""
    if auth.ldap is None or (directory is None and reading.data.get("directory") is not None):
        return
    server = directory.ldap if directory else None
    if server is None:
        reading.complain(("auth", "ldap"), "needs the LDAP server of `directory`, and there is none", key=True)
    elif server.url.startswith("ldap://") and not server.starttls and urlsplit(server.url).hostname not in LOOPBACK:
        sentence = "passwords would be sent in the clear: give `ldap` of the directory `starttls: true` or ldaps://"
        reading.complain(("auth", "ldap"), sentence, key=True)


def _check_groups(reading: Reading, auth: AuthSettings, groups: Collection[str] | None) -> None:
    for address, senders in auth.shared_addresses.items():
        for position, sender in enumerate(senders):
            group = sender.removeprefix(GROUP)
            if groups is not None and group != sender and group not in groups:
                near = nearest(group, groups)
                at = ("auth", "shared_addresses", address, position)
                reading.complain(at, "the directory has no such group", near and f"{GROUP}{near}")
