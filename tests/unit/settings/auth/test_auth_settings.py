"""The settings of logins in themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.yaml.file_search import FileSearch


def settings(folder: Path, **keys: Any) -> AuthSettings:
    return TypeAdapter(AuthSettings).validate_python(keys, context=FileSearch(folder).beside(folder, ""))


@pytest.mark.parametrize(
    ("mode", "taken"), [(0o640, True), (0o600, True), (0o644, False), (0o660, False), (0o604, False)]
)
def test_the_file_of_logins_is_closed_to_others(tmp_path: Path, mode: int, taken: bool) -> None:
    """Hashes can be guessed at by whoever reads them; whoever writes them is in."""
    file = tmp_path / "users.txt"
    file.write_text("")
    file.chmod(mode)
    if taken:
        assert settings(tmp_path, logins="users.txt").logins == file
        return
    with pytest.raises(ValidationError, match=f"is open to others \\(mode {mode:04o}\\): chmod 640"):
        settings(tmp_path, logins="users.txt")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"ldap": {}}, "one of user_dn and search is expected"),
        ({"ldap": {"user_dn": "uid={login}", "search": "(uid={login})"}}, "one of user_dn and search is expected"),
        ({"ldap": {"user_dn": "uid=ann"}}, "{login} is expected in it"),
        ({"ldap": {"user_dn": "uid={login},{domain}"}}, "no other braces"),
        ({"ldap": {"search": "uid={login}"}}, "a search filter in brackets is expected"),
        ({"ldap": {"search": "(uid=ann)"}}, "{login} is expected in it"),
        (
            {"dovecot": "/a", "ldap": {"search": "(uid={login})"}},
            "logins are checked in one place, and `ldap` is another",
        ),
        ({"shared_addresses": {"sales": ["group:sales"]}}, "an e-mail address is expected"),
        ({"shared_addresses": {"sales@example.com": ["sales"]}}, "an e-mail address is expected"),
        ({"timeout_seconds": 0}, "greater than 0"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(tmp_path, **keys)
    assert said in str(caught.value)


def test_a_source_is_optional(tmp_path: Path) -> None:
    """The rights of logins that a proxy names need none."""
    assert settings(tmp_path, shared_addresses={"sales@example.com": ("group:sales",)}).sources == ()
    assert settings(tmp_path, ldap={"search": "(uid={login})"}).sources == ("ldap",)
