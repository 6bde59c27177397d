"""Settings of an LDAP server with people and lists: its address, the login, the meaning of attributes.

This module connects to no server.
"""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.yaml.problems import shown
from gateway.settings.yaml.values import Line, Meant, Seconds, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel, tupled

SCHEMES = ("ldap", "ldaps", "ldapi")
#: Hosts that are this machine itself.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*\Z")


def _url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator:
        raise Meant("a URL is expected", f"ldaps://{value}")
    if scheme not in SCHEMES:
        raise ValueError(f"ldap://, ldaps:// or ldapi:// is expected, not {shown(scheme)}://")
    if "@" in rest or "?" in rest:
        raise ValueError("only scheme, host and port are expected: `bind_dn` and `base` have the rest")
    try:
        parts = urlsplit(value)
        named = parts.hostname is not None and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        named = False
    if scheme != "ldapi" and not named:
        raise ValueError(f"a server is expected, such as {scheme}://ldap.example.co.uk, not {shown(value)}")
    return value


def _search(value: str) -> str:
    """Check the brackets of a search filter (RFC 4515); the server checks the rest."""
    depth = 0
    for sign in re.sub(r"\\[0-9A-Fa-f]{2}", "", value):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if not (value.startswith("(") and value.endswith(")")) or depth:
        raise ValueError(f"a search filter in brackets is expected, such as (mail=*), not {shown(value)}")
    return value


def _attribute(value: str) -> str:
    if not _ATTRIBUTE.match(value):
        raise ValueError(f"the name of an attribute is expected, not {shown(value)}")
    return value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else tupled(value)


Search = Annotated[str, AfterValidator(_search), Words("a search filter (RFC 4515)")]
Attributes = Annotated[
    tuple[Annotated[str, AfterValidator(_attribute)], ...],
    BeforeValidator(_several),
    Words("an attribute, or a list of them"),
]


class PersonAttributes(YamlModel):
    """The attributes of a person's particulars; `[]` means none. The first that has a value counts."""

    name: Attributes = Field(default=("displayName", "cn"), description="Full name.")
    addresses: Attributes = Field(
        default=("mail", "mailAlternateAddress", "proxyAddresses"),
        description="All values of all these attributes, in this order; of `proxyAddresses` those with `smtp:`.",
    )
    title: Attributes = Field(default=("title",), description="Position.")
    department: Attributes = Field(default=("department", "departmentNumber"), description="Department.")
    phone: Attributes = Field(default=("telephoneNumber",), description="Telephone number.")
    login: Attributes = Field(default=(), description="Login: `uid`, `sAMAccountName`, `userPrincipalName`.")
    groups: Attributes = Field(
        default=("memberOf",),
        description="Groups; an entry's name (DN) is shortened to its first value, as under `groups`.",
    )
    manager: Attributes = Field(default=("manager",), description="An address, or an entry's name (DN).")
    delegates: Attributes = Field(default=("publicDelegates",), description="Addresses or entries' names.")
    private_addresses: Attributes = Field(default=(), description="Addresses.")
    timezone: Attributes = Field(default=(), description="A time zone of the IANA database.")
    holidays: Attributes = Field(default=(), description="A country, or a part of one: `GB-ENG`.")


class ListAttributes(YamlModel):
    """The attributes of a list's particulars."""

    address: Attributes = Field(default=("mail",), description="Its address.")
    name: Attributes = Field(default=("displayName", "cn"), description="The list's usual name.")
    members: Attributes = Field(
        default=("member", "uniqueMember", "mgrpRFC822MailMember"),
        description="Addresses or entries' names; all values of all these attributes.",
    )
    owners: Attributes = Field(default=("owner", "managedBy"), description="Addresses or entries' names.")
    writers: Attributes = Field(
        default=(), description="Addresses or entries' names. Without a value: all of our people."
    )


class LdapSettings(YamlModel):
    """An LDAP server that people and lists come from (docs/directory.md); needs `mailwarden[ldap]`."""

    url: Annotated[str, AfterValidator(_url), Words("a URL")] = Field(
        description="`ldaps://HOST`, `ldap://HOST` or `ldapi://%2Frun%2Fslapd%2Fldapi`."
    )
    starttls: bool = Field(default=True, description="For `ldap://`: encrypt the connection before any request.")
    ca_file: NamedFile | None = Field(
        default=None, description="Authorities for the server's certificate (PEM). Default: the system's authorities."
    )
    bind_dn: Line = Field(default="", description="Entry that logs in. Default: anonymous.")
    password_file: NamedFile | None = Field(default=None, description="File that holds only the password.")
    base: Line = Field(min_length=1, description="Entry below which the gateway searches.")
    people: Search = Field(default="(&(mail=*)(objectClass=person))", description="Filter for people.")
    lists: Search | None = Field(default=None, description="Filter for distribution lists. Default: none.")
    groups: Search | None = Field(
        default=None,
        description="Filter for groups. Each has its `cn` as name (in lower case, blanks as `_`) and `members` of "
        "`list_attributes`. Default: only the groups of `memberOf`.",
    )
    person_attributes: PersonAttributes = Field(
        default=PersonAttributes(), description="Attributes of a person's particulars."
    )
    list_attributes: ListAttributes = Field(default=ListAttributes(), description="Attributes of a list's particulars.")
    refresh_seconds: Seconds = Field(default=3600.0, description="Time between two refreshes.")
    timeout_seconds: Seconds = Field(default=30.0, description="Time after which a silent server counts as away.")
    page_entries: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=500, description="Entries in one answer (RFC 2696); Active Directory gives 1,000 at the most."
    )

    @model_validator(mode="after")
    def _log_in_is_safe(self) -> Self:
        if self.password_file and not self.bind_dn:
            raise WrongKey("password_file", "it needs `bind_dn`: whose password is it?")
        if self.bind_dn and not self.password_file:
            raise WrongKey("bind_dn", "it needs `password_file`")
        clear = self.url.startswith("ldap://") and not self.starttls
        if clear and self.bind_dn and urlsplit(self.url).hostname not in LOOPBACK:
            raise WrongKey("starttls", "a password would be sent in the clear: use `starttls: true` or ldaps://")
        return self
