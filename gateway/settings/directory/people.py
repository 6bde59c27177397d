"""The directory in the YAML: our people, their groups, distribution lists. `gateway.directory` looks things up in it.

This module checks each entry in itself; `checks.py` compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.contract import DistributionList, Person
from gateway.settings.directory.csv_settings import CsvSettings
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.yaml.values import (
    Count,
    Holidays,
    Line,
    Login,
    MailAddress,
    Name,
    TimeZone,
    Words,
    domain,
    mail_address,
    short_name,
)
from gateway.settings.yaml.yaml_model import YamlModel

GROUP = "group:"


def _member(value: str) -> str:
    return "*@" + domain(value[2:]) if value.startswith("*@") else mail_address(value)


def _writer(value: str) -> str:
    return GROUP + short_name(value.removeprefix(GROUP)) if value.startswith(GROUP) else mail_address(value)


Writer = Annotated[str, AfterValidator(_writer), Words("an e-mail address, or `group:NAME`")]


class PersonSettings(YamlModel):
    """One of our people."""

    name: Line = Field(min_length=1, description="Full name.")
    addresses: Annotated[tuple[MailAddress, ...], Field(min_length=1)] = Field(
        description="E-mail addresses, the main one first."
    )
    title: Line = Field(default="", description="Position.")
    department: Line = Field(default="", description="Department.")
    phone: Line = Field(default="", description="Telephone number, in quotes.")
    login: Login = Field(default="", description="Login of AUTH, where it is none of the addresses.")
    groups: tuple[Name, ...] = Field(default=(), description="Groups that the person belongs to.")
    manager: MailAddress = Field(default="", description="The manager's address.")
    delegates: tuple[MailAddress, ...] = Field(
        default=(), description="Addresses of people who may send on the person's behalf."
    )
    private_addresses: tuple[MailAddress, ...] = Field(default=(), description="The person's own accounts outside.")
    timezone: TimeZone = Field(default="", description="The person's time zone. Default: the organisation's.")
    holidays: Holidays = Field(
        default="", description="Country of the person's public holidays. Default: the organisation's."
    )

    @property
    def person(self) -> Person:
        """The person in the form of the contract."""
        values = {name: getattr(self, name) for name in PERSON_FIELDS}
        return Person(**{**values, "groups": frozenset(self.groups)})


PERSON_FIELDS = tuple(PersonSettings.model_fields)


class ListSettings(YamlModel):
    """A distribution list: an address that the mail server expands to many."""

    address: MailAddress = Field(description="Its address.")
    name: Line = Field(default="", description="The list's usual name.")
    members: tuple[MailAddress, ...] = Field(
        default=(), description="Addresses of people, of other lists, and of others."
    )
    size: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Number of further people, whom `members` doesn't name."
    )
    owners: tuple[MailAddress, ...] = Field(default=(), description="Addresses of the people who look after it.")
    writers: tuple[Writer, ...] | None = Field(
        default=None, description="Senders who may write to it; `[]` means nobody. Default: all of our people."
    )
    reply_all: Count | None = Field(
        default=None, description="Number of people from which on a reply goes to a crowd. Default: as the filter says."
    )

    @property
    def distribution_list(self) -> DistributionList:
        """The list in the form of the contract."""
        return DistributionList(**{name: getattr(self, name) for name in ListSettings.model_fields})


class DirectorySettings(YamlModel):
    """Our people, their groups and distribution lists (docs/directory.md)."""

    people: tuple[PersonSettings, ...] = Field(default=(), description="Our people.")
    groups: Mapping[Name, tuple[Annotated[str, AfterValidator(_member), Words("an address, or `*@domain`")], ...]] = (
        Field(
            default_factory=dict,
            description="Groups by name, each a list of addresses; `*@example.org` is a whole domain.",
        )
    )
    lists: tuple[ListSettings, ...] = Field(default=(), description="Distribution lists.")
    csv: CsvSettings | None = Field(default=None, description="People and lists from CSV files.")
    ldap: LdapSettings | None = Field(default=None, description="People and lists from an LDAP server.")

    @property
    def persons(self) -> tuple[Person, ...]:
        """The people in the form of the contract; those of the YAML alone."""
        return tuple(one.person for one in self.people)

    @property
    def distribution_lists(self) -> tuple[DistributionList, ...]:
        return tuple(one.distribution_list for one in self.lists)

    @property
    def group_names(self) -> frozenset[str]:
        """The names of groups in the YAML alone."""
        return frozenset(self.groups) | {group for person in self.people for group in person.groups}

    @property
    def is_compiled(self) -> bool:
        """Return whether the directory has other sources too, and is answered from the compiled file."""
        return self.csv is not None or self.ldap is not None
