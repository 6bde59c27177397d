"""Settings of clients' logins: a file of hashes, an LDAP server, or Dovecot. This module asks none of them."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, model_validator

from gateway.settings.directory.ldap import Search
from gateway.settings.directory.people import Writer
from gateway.settings.files import FolderPath, named_file
from gateway.settings.yaml.problems import shown, shown_file
from gateway.settings.yaml.values import Line, MailAddress, Seconds, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel

#: The place of the login in a template.
LOGIN = "{login}"

_OTHERS = stat.S_IWGRP | stat.S_IRWXO


def login_file(value: Any, info: ValidationInfo) -> Path:
    """Return the path of a file that is closed to others than its owner and group. Raises ValueError."""
    path = named_file(value, info)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise ValueError(f"{shown_file(path)} is open to others (mode {mode:04o}): chmod 640 {path}")
    return path


def _template(value: str) -> str:
    if value.replace(LOGIN, "").count("{") or value.replace(LOGIN, "").count("}") or LOGIN not in value:
        raise ValueError(f"{LOGIN} is expected in it once or more, and no other braces, not {shown(value)}")
    return value


class LdapLogins(YamlModel):
    """Logins that the LDAP server of the directory checks, by a bind: one of both keys (docs/logins.md)."""

    user_dn: Annotated[Line, AfterValidator(_template), Words("text with `{login}`")] = Field(
        default="",
        description="Name (DN) of a login's entry: `uid={login},ou=people,dc=example,dc=com`. Active Directory also "
        "takes `{login}@example.com`.",
    )
    search: Annotated[Search, AfterValidator(_template), Words("a search filter with `{login}`")] = Field(
        default="", description="Filter for a login's entry, below `base` of the directory: `(uid={login})`."
    )

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if bool(self.user_dn) == bool(self.search):
            raise WrongKey("search" if self.search else "user_dn", "one of user_dn and search is expected")
        return self


class AuthSettings(YamlModel):
    """Logins of clients (AUTH), which listeners with `auth` offer; one of `logins`, `ldap`, `dovecot` checks them."""

    logins: Annotated[Path, PlainValidator(login_file), Words("a file")] | None = Field(
        default=None,
        description="File with a line `LOGIN:HASH` for each login; `mailwarden password LOGIN` prints one. A changed "
        "file counts at once.",
    )
    ldap: LdapLogins | None = Field(default=None, description="Logins that the directory's LDAP server checks.")
    dovecot: FolderPath | None = Field(
        default=None, description="Socket of Dovecot's auth service, which checks logins: `/run/dovecot/auth-client`."
    )
    timeout_seconds: Seconds = Field(
        default=10.0, description="Time for checking a password; beyond it the client is told 454 4.7.0."
    )
    check_from: bool = Field(
        default=True,
        description="A message whose `From:` or `Sender:` has an address that its login may not send from is "
        "`gateway.impersonation`: it is rejected. MAIL FROM is checked in any case.",
    )
    shared_addresses: Mapping[MailAddress, tuple[Writer, ...]] = Field(
        default_factory=dict,
        description="Addresses of ours that several people send from, each with a list of their addresses and of "
        "`group:NAME`; besides `delegates` of the directory.",
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys that name where logins are checked."""
        return tuple(name for name in ("logins", "ldap", "dovecot") if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if len(self.sources) > 1:
            raise WrongKey(self.sources[1], f"logins are checked in one place, and `{self.sources[0]}` is another")
        return self
