"""Searches on an LDAP server (RFC 4511), which return the entries as the server has them, and logins there.

They block: run them in a thread. python-ldap is the extra `mailwarden[ldap]`, and is imported when it is first needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RANGE = ";range="
#: The place of the login in a template.
_LOGIN = "{login}"
#: Entries of a login that are asked for: the second one refuses it.
_SEVERAL = 2


class LdapUnavailable(ConnectionError):
    """The server is away, refuses us, or can't answer: one sentence."""


@dataclass(frozen=True, slots=True)
class LdapServer:
    """The address of the server, and our account there."""

    url: str
    starttls: bool = True
    ca_file: Path | None = None
    bind_dn: str = ""
    password_file: Path | None = None
    timeout_seconds: float = 30.0
    page_entries: int = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One entry: its name (DN), and its values by attribute in lower case. Values that are no text are left out."""

    dn: str
    values: Mapping[str, Sequence[str]]


def search(server: LdapServer, base: str, wanted: Sequence[tuple[str, Sequence[str]]]) -> list[list[Found]]:
    """Return, for each search filter with its attributes, all entries below the base. Raises LdapUnavailable."""
    ldap = _library()
    with _told(ldap, server), _connected(ldap, server) as connection:
        _bind(connection, server)
        return [list(_pages(ldap, connection, server, base, *one)) for one in wanted]


def log_in(server: LdapServer, base: str, user_dn: str, search_filter: str, login: str, password: str) -> bool:
    """Return whether the server lets the login in with this password, which isn't empty. Raises LdapUnavailable.

    `{login}` stands in the name of the login's entry, or in a search filter that must find one entry below the base.
    """
    ldap = _library()
    if not password:
        raise ValueError("a bind without a password proves nothing (RFC 4513 5.1.2)")
    with _told(ldap, server), _connected(ldap, server) as connection:
        dn = user_dn.replace(_LOGIN, ldap.dn.escape_dn_chars(login))
        if search_filter:
            _bind(connection, server)
            wanted = search_filter.replace(_LOGIN, ldap.filter.escape_filter_chars(login))
            try:
                rows = connection.search_ext_s(base, ldap.SCOPE_SUBTREE, wanted, ["1.1"], sizelimit=_SEVERAL)
            except ldap.SIZELIMIT_EXCEEDED:
                return False
            found = [name for name, _ in rows if name]
            if len(found) != 1:
                return False
            dn = found[0]
        return _lets_in(ldap, connection, dn, password)


def _lets_in(ldap: Any, connection: Any, dn: str, password: str) -> bool:
    """Bind as the entry. An entry that is missing, locked or has no password is refused like a wrong password."""
    try:
        connection.simple_bind_s(dn, password)
    except (
        ldap.INVALID_CREDENTIALS,
        ldap.INAPPROPRIATE_AUTH,
        ldap.NO_SUCH_OBJECT,
        ldap.INVALID_DN_SYNTAX,
        ldap.CONSTRAINT_VIOLATION,
        ldap.UNWILLING_TO_PERFORM,
    ):
        return False
    return True


def _library() -> Any:
    """Return the library with its parts. Raises LdapUnavailable."""
    try:
        for part in ("controls", "dn", "filter"):
            importlib.import_module(f"ldap.{part}")
        return importlib.import_module("ldap")
    except ImportError as error:
        raise LdapUnavailable("python-ldap isn't installed: it comes with mailwarden[ldap]") from error


@contextmanager
def _told(ldap: Any, server: LdapServer) -> Iterator[None]:
    """Raise LdapUnavailable for what the server, or the file of its password, does."""
    try:
        yield
    except ldap.LDAPError as error:
        raise LdapUnavailable(f"{server.url}: {_reason(ldap, error)}") from error
    except OSError as error:
        raise LdapUnavailable(f"{server.password_file}: {error.strerror}") from error


def _bind(connection: Any, server: LdapServer) -> None:
    """Log in with our own account."""
    password = server.password_file.read_text("utf-8").partition("\n")[0] if server.password_file else ""
    connection.simple_bind_s(server.bind_dn, password)


@contextmanager
def _connected(ldap: Any, server: LdapServer) -> Iterator[Any]:
    connection = ldap.initialize(server.url)
    connection.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, server.timeout_seconds)
    connection.set_option(ldap.OPT_TIMEOUT, server.timeout_seconds)
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    if server.ca_file:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    try:
        if server.starttls and server.url.startswith("ldap://"):
            connection.start_tls_s()
        yield connection
    finally:
        connection.unbind_s()


def _pages(
    ldap: Any, connection: Any, server: LdapServer, base: str, search_filter: str, attributes: Sequence[str]
) -> Iterator[Found]:
    """Yield the entries of a search page by page (RFC 2696)."""
    control = ldap.controls.SimplePagedResultsControl(True, size=server.page_entries, cookie="")
    while True:
        number = connection.search_ext(base, ldap.SCOPE_SUBTREE, search_filter, list(attributes), serverctrls=[control])
        _, rows, _, controls = connection.result3(number, timeout=server.timeout_seconds)
        for dn, values in rows:
            if dn:  # None: a referral
                yield Found(dn, _texts(_completed(ldap, connection, dn, values)))
        answers = [one for one in controls if one.controlType == control.controlType]
        if not answers or not answers[0].cookie:
            return
        control.cookie = answers[0].cookie


def _completed(ldap: Any, connection: Any, dn: str, values: Mapping[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Return all values of each attribute.

    Active Directory gives 1,500 values at a time, as `member;range=0-1499`; the others are asked for.
    """
    whole = {name: found for name, found in values.items() if _RANGE not in name}
    for name in values.keys() - whole.keys():
        attribute, _, limits = name.partition(_RANGE)
        found = list(values[name])
        while not limits.endswith("*"):
            start = int(limits.partition("-")[2]) + 1
            rows = connection.search_ext_s(dn, ldap.SCOPE_BASE, attrlist=[f"{attribute}{_RANGE}{start}-*"])
            more = {key: some for _, got in rows for key, some in got.items() if _RANGE in key}
            if not more:
                break
            ((key, some),) = more.items()
            found, limits = found + some, key.partition(_RANGE)[2]
        whole[attribute] = found
    return whole


def _texts(values: Mapping[str, Sequence[bytes]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, several in values.items():
        for value in several:
            try:
                text = value.decode("utf-8")
            except UnicodeDecodeError:
                continue  # a picture, a certificate
            found.setdefault(name.lower(), []).append(text)
    return found


def _reason(ldap: Any, error: Exception) -> str:
    """Return the library's reason, which stands in a mapping, in one line."""
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    words = [str(told.get(key, "")).strip() for key in ("desc", "info")]
    if isinstance(error, ldap.TIMEOUT):
        words = ["no answer in time"]
    return ": ".join(filter(None, words)) or type(error).__name__
