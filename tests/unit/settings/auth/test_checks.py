"""Logins beside listeners and the directory, as `check` reads them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings.loading import load
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.servers.receiver import self_signed
from tests.unit.settings.auth.test_login_lines import HASH


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with a certificate."""
    folder = tmp_path_factory.mktemp("tls")
    self_signed(folder)
    return folder


def problems(folder: Path, tls: Path, listener: str, more: str) -> str:
    """Return what is wrong, or ""."""
    certificate = f"certificate: {tls}/certificate.pem, key: {tls}/key.pem"
    (folder / "users.txt").write_text(f"ann@example.com:{HASH}\n")
    (folder / "users.txt").chmod(0o640)
    (folder / "gateway.yaml").write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        "listeners:\n"
        f"  - {{name: out, address: '127.0.0.1:2587', next_hop: 'maildir:x', {listener.format(tls=certificate)}}}\n"
        f"{more}"
    )
    try:
        load(folder / "gateway.yaml", {})
    except ConfigurationError as error:
        return str(error)
    return ""


OUTBOUND = "direction: outbound, auth: required, {tls}"
NETWORK = "direction: outbound, trusted_networks: [10.0.0.0/8]"
LDAP = "directory: {ldap: {url: '%s', starttls: %s, base: 'dc=x'}}\nauth: {ldap: {search: '(uid={login})'}}\n"


@pytest.mark.parametrize(
    ("listener", "more"),
    [
        (OUTBOUND, "auth: {logins: users.txt}\n"),
        ("direction: auto, auth: allowed, implicit_tls: true, {tls}", "auth: {dovecot: /run/dovecot/auth-client}\n"),
        (OUTBOUND, LDAP % ("ldap://ldap.example.com", "true")),
        (OUTBOUND, LDAP % ("ldap://127.0.0.1", "false")),
        (NETWORK, "auth: {shared_addresses: {sales@example.com: [ann@example.com]}}\n"),
    ],
)
def test_a_right_configuration_is_taken(tmp_path: Path, tls: Path, listener: str, more: str) -> None:
    """An outbound listener with logins needs no network."""
    assert problems(tmp_path, tls, listener, more) == ""


@pytest.mark.parametrize(
    ("listener", "more", "said"),
    [
        (OUTBOUND, "", "listeners[0].auth: nothing checks logins: `auth:` at the top level needs one of logins"),
        (OUTBOUND, "auth: {check_from: false}\n", "listeners[0].auth: nothing checks logins"),
        (NETWORK, "auth: {logins: users.txt}\n", "auth.logins: no listener takes logins: give one `auth: allowed`"),
        (OUTBOUND, "auth: {ldap: {search: '(uid={login})'}}\n", "auth.ldap: needs the LDAP server of `directory`"),
        (OUTBOUND, LDAP % ("ldap://ldap.example.com", "false"), "auth.ldap: passwords would be sent in the clear"),
        ("direction: outbound, auth: required", "auth: {logins: users.txt}\n", "the listener needs a certificate"),
        ("direction: inbound, auth: allowed, {tls}", "auth: {logins: users.txt}\n", "an inbound listener takes mail"),
        ("direction: auto, auth: required, {tls}", "auth: {logins: users.txt}\n", "senders from outside have no login"),
        ("direction: auto, implicit_tls: true", "", "implicit_tls: TLS needs a certificate"),
        (
            OUTBOUND,
            "directory: {groups: {sales: [ann@example.com]}}\n"
            "auth: {logins: users.txt, shared_addresses: {sales@example.com: ['group:sale']}}\n",
            "the directory has no such group (did you mean group:sales?)",
        ),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, tls: Path, listener: str, more: str, said: str) -> None:
    assert said in problems(tmp_path, tls, listener, more)


def test_each_wrong_line_of_the_file_is_told(tmp_path: Path, tls: Path) -> None:
    """With the file's own name and line, beside other mistakes."""
    file = tmp_path / "logins"
    file.write_text("ann:x\nbob:y\n")
    file.chmod(0o600)
    said = problems(tmp_path, tls, OUTBOUND, "auth: {logins: logins}\nworkers: 0\n")
    assert "logins:1: only hashes" in said
    assert "logins:2: only hashes" in said
    assert "workers" in said
